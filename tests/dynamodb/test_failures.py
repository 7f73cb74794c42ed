"""Servers that are gone or silent, forks, threads, settings."""

import os
import pickle
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from config import dynamodb_local
from django.core.management import CommandError, call_command
from django.test import override_settings
from pynamodb.exceptions import GetError, QueryError, TableDoesNotExist

from queryaudit import conf
from queryaudit.checks import check_settings as check_all
from queryaudit.dynamodb import KeyPaginator, connection, tables
from queryaudit.dynamodb.checks import check_settings
from queryaudit.dynamodb.errors import (
    DynamoDBQuerySetError,
    ResumeKeyError,
    TableMissingError,
    UnavailableError,
)
from queryaudit.dynamodb.models import full_name
from tests.dynamodb.conftest import SETTINGS, at
from tests.dynamodb.models import Reading


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that takes connections and never answers."""
    with closing(socket.create_server(("127.0.0.1", 0), backlog=50)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_a_server_that_is_gone_is_told_at_once() -> None:
    address = f"http://127.0.0.1:{dynamodb_local.free_port()}"
    began = time.monotonic()
    with at(address), pytest.raises(UnavailableError, match="HOST stand in QUERYAUDIT") as caught:
        Reading.objects.get(sensor="s1", number=1)
    assert time.monotonic() - began < 20
    assert address in str(caught.value)
    assert isinstance(caught.value, (GetError, QueryError))
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_a_silent_server_is_told_within_the_timeouts(silent: str) -> None:
    began = time.monotonic()
    with at(silent, READ_TIMEOUT=0.3), pytest.raises(UnavailableError, match="READ_TIMEOUT 0.3 s"):
        list(Reading.objects.filter(sensor="s1"))
    assert 0.8 < time.monotonic() - began < 20


def test_missing_credentials_name_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    given = {"HOST": "http://127.0.0.1:1"}
    with override_settings(QUERYAUDIT={"DYNAMODB": given}):
        with pytest.raises(UnavailableError, match="Set AWS_REGION, AWS_ACCESS_KEY_ID"):
            Reading.objects.get(sensor="s1", number=1)


def test_a_missing_table_says_how_it_is_made(dynamodb_server: str) -> None:
    with at(dynamodb_server, TABLE_PREFIX="elsewhere"):
        with pytest.raises(TableMissingError, match="manage.py dynamodb create") as caught:
            Reading.objects.get(sensor="s1", number=1)
        assert isinstance(caught.value, TableDoesNotExist)
        assert "elsewhere-readings" in caught.value.name
        assert not Reading.exists()


def test_clients_are_made_once(tables: Any) -> None:
    connection.epoch.clients.clear()
    connection.begin_epoch()
    found: list[Any] = []
    barrier = threading.Barrier(16)

    def read() -> None:
        barrier.wait()
        found.append(len(Reading.objects.filter(sensor="s1")))

    threads = [threading.Thread(target=read) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [0] * 16
    assert len(connection.epoch.clients) == 1


def test_a_queryset_may_be_shared_by_threads(readings: Any) -> None:
    shared = Reading.objects.filter(sensor="s1")
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(len(list(shared)))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [60] * 16


def test_a_forked_process_has_a_client_of_its_own(readings: Any) -> None:
    assert Reading.objects.get(sensor="s1", number=1)
    before = Reading._get_connection().connection.client
    reader, writer = os.pipe()
    with connection.lock:  # as another thread may hold it
        child = os.fork()
        if child == 0:
            code = 1
            try:
                ok = Reading.objects.filter(sensor="s1").count() == 60
                other = Reading._get_connection().connection.client is not before
                code = 0 if ok and other else 2
            finally:
                os._exit(code)
    os.close(reader)
    os.close(writer)
    assert os.waitpid(child, 0)[1] == 0
    assert Reading.objects.filter(sensor="s1").count() == 60


def test_pydjamodbs_setting_and_ours() -> None:
    older = {"HOST": "http://old:1", "TABLE_PREFIX": "old", "AWS_REGION": "eu-west-1"}
    with override_settings(PYDJAMODB_DATABASE=older):
        assert conf.get().dynamodb.host == "http://old:1"
        with override_settings(QUERYAUDIT={"DYNAMODB": {"HOST": "http://new:1"}}):
            given = conf.get().dynamodb
            assert (given.host, given.table_prefix) == ("http://new:1", "old")
            assert full_name(Reading).endswith("old-readings")
    assert conf.get().dynamodb.host == ""


def test_wrong_settings_are_told() -> None:
    wrong = {"HSOT": "x", "HOST": "localhost", "AWS_SECRET_ACCESS_KEY": "s", "READ_TIMEOUT": 0}
    older: dict[str, Any] = {"STREAM_SPECIFICATION": {}}
    with override_settings(QUERYAUDIT={"DYNAMODB": wrong}, PYDJAMODB_DATABASE=older):
        messages = {str(one.msg): one.id for one in check_settings()}
        assert list(messages.values()) == [
            "queryaudit.dynamodb.E001",
            "queryaudit.dynamodb.E002",
            "queryaudit.dynamodb.E002",
            "queryaudit.dynamodb.E003",
            "queryaudit.dynamodb.W002",
        ]
        assert "QUERYAUDIT['DYNAMODB']['HSOT']" in next(iter(messages))
        assert check_all() == []  # told once


def test_tables_of_others_are_refused(tables: Any) -> None:
    prefix = connection.epoch.prefix
    assert prefix.startswith("test_")
    Reading._get_connection().table_name = "production-readings"
    try:
        for act in (tables_delete, tables_empty):
            with pytest.raises(DynamoDBQuerySetError, match="is none of these tests"):
                act(Reading)
    finally:
        connection.begin_epoch()


tables_delete, tables_empty = tables.delete, tables.empty


def test_the_command(
    dynamodb_server: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with at(dynamodb_server, TABLE_PREFIX="commanded", TAGS={"table": "{table_name}"}):
        for action, text in (
            ("describe", "is not there"),
            ("create", "created"),
            ("create", "is there"),
            ("describe", "active, 0 items, 0 bytes, key sensor (hash), number (range), indexes by"),
        ):
            call_command("dynamodb", action, "Reading")
            assert text in capsys.readouterr().out
        monkeypatch.setattr("sys.stdin", StringIO(""))
        with pytest.raises(CommandError, match="Nothing was deleted"):
            call_command("dynamodb", "delete", "Reading")
        call_command("dynamodb", "delete", "Reading", "--noinput")
        assert "deleted" in capsys.readouterr().out
    with at(dynamodb_server, TABLE_PREFIX="commanded", BILLING_MODE="PROVISIONED"):
        with pytest.raises(CommandError, match="Meta needs read_capacity_units"):
            call_command("dynamodb", "create", "Reading")
    with at(dynamodb_server):
        with pytest.raises(CommandError, match="'Raeding' is no DynamoDB model: .*Reading"):
            call_command("dynamodb", "create", "Raeding")


def test_pages_by_key(readings: Any) -> None:
    pages = KeyPaginator(Reading.objects.filter(sensor="s1", day="d1").values_list("note"), 7)
    found: list[Any] = []
    token, count = "", 0
    while True:
        page = pages.page(token)
        found += page
        count += 1
        token = page.next_token
        if not page.has_next():
            break
    assert (len(found), count) == (20, 3)
    assert found == list(Reading.objects.filter(sensor="s1", day="d1").values_list("note"))
    exact = KeyPaginator(Reading.objects.filter(sensor="s1", day="d1"), 20).page()
    assert (len(exact), exact.has_next()) == (20, False)  # none is promised in vain
    for wrong in ("x", "AAAA", "e30", "W10", "é", "A" * 10_000):
        with pytest.raises(ResumeKeyError):
            pages.page(wrong)


RUN = """
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
import django
from django.conf import settings
settings.configure(
    SECRET_KEY="x", INSTALLED_APPS=["queryaudit"],
    DATABASES={{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}}},
    MIDDLEWARE=["queryaudit.middleware.QueryAuditMiddleware"],
    TEST_RUNNER="queryaudit.dynamodb.test_runner.DynamoDBTestDiscoverRunner",
    QUERYAUDIT={{"DYNAMODB": {given!r}}},
)
django.setup()
from django.core.management import call_command
call_command("test", "sometests", parallel={parallel}, verbosity=1)
"""
TESTS = """
from django.test import SimpleTestCase
from pynamodb.attributes import UnicodeAttribute
from queryaudit.dynamodb import DynamoModel

