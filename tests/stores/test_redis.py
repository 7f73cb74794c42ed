"""What Redis has beyond the contract: addresses, keys, ages, forks."""

import os

import pytest
from django.test import override_settings

from queryaudit.errors import StoreError
from queryaudit.stores.redis import RedisStore
from tests.records import make_record
from tests.stores.backends import with_prefix
from tests.stores.redis_process import RedisProcess


def test_a_socket_of_the_system(redis_process: RedisProcess) -> None:
    store = RedisStore(f"unix://{redis_process.socket}?prefix=shop", 5)
    store.write(make_record())
    assert store.recent() == [make_record()]
    assert RedisStore(with_prefix(redis_process.url, "shop"), 5).read("a1") == make_record()


def test_sites_that_share_a_server_do_not_meet(redis_process: RedisProcess) -> None:
    made = []
    for key, module in (("one", "config.prod"), ("one", "config.test"), ("two", "config.prod")):
        with override_settings(SECRET_KEY=key, SETTINGS_MODULE=module):
            made.append(RedisStore(redis_process.url, 5))
            named = RedisStore(with_prefix(redis_process.url, "shop"), 5)
            assert named.prefix == "queryaudit:shop"
        # A release has a folder of its own on each machine.
        with override_settings(SECRET_KEY=key, SETTINGS_MODULE=module, BASE_DIR="/elsewhere"):
            assert RedisStore(redis_process.url, 5).prefix == made[-1].prefix
    for number, store in enumerate(made):
        store.write(make_record(id=f"a{number}"))
    made[0].clear()
    assert [[record.id for record in store.recent()] for store in made] == [[], ["a1"], ["a2"]]


def test_nothing_stays_for_good(redis_process: RedisProcess) -> None:
    store = RedisStore(redis_process.url, 2)
    for number in range(5):
        store.write(make_record(id=f"a{number}"))
    keys = redis_process.tell("KEYS", "*")
    assert sorted(key.decode().removeprefix(store.prefix) for key in keys) == [
        ":audit:a3",
        ":audit:a4",
        ":order",
    ]
    month = 30 * 24 * 60 * 60
    assert all(month - 60 < redis_process.tell("TTL", key) <= month for key in keys)


def test_a_record_that_the_server_let_go_is_passed_over(redis_process: RedisProcess) -> None:
    store = RedisStore(redis_process.url, 5)
    for number in range(3):
        store.write(make_record(id=f"a{number}"))
    redis_process.tell("DEL", f"{store.prefix}:audit:a1")
    assert [record.id for record in store.recent()] == ["a2", "a0"]


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_opens_connections_of_its_own(redis_process: RedisProcess) -> None:
    store = RedisStore(redis_process.url, 100)
    store.write(make_record(id="before"))
    child = os.fork()
    if child == 0:
        for number in range(20):
            store.write(make_record(id=f"child-{number}"))
        os._exit(0 if store.read("child-0") else 1)
    for number in range(20):
        store.write(make_record(id=f"parent-{number}"))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert len(store.recent(100)) == 41


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ("db=first", "Invalid value for .db."),
        ("colour=red", "unexpected keyword argument 'colour'"),
    ],
)
def test_an_option_that_there_is_not_is_said_at_once(options: str, reason: str) -> None:
    with pytest.raises(StoreError, match=reason) as raised:
        RedisStore(f"redis://:s3cret@localhost/0?{options}", 5)
    assert raised.value.store == "redis://localhost/0"
    assert "s3cret" not in str(raised.value)


def test_without_a_secret_key_a_site_has_no_name() -> None:
    with override_settings(SECRET_KEY=""):
        with pytest.raises(StoreError, match="SECRET_KEY"):
            RedisStore("redis://localhost", 5)
        assert RedisStore("redis://localhost?prefix=shop", 5).prefix == "queryaudit:shop"
