"""Which store the settings name."""

import hashlib
import os
import sys
import tempfile
from functools import cache
from pathlib import Path

from django.conf import settings

from queryaudit import conf
from queryaudit.stores.base import Store
from queryaudit.stores.memory import MemoryStore
from queryaudit.stores.sqlite import SQLiteStore


@cache
def current() -> Store:
    """Return the store of this process, chosen when it is first asked for.

    Without the setting it is a SQLite file while DEBUG is on, so that a reload
    between "before" and "after" loses nothing. Test runs, sites without DEBUG and
    machines without a folder to write to use memory. Raises MissingExtraError where
    a Redis server is named and its client is not installed.
    """
    configuration = conf.get()
    name = configuration.store
    if name is None:
        path = _default_file()
        if path is not None:
            return SQLiteStore(path, configuration.keep)
    elif name.startswith("sqlite:"):
        return SQLiteStore(Path(name.removeprefix("sqlite:")), configuration.keep)
    elif name != "memory":
        from queryaudit.stores.redis import RedisStore  # noqa: PLC0415  # an optional package

        return RedisStore(name, configuration.keep)
    return MemoryStore(configuration.keep)


def default_path() -> Path:
    """Return this project's file in the user's cache folder."""
    project = f"{getattr(settings, 'BASE_DIR', '')}\x1f{settings.SETTINGS_MODULE}"
    digest = hashlib.sha256(project.encode()).hexdigest()[:12]
    return _cache_folder() / "queryaudit" / f"audits-{digest}.sqlite3"


def _default_file() -> Path | None:
    if not settings.DEBUG or conf.is_test_run():
        return None
    try:
        path = default_path()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # no folder, no right to it, no home
        return None
    return path if os.access(path.parent, os.W_OK) else None


def _cache_folder() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", tempfile.gettempdir()))
    if sys.platform == "darwin":
        return Path("~/Library/Caches").expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