class Thing(DynamoModel):
    class Meta:
        table_name = "things"
    code = UnicodeAttribute(hash_key=True)

class {name}(SimpleTestCase):
    def test_one(self):
        self.assertEqual(Thing.objects.scan().count(), 0)
        Thing("a").save()
        self.assertEqual(Thing.objects.scan().count(), 1)
    def test_two(self):
        self.test_one()
"""


@pytest.mark.parametrize("parallel", [1, 2])
def test_the_runner(dynamodb_server: str, tmp_path: Path, parallel: int) -> None:
    package = tmp_path / "sometests"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "test_a.py").write_text(TESTS.format(name="FirstTests"))
    (package / "test_b.py").write_text(
        "from sometests.test_a import Thing\n"
        + TESTS.format(name="SecondTests")
        .split("unicode")[0]
        .replace("class Thing", "class Other")
        .replace('"things"', '"others"')
        .replace("class Second", "Thing = Other\n\nclass Second")
    )
    given = {"HOST": dynamodb_server, **SETTINGS, "TABLE_PREFIX": f"run{parallel}"}
    root = str(Path(__file__).parents[2])
    program = RUN.format(root=root, given=given, parallel=parallel)
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Ran 4 tests" in done.stderr
    with at(dynamodb_server):
        listed = Reading._get_connection().connection.list_tables()["TableNames"]
    assert not [name for name in listed if f"run{parallel}" in name]


def test_the_fixture(dynamodb_server: str, tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        f"""
from django.conf import settings
settings.configure(QUERYAUDIT={{"DYNAMODB": { ({"HOST": dynamodb_server, **SETTINGS})!r}}})
import django
django.setup()
pytest_plugins = ["queryaudit.dynamodb.fixtures"]
"""
    )
    (tmp_path / "test_things.py").write_text(
        TESTS.format(name="T").split("class T(")[0]
        + """
