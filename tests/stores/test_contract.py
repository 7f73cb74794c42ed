"""One contract for all stores."""

import json
import os
import subprocess
import sys
import zlib
from pathlib import Path
from threading import Thread

import pytest

from queryaudit.stores.base import Store
from tests.records import make_long_record, make_record
from tests.stores.backends import Backend, Outside

ROOT = Path(__file__).resolve().parents[2]


def ids(store: Store, limit: int = 100) -> list[str]:
    return [record.id for record in store.recent(limit)]


def test_an_empty_store(backend: Backend) -> None:
    store = backend.make(5)
    assert store.read("a1") is None
    assert store.recent() == []
    store.clear()
    assert store.recent() == []


def test_what_is_written_is_read(backend: Backend) -> None:
    store, record = backend.make(5), make_long_record(path="/ä/?q='\"\n", expected_count=None)
    store.write(record)
    found = store.read("a1")
    assert found == record
    assert found is not None
    assert found.to_dict() == record.to_dict(), "with all that equality leaves out"
    assert store.recent() == [record]


def test_the_newest_come_first_and_the_oldest_go(backend: Backend) -> None:
    store = backend.make(3)
    for number in range(7):
        # The order is that of writing: clocks of machines differ.
        store.write(make_record(id=f"a{number}", started_at=1_000.0 - number))
    assert ids(store) == ["a6", "a5", "a4"]
    assert store.read("a3") is None


def test_no_more_come_than_are_asked_for(backend: Backend) -> None:
    store = backend.make(5)
    for number in range(4):
        store.write(make_record(id=f"a{number}"))
    assert [ids(store, limit) for limit in (0, 1, 3, 50)] == [
        [],
        ["a3"],
        ["a3", "a2", "a1"],
        ["a3", "a2", "a1", "a0"],
    ]


def test_a_record_written_again_replaces_itself_and_is_the_newest(backend: Backend) -> None:
    store = backend.make(3)
    for number in range(3):
        store.write(make_record(id=f"a{number}", status=200))
    for status in (301, 404, 500):
        store.write(make_record(id="a0", status=status))
    assert [(record.id, record.status) for record in store.recent()] == [
        ("a0", 500),
        ("a2", 200),
        ("a1", 200),
    ], "no other had to go for it"
    found = store.read("a0")
    assert found is not None
    assert found.status == 500
    store.write(make_record(id="a3"))
    assert ids(store) == ["a3", "a0", "a2"]
    assert store.read("a1") is None


def test_a_record_that_fell_out_can_come_again(backend: Backend) -> None:
    store = backend.make(1)
    for audit_id in ("a1", "a2", "a1"):
        store.write(make_record(id=audit_id))
    assert ids(store) == ["a1"]
    assert store.read("a2") is None


def test_clear_forgets_everything(backend: Backend) -> None:
    store = backend.make(3)
    for audit_id in ("a1", "a2"):
        store.write(make_record(id=audit_id))
    store.clear()
    assert store.recent() == []
    assert store.read("a1") is None
    store.write(make_record())
    assert ids(store) == ["a1"]


@pytest.mark.parametrize(
    "audit_id", ["", "order", "ä 🎵", "a'; DROP TABLE audit; --\n", "a:b*?[", "9" * 999]
)
def test_an_id_is_any_text(backend: Backend, audit_id: str) -> None:
    store = backend.make(2)
    store.write(make_record(id=audit_id))
    store.write(make_record(id="other"))
    found = store.read(audit_id)
    assert found is not None
    assert found.id == audit_id
    assert ids(store) == ["other", audit_id]
    store.write(make_record(id="another"))
    assert store.read(audit_id) is None


def test_threads_write_and_read_at_the_same_time(backend: Backend) -> None:
    store = backend.make(30)
    seen: list[int] = []

    def write(thread: int) -> None:
        for number in range(10):
            store.write(make_record(id=f"{thread}-{number}"))
            seen.append(len(store.recent(100)))

    threads = [Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 40
    assert max(seen) <= 30
    assert len(set(ids(store))) == 30


class TestOutside:
    def test_processes_share_it(self, outside: Outside) -> None:
        program = (
            "import sys; from pathlib import Path;"
            "import django; django.setup();"
            "from queryaudit.stores import redis, sqlite;"
            "from tests.records import make_record;"
            f"store = {outside.expression};"
            "[store.write(make_record(id=f'{sys.argv[1]}-{n}')) for n in range(20)];"
        )
        environment = {
            **os.environ,
            "PYTHONPATH": f"{ROOT}:{ROOT / 'demo_site'}",
            "DJANGO_SETTINGS_MODULE": "tests.settings",
        }
        running = [
            subprocess.Popen([sys.executable, "-c", program, str(n)], env=environment)
            for n in range(3)
        ]
        assert [process.wait(60) for process in running] == [0, 0, 0]
        found = ids(outside.make(100))
        assert len(set(found)) == 60
        for number in range(3):  # of each process in its order
            own = [one for one in found if one.startswith(f"{number}-")]
            assert own == [f"{number}-{n}" for n in reversed(range(20))]

    def test_a_store_made_anew_has_what_was_kept(self, outside: Outside) -> None:
        outside.make(5).write(make_record())
        assert ids(outside.make(5)) == ["a1"]

    def test_a_smaller_ring_lets_go_at_the_next_write(self, outside: Outside) -> None:
        for number in range(5):
            outside.make(5).write(make_record(id=f"a{number}"))
        store = outside.make(2)
        store.write(make_record(id="a5"))
        assert ids(store) == ["a5", "a4"]
        assert all(store.read(f"a{number}") is None for number in range(4))

    @pytest.mark.parametrize(
        "packed",
        [
            b"",
            b"garbage",
            zlib.compress(b"{"),
            zlib.compress(b"\xff"),
            zlib.compress(b"[]"),
            zlib.compress(b"null"),
            zlib.compress(b"[" * 100_000),
            zlib.compress(json.dumps({**make_record().to_dict(), "schema": 99}).encode()),
            zlib.compress(json.dumps({**make_record().to_dict(), "findings": [{}]}).encode()),
            zlib.compress(json.dumps({**make_record().to_dict(), "shapes": None}).encode()),
        ],
        ids=repr,
    )
    def test_what_cannot_be_read_is_passed_over(self, outside: Outside, packed: bytes) -> None:
        store = outside.make(3)
        for audit_id in ("a1", "a2", "a3"):
            store.write(make_record(id=audit_id))
        outside.overwrite("a2", packed)
        assert store.read("a2") is None
        assert ids(store) == ["a3", "a1"]
        store.write(make_record(id="a2"))
        assert ids(store) == ["a2", "a3", "a1"]
