"""Which files are the site's own code: what its developers can edit.

Own are files under BASE_DIR, under editable installs and under the setting
``OWN``; never queryaudit itself, the standard library, nor anything in a folder
``site-packages``, wherever it lies.
"""

import json
import sysconfig
from enum import IntEnum
from functools import cache
from importlib import import_module
from importlib.metadata import distributions
from pathlib import Path
from urllib.parse import unquote, urlsplit

import asgiref
import django
from django.conf import settings

from queryaudit import conf


class Owner(IntEnum):
    """Who can edit a file."""

    MACHINERY = 0  # Django's database layer, what stands around its cursors, the library
    BORDER = 1  # who called a view, a thread or a task: further out is somebody else's code
    PACKAGE = 2
    OWN = 3


_PACKAGE_FOLDERS = {"site-packages", "dist-packages"}
_DJANGO = Path(django.__file__).resolve().parent
_TYPED = ("<console>", "<stdin>", "<ipython-input")
_LIBRARY = Path(sysconfig.get_path("stdlib")).resolve()
_BORDERS = (
    (_DJANGO / "core" / "handlers").as_posix() + "/",
    (_DJANGO / "core" / "management").as_posix() + "/",
    Path(asgiref.__file__).resolve().parent.as_posix() + "/",
    (_LIBRARY / "asyncio").as_posix() + "/",
    (_LIBRARY / "concurrent").as_posix() + "/",
    (_LIBRARY / "threading.py").as_posix(),
)
_MACHINERY = tuple(
    folder.as_posix() + "/"
    for folder in (Path(__file__).resolve().parents[1], _DJANGO / "db", _DJANGO / "utils")
)

OWNERS: dict[str, Owner] = {}  # by filename, as far as they were asked for


def owner_of(filename: str) -> Owner:
    """Return who can edit the code that was compiled from ``filename``."""
    owner = OWNERS.get(filename)
    if owner is None:
        owner = OWNERS[filename] = _judge(filename)
    return owner


@cache
def roots() -> tuple[Path, ...]:
    """Return the folders of own code, the most deeply nested first."""
    found = {_base_dir(), *(Path(folder) for folder in conf.get().own), *_editable_installs()}
    resolved = {folder.expanduser().resolve() for folder in found}
    return tuple(sorted(resolved, key=lambda folder: -len(folder.parts)))


@cache
def relative(filename: str) -> str:
    """Return the path within its root of own code or its packages folder, with slashes."""
    if filename.startswith("<"):
        return filename
    path = Path(filename).resolve()
    if owner_of(filename) is Owner.OWN:
        for root in roots():
            if path.is_relative_to(root):
                return path.relative_to(root).as_posix()
    for number, part in reversed(list(enumerate(path.parts))):
        if part in _PACKAGE_FOLDERS:
            return "/".join(path.parts[number + 1 :])
    for folder in (_DJANGO.parent, _LIBRARY):
        if path.is_relative_to(folder):
            return path.relative_to(folder).as_posix()
    return path.as_posix()


def _judge(filename: str) -> Owner:
    if filename.startswith("<"):  # typed into a shell, or made by exec and the like
        return Owner.OWN if filename.startswith(_TYPED) else Owner.MACHINERY
    path = Path(filename).resolve()
    text = path.as_posix()
    if text.startswith(_BORDERS):
        return Owner.BORDER
    if text.startswith(_MACHINERY):
        return Owner.MACHINERY
    if path.is_relative_to(_DJANGO) or not _PACKAGE_FOLDERS.isdisjoint(path.parts):
        return Owner.PACKAGE
    if path.is_relative_to(_LIBRARY):
        return Owner.MACHINERY
    return Owner.OWN if any(path.is_relative_to(root) for root in roots()) else Owner.PACKAGE


def _base_dir() -> Path:
    """Return BASE_DIR, or where the settings module's top package lies."""
    base_dir = getattr(settings, "BASE_DIR", None)
    if base_dir:
        return Path(base_dir)
    module = getattr(settings, "SETTINGS_MODULE", None)
    if module:
        file = import_module(str(module).partition(".")[0]).__file__
        if file:
            folder = Path(file).parent
            return folder.parent if "." in str(module) else folder
    return Path.cwd()


def _editable_installs() -> set[Path]:
    found = set()
    for distribution in distributions():
        try:
            origin = json.loads(distribution.read_text("direct_url.json") or "{}")
            if origin.get("dir_info", {}).get("editable"):
                found.add(Path(unquote(urlsplit(origin["url"]).path)))
        except (AttributeError, KeyError, TypeError, ValueError, OSError):
            continue  # a broken installation of somebody else's package
    return found


def _forget() -> None:
    OWNERS.clear()
    roots.cache_clear()
    relative.cache_clear()


conf.when_changed(_forget)
