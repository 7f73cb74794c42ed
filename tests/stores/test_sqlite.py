"""The file that is locked, full, read-only, no database or gone, under a site with visitors."""

import os
import resource
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from threading import Timer

import pytest
from django.test import override_settings

from queryaudit import stores
from queryaudit.errors import StoreError
from queryaudit.stores import sqlite
from queryaudit.stores.health import health
from queryaudit.stores.sqlite import SQLiteStore
from queryaudit.stores.writer import writer
from tests.records import make_record
from tests.stores.site import VISITS, Site

pytestmark = pytest.mark.urls("tests.middleware.pages")
NOBODY = 65_534


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that nobody can reach, unlike tmp_path, which is the user's alone."""
    folder = Path(tempfile.mkdtemp(prefix="queryaudit-tests-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def path(folder: Path) -> Path:
    return folder / "audits.sqlite3"


@pytest.fixture
def site(path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[Site]:
    with override_settings(
        DEBUG=True,
        MIDDLEWARE=["queryaudit.middleware.QueryAuditMiddleware"],
        QUERYAUDIT={"STORE": f"sqlite:{path}"},
    ):
        yield Site(caplog)


def lock(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    database.execute("BEGIN EXCLUSIVE")
    return database


def test_the_writer_waits_for_a_lock_and_no_visitor_does(site: Site, path: Path) -> None:
    assert site.is_kept()
    database = lock(path)
    try:
        assert site.visit() < 0.5
        Timer(0.5, database.rollback).start()
        assert writer.drain()
        assert stores.problem() is None
        assert len(stores.recent()) == 1 + VISITS
    finally:
        database.close()


def test_a_file_that_stays_locked(site: Site, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "_WRITE_SECONDS", 1.0)
    locks: list[sqlite3.Connection] = []
    site.drill(
        "audits.sqlite3 cannot be used: database is locked",
        lambda: locks.append(lock(path)),
        lambda: locks.pop().close(),
    )


def test_a_viewer_waits_for_a_locked_file_for_a_second_at_most(site: Site, path: Path) -> None:
    assert site.is_kept()
    with closing(lock(path)):
        assert stores.recent() == []
        problem = stores.problem()
        assert problem is not None
        assert (problem.part, problem.dropped) == ("reading", 0)
        assert "database is locked" in str(problem)
    assert len(stores.recent()) == 1
    assert stores.problem() is None


def test_a_disk_that_is_full(site: Site, path: Path) -> None:
    """A limit of the system on the size of files, which is what a full disk is to SQLite."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size // 2, hard))

    try:
        site.drill(
            "audits.sqlite3 cannot be used: ",
            fill,
            lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard)),
        )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert len(stores.recent()) == 2, "what was kept before is there"


def test_a_file_that_may_only_be_read(site: Site, path: Path, folder: Path) -> None:
    user = os.geteuid()

    def forbid() -> None:
        path.chmod(0o444)
        folder.chmod(0o555)
        if user == 0:  # whom no mode stops
            os.seteuid(NOBODY)

    def allow() -> None:
        assert len(stores.recent()) == 1, "it can still be read"
        os.seteuid(user)
        path.chmod(0o600)
        folder.chmod(0o755)

    try:
        site.drill("audits.sqlite3 cannot be used: [Errno ", forbid, allow)
    finally:
        os.seteuid(user)
        folder.chmod(0o755)


def test_a_file_that_is_no_database(site: Site, path: Path) -> None:
    garbage = b"no database, and long enough to be looked at" * 500
    site.drill(
        "audits.sqlite3 cannot be used: file is not a database",
        partial(path.write_bytes, garbage),
        path.unlink,
    )


def test_a_folder_that_cannot_be_made(site: Site, path: Path, folder: Path) -> None:
    def put_a_file_there() -> None:
        shutil.rmtree(folder)
        folder.write_text("a file where the folder should be")

    def put_it_back() -> None:
        folder.unlink()
        folder.mkdir()

    site.drill("audits.sqlite3 cannot be used: [Errno ", put_a_file_there, put_it_back)


def test_a_file_removed_meanwhile_is_made_anew(path: Path, folder: Path) -> None:
    store = SQLiteStore(path, 5)
    store.write(make_record(id="a1"))
    for file in folder.iterdir():
        file.unlink()
    assert store.recent() == []
    store.write(make_record(id="a2"))
    assert [record.id for record in store.recent()] == ["a2"]


def test_the_file_is_nobody_elses_business(folder: Path) -> None:
    path = folder / "new" / "audits.sqlite3"
    SQLiteStore(path, 5).write(make_record())
    assert [oct(one.stat().st_mode & 0o777) for one in (path, path.parent)] == ["0o600", "0o700"]


@pytest.mark.parametrize("layout", [1, 99])
def test_a_file_of_another_layout_is_begun_anew(path: Path, layout: int) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE audit (number INTEGER PRIMARY KEY, id TEXT, record TEXT)")
        database.execute(f"PRAGMA application_id = {sqlite._MARK}")
        database.execute("INSERT INTO audit (id, record) VALUES ('a0', '{}')")
        database.execute(f"PRAGMA user_version = {layout}")
    store = SQLiteStore(path, 5)
    assert store.recent() == []
    assert store.read("a0") is None
    store.write(make_record())
    assert [record.id for record in store.recent()] == ["a1"]


def test_errors_name_the_file(path: Path) -> None:
    path.write_text("no database, and long enough to be looked at" * 50)
    store = SQLiteStore(path, 5)
    for use in (store.recent, store.clear, lambda: store.write(make_record())):
        with pytest.raises(StoreError, match="audits.sqlite3 cannot be used: ") as raised:
            use()
        assert raised.value.store == str(path)
    assert health.problem() is None, "who asks the store itself hears it, and nobody else"


@pytest.mark.parametrize("tables", [("audit",), ("audit", "shop_album"), ("shop_album",)])
def test_a_database_of_the_site_is_refused_and_left_alone(
    path: Path, tables: tuple[str, ...]
) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        for table in tables:
            database.execute(f"CREATE TABLE {table} (title TEXT)")
            database.execute(f"INSERT INTO {table} VALUES ('precious')")
    store = SQLiteStore(path, 5)
    for use in (lambda: store.write(make_record()), store.clear, store.recent):
        with pytest.raises(StoreError, match=f"another program's \\({tables[0]}.*does not exist"):
            use()
    with closing(sqlite3.connect(path)) as database:
        for table in tables:
            assert database.execute(f"SELECT * FROM {table}").fetchall() == [("precious",)]
