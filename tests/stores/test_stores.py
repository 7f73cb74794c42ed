"""One contract for all stores."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest
from django.core import mail
from django.test import override_settings

from queryaudit import stores
from queryaudit.stores.base import Store
from queryaudit.stores.memory import MemoryStore
from queryaudit.stores.sqlite import SQLiteStore
from tests.records import make_record

Make = Callable[[int], Store]


@pytest.fixture(params=["memory", "sqlite"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    if request.param == "memory":
        return MemoryStore
    return lambda keep: SQLiteStore(tmp_path / "new folder" / "audits.sqlite3", keep)


def test_an_empty_store(make: Make) -> None:
    store = make(5)
    assert store.read("a1") is None
    assert store.recent() == []
    store.clear()


def test_what_is_written_is_read(make: Make) -> None:
    store, record = make(5), make_record()
    store.write(record)
    assert store.read("a1") == record
    assert store.recent() == [record]
    found = store.read("a1")
    assert found is not None
    assert found.findings[0].uses[0].file == record.findings[0].uses[0].file


def test_the_newest_come_first_and_the_oldest_go(make: Make) -> None:
    store = make(3)
    for number in range(7):
        store.write(make_record(id=f"a{number}"))
    assert [record.id for record in store.recent()] == ["a6", "a5", "a4"]
    assert [record.id for record in store.recent(2)] == ["a6", "a5"]
    assert store.read("a3") is None


def test_a_record_written_again_replaces_itself(make: Make) -> None:
    store = make(3)
    store.write(make_record(status=200))
    store.write(make_record(status=500))
    assert [record.status for record in store.recent()] == [500]


def test_clear_forgets_everything(make: Make) -> None:
    store = make(3)
    store.write(make_record())
    store.clear()
    assert store.recent() == []
    store.write(make_record())
    assert len(store.recent()) == 1


def test_threads_write_at_the_same_time(make: Make) -> None:
    store = make(100)

    def write(thread: int) -> None:
        for number in range(10):
            store.write(make_record(id=f"{thread}-{number}"))

    threads = [Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.recent(100)) == 40


class TestSQLite:
    def test_processes_share_the_file(self, tmp_path: Path) -> None:
        path = tmp_path / "audits.sqlite3"
        program = (
            "import sys; from pathlib import Path;"
            "from queryaudit.stores.sqlite import SQLiteStore;"
            "from tests.records import make_record;"
            "store = SQLiteStore(Path(sys.argv[1]), 100);"
            "[store.write(make_record(id=f'{sys.argv[2]}-{n}')) for n in range(20)]"
        )
        root = Path(__file__).resolve().parents[2]
        environment = {
            **os.environ,
            "PYTHONPATH": f"{root}:{root / 'demo_site'}",
            "DJANGO_SETTINGS_MODULE": "tests.settings",
        }
        running = [
            subprocess.Popen([sys.executable, "-c", program, str(path), str(n)], env=environment)
            for n in range(3)
        ]
        assert [process.wait(60) for process in running] == [0, 0, 0]
        assert len(SQLiteStore(path, 100).recent(100)) == 60

    def test_a_file_removed_meanwhile_is_made_anew(self, tmp_path: Path) -> None:
        store = SQLiteStore(tmp_path / "audits.sqlite3", 5)
        store.write(make_record(id="a1"))
        for file in tmp_path.iterdir():
            file.unlink()
        assert store.recent() == []
        store.write(make_record(id="a2"))
        assert [record.id for record in store.recent()] == ["a2"]

    def test_records_of_another_version_are_dropped(self, tmp_path: Path) -> None:
        path = tmp_path / "audits.sqlite3"
        database = sqlite3.connect(path)
        database.execute("CREATE TABLE audit (other)")
        database.execute("PRAGMA user_version = 99")
        database.close()
        store = SQLiteStore(path, 5)
        assert store.recent() == []
        store.write(make_record())
        assert len(store.recent()) == 1

    def test_a_file_that_is_no_database_is_an_error_with_its_name(self, tmp_path: Path) -> None:
        path = tmp_path / "audits.sqlite3"
        path.write_text("no database, and long enough to be looked at" * 50)
        store = SQLiteStore(path, 5)
        for use in (store.recent, lambda: store.write(make_record())):
            with pytest.raises(
                OSError, match="audits.sqlite3 cannot be used: file is not a database"
            ):
                use()

    def test_an_audit_of_201_queries_takes_less_than_4_kb(self, tmp_path: Path) -> None:
        text = json.dumps(make_record(query_count=201).to_dict(), separators=(",", ":"))
        assert len(text.encode()) < 4_096


class TestChoice:
    @pytest.fixture(autouse=True)
    def _cache_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def choose(self, store: str | None, *, debug: bool = True) -> Store:
        with override_settings(QUERYAUDIT={"STORE": store, "KEEP": 7}, DEBUG=debug):
            return stores.current()

    def test_named(self, tmp_path: Path) -> None:
        assert isinstance(self.choose("memory"), MemoryStore)
        named = self.choose(f"sqlite:{tmp_path}/mine.sqlite3")
        assert isinstance(named, SQLiteStore)
        assert named.path == tmp_path / "mine.sqlite3"
        assert not named.path.exists()

    def test_in_test_runs_and_without_debug_it_is_memory(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert isinstance(self.choose(None), MemoryStore)
        monkeypatch.delattr(mail, "outbox")
        assert isinstance(self.choose(None, debug=False), MemoryStore)

    def test_in_debug_it_is_a_file_of_the_project_in_the_cache_folder(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.delattr(mail, "outbox")
        chosen = self.choose(None)
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
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.delattr(mail, "outbox")
        (tmp_path / "cache").write_text("a file where the folder should be")
        assert isinstance(self.choose(None), MemoryStore)
