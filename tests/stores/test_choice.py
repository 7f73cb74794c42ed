"""Which store the settings name."""

import os
import warnings
from pathlib import Path

import pytest
from django.core import mail
from django.test import override_settings

from queryaudit import stores
from queryaudit.stores.base import Store
from queryaudit.stores.memory import MemoryStore
from queryaudit.stores.redis import RedisStore
from queryaudit.stores.sqlite import SQLiteStore


@pytest.fixture(autouse=True)
def _cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def choose(store: str | None, *, debug: bool = True) -> Store:
    with override_settings(QUERYAUDIT={"STORE": store, "KEEP": 7}, DEBUG=debug):
        return stores.current()


def test_named(tmp_path: Path) -> None:
    assert isinstance(choose("memory"), MemoryStore)
    named = choose(f"sqlite:{tmp_path}/mine.sqlite3")
    assert isinstance(named, SQLiteStore)
    assert named.path == tmp_path / "mine.sqlite3"
    assert not named.path.exists()


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("redis://127.0.0.1", "redis://127.0.0.1"),
        ("redis://me:s3cret@redis.example:6380/2?prefix=shop", "redis://redis.example:6380/2"),
        ("rediss://:s3cret@[::1]:6380/", "rediss://[::1]:6380/"),
        ("unix:///run/redis.sock?db=1&password=s3cret", "unix:///run/redis.sock"),
    ],
)
def test_a_redis_server_is_named_by_its_address(address: str, shown: str) -> None:
    named = choose(address)
    assert isinstance(named, RedisStore)
    assert named.url == shown


def test_in_test_runs_and_without_debug_it_is_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(choose(None), MemoryStore)
    monkeypatch.delattr(mail, "outbox")
    assert isinstance(choose(None, debug=False), MemoryStore)


def test_in_debug_it_is_a_file_of_the_project_in_the_cache_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delattr(mail, "outbox")
    chosen = choose(None)
    assert isinstance(chosen, SQLiteStore)
    assert chosen.path.parent == tmp_path / "cache" / "queryaudit"
    paths = set()
    for base_dir in ("/here", "/elsewhere"):
        for module in ("config.dev", "config.test"):
            with override_settings(BASE_DIR=base_dir, SETTINGS_MODULE=module):
                assert stores.default_path() == stores.default_path()
                paths.add(stores.default_path())
    assert len(paths) == 4


def test_without_a_folder_to_write_to_it_is_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delattr(mail, "outbox")
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert isinstance(choose(None), MemoryStore)


def test_a_forked_child_has_a_store_of_its_own() -> None:
    if not hasattr(os, "fork"):
        pytest.skip("this system does not fork")
    parent = stores.current()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forks beside threads
        child = os.fork()
    if child == 0:
        os._exit(0 if stores.current() is not parent and stores.problem() is None else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert stores.current() is parent