import pytest

@pytest.mark.parametrize("n", [1, 2])
def test_one(dynamodb_tables, n):
    assert Thing.objects.scan().count() == 0
    Thing("a").save()

def test_without_it():
    Thing("a").save()

def test_a_model_that_came_too_late(dynamodb_tables):
    class Late(DynamoModel):
        class Meta:
            table_name = "late"
        code = UnicodeAttribute(hash_key=True)
    with pytest.raises(Exception, match="dynamodb create"):
        Late("a").save()

def test_after_it(dynamodb_tables):
    assert Thing.objects.scan().count() == 0
"""
    )
    done = subprocess.run(
        # In their order: one test writes to a table that another one has made.
        [
            *(sys.executable, "-m", "pytest", "-q", "."),
            *("-p", "no:django", "-p", "no:cacheprovider", "-p", "no:randomly"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert "5 passed" in done.stdout, done.stdout + done.stderr


def test_without_pynamodb_the_extra_is_named() -> None:
    program = (
        "import sys; sys.modules['pynamodb'] = None\n"
        "import queryaudit.dynamodb as room\n"
        "from queryaudit.errors import MissingExtraError\n"
        "for name in ('models', 'queryset', 'test_runner', 'attributes', 'paginator', 'errors'):\n"
        "    try: __import__(f'queryaudit.dynamodb.{name}')\n"
        "    except MissingExtraError as error: print(error)\n"
        "import queryaudit.dynamodb.checks\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.count("pip install 'queryaudit[dynamodb]'") == 6
