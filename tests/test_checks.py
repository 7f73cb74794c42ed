import sys
from typing import Any

import pytest
from django.core import checks as django_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import override_settings

from queryaudit import checks, conf
from queryaudit.conf.settings import Settings
from queryaudit.errors import MissingExtraError
from queryaudit.hooks import patches

MIDDLEWARE = "queryaudit.middleware.QueryAuditMiddleware"
REDIS = "a Redis server as QUERYAUDIT['STORE']"
CACHE = "django.middleware.cache.UpdateCacheMiddleware"


async def answer(request: object) -> bool:
    return False


def messages(settings: Any) -> list[tuple[str | None, str, str | None]]:
    with override_settings(QUERYAUDIT=settings):
        return [(m.id, m.msg, m.hint) for m in checks.check_settings()]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"ENABLED": None, "STORE": None, "VIEWERS": None},
        {"ENABLED": "django.urls.resolve", "SAMPLE": 0, "LIMITS": {}, "RAISE": True},
        {
            "KEEP": 1,
            "STORE": "sqlite:audits.sqlite3",
            "EDITOR": "my://{path}:{line}",
            "OWN": ("lib",),
        },
        {"STORE": "redis://me:secret@localhost:6379/0?prefix=shop"},
        {"STORE": "rediss://[::1]"},
        {"STORE": "unix:///run/redis.sock"},
    ],
)
def test_good_settings_are_silent(settings: dict[str, object]) -> None:
    assert messages(settings) == []


@pytest.mark.parametrize(
    ("settings", "named", "allowed"),
    [
        ({"ENABLED": "yes"}, "QUERYAUDIT['ENABLED'] is 'yes'", "True, False, or the dotted path"),
        ({"SAMPLE": 50}, "QUERYAUDIT['SAMPLE'] is 50", "a number from 0 to 1"),
        ({"SAMPLE": True}, "QUERYAUDIT['SAMPLE'] is True", "a number from 0 to 1"),
        ({"OWN": "lib"}, "QUERYAUDIT['OWN'] is 'lib'", "a list of folders"),
        ({"KEEP": 0}, "QUERYAUDIT['KEEP'] is 0", "a whole number from 1"),
        ({"KEEP": "200"}, "QUERYAUDIT['KEEP'] is '200'", "a whole number from 1"),
        ({"LIMITS": []}, "QUERYAUDIT['LIMITS'] is []", "a dict"),
        ({"LIMITS": {"N_PLUS_ONE": 1}}, "QUERYAUDIT['LIMITS']['N_PLUS_ONE'] is 1", "from 2"),
        ({"STORE": "mongo"}, "QUERYAUDIT['STORE'] is 'mongo'", '"memory", "sqlite:PATH" or'),
        ({"STORE": "redis://"}, "QUERYAUDIT['STORE'] is 'redis://'", '"redis://HOST:PORT/NUMBER"'),
        ({"STORE": "redis://a:port/"}, "QUERYAUDIT['STORE'] is ", '"redis://HOST:PORT/NUMBER"'),
        ({"STORE": "redis://a/shop"}, "QUERYAUDIT['STORE'] is ", '"redis://HOST:PORT/NUMBER"'),
        ({"STORE": "redis://:a/b@c/0"}, "QUERYAUDIT['STORE'] is ", '"redis://HOST:PORT/NUMBER"'),
        ({"VIEWERS": ["me"]}, "QUERYAUDIT['VIEWERS'] is ['me']", "dotted path of a function"),
        ({"EDITOR": "word"}, "QUERYAUDIT['EDITOR'] is 'word'", "vscode, vscodium, cursor"),
        ({"LAYERS": {"allowed": [""]}}, "QUERYAUDIT['LAYERS'] is ", "patterns of modules"),
        ({"LAYERS": {"allowed": ["["]}}, "QUERYAUDIT['LAYERS'] is ", "patterns of modules"),
        ({"LAYERS": {"names": {"bus": ["a/b"]}}}, "QUERYAUDIT['LAYERS'] is ", '["*.bus"]'),
        ({"PATHS": {"/app": 1}}, "QUERYAUDIT['PATHS'] is {'/app': 1}", "a dict of folders"),
        ({"RAISE": 1}, "QUERYAUDIT['RAISE'] is 1", "True or False"),
        ({"SERVER_TIMING": None}, "QUERYAUDIT['SERVER_TIMING'] is None", "True or False"),
        (["ENABLED"], "QUERYAUDIT is ['ENABLED']", "a dict"),
    ],
)
def test_a_bad_value_is_named_with_what_is_allowed(settings: Any, named: str, allowed: str) -> None:
    ((check_id, text, hint),) = messages(settings)
    assert check_id == "queryaudit.E002"
    assert text.startswith(named)
    assert hint is not None
    assert allowed in hint
    with override_settings(QUERYAUDIT=settings):
        assert conf.get() == Settings(), "the default stands in"


@pytest.mark.parametrize("enabled", [True, False])
def test_a_store_that_cannot_be_made_is_named(
    monkeypatch: pytest.MonkeyPatch, enabled: bool
) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    monkeypatch.delitem(sys.modules, "queryaudit.stores.redis", raising=False)
    found = messages({"ENABLED": enabled, "STORE": "redis://localhost"})
    text = f"QUERYAUDIT['STORE'] keeps no audits: {MissingExtraError(REDIS, 'redis')}."
    hint = "Install what is missing, or name another store."
    assert found == [("queryaudit.E008", text, hint)] * enabled


def test_an_unknown_key_is_named_with_the_one_that_is_near() -> None:
    found = messages({"ENABELD": True, "LIMITS": {"SLOW": 1}, "KEEP": 5})
    assert [(check_id, text) for check_id, text, _ in found] == [
        ("queryaudit.E001", "QUERYAUDIT['ENABELD'] is no setting of queryaudit."),
        ("queryaudit.E001", "QUERYAUDIT['LIMITS']['SLOW'] is no setting of queryaudit."),
    ]
    assert found[0][2] == (
        "ENABLED? Allowed: ADVICE, BASELINE, BUDGETS, DYNAMODB, EDITOR, ENABLED, IGNORE, KEEP, "
        "LAYERS, LIMITS, MASTERDATA, OWN, PARAMS, PATHS, RAISE, SAMPLE, SERVER_TIMING, STORE, "
        "VIEWERS."
    )


@pytest.mark.parametrize(
    ("settings", "hint"),
    [
        ({"SLOW_MS": 5}, "QUERYAUDIT['LIMITS']['SLOW_MS']? Allowed: "),
        ({"N_PLUS_ON": 5}, "QUERYAUDIT['LIMITS']['N_PLUS_ONE']? Allowed: "),
        (
            {"Max_Rows": 5},
            "QUERYAUDIT['ADVICE']['MAX_ROWS'] or QUERYAUDIT['MASTERDATA']['MAX_ROWS']? Allowed: ",
        ),
        ({"LIMITS": {"KEEP": 5}}, "QUERYAUDIT['KEEP']? Allowed: "),
        ({"LIMITS": {"TABLE_PREFX": ""}}, "QUERYAUDIT['DYNAMODB']['TABLE_PREFIX']? Allowed: "),
        ({"LIMITS": {"SLOWMS": 5}}, "SLOW_MS? Allowed: "),
        ({"LIMITS": {"XYZZY": 5}}, "Allowed: "),
    ],
)
def test_a_key_in_the_wrong_dict_is_named_with_its_place(settings: Any, hint: str) -> None:
    ((check_id, _, told),) = messages(settings)
    assert check_id == "queryaudit.E001"
    assert told is not None
    assert told.startswith(hint)


@pytest.mark.parametrize("key", ["ENABLED", "VIEWERS"])
@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("no_such_module.function", "No module named 'no_such_module'"),
        ("django.conf.no_such_function", "no_such_function"),
        ("django.VERSION", "django.VERSION is a tuple, not a function"),
        (f"{__name__}.answer", "is a coroutine function; it is called without await"),
        ("tests.broken_module.function", "NameError"),
    ],
)
def test_a_path_that_cannot_be_used_is_named(key: str, path: str, reason: str) -> None:
    ((check_id, text, hint),) = messages({key: path})
    assert check_id == "queryaudit.E003"
    assert text.startswith(f"QUERYAUDIT['{key}'] names {path}, which cannot be used: ")
    assert reason in text
    assert hint == "Allowed: the dotted path of a function that takes the request."


@pytest.mark.parametrize(
    ("middleware", "enabled", "ids"),
    [
        ([MIDDLEWARE], None, []),
        ([], None, ["queryaudit.W004"]),
        ([], False, []),
        ([MIDDLEWARE, "other", MIDDLEWARE], None, ["queryaudit.E005"]),
        ([CACHE, MIDDLEWARE], None, ["queryaudit.W007"]),
        ([MIDDLEWARE, CACHE], None, []),
    ],
)
def test_the_middleware_is_listed_once(
    middleware: list[str], enabled: bool | None, ids: list[str]
) -> None:
    with override_settings(MIDDLEWARE=middleware, QUERYAUDIT={"ENABLED": enabled}):
        found = checks.check_middleware()
    assert [message.id for message in found] == ids
    assert all(MIDDLEWARE in message.msg for message in found)


def test_a_hook_that_does_not_fit_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks.check_hooks() == []
    monkeypatch.setattr(patches, "problems", lambda: ["QuerySet.chain is not what it was"])
    (message,) = checks.check_hooks()
    assert message.id == "queryaudit.W006"
    assert "QuerySet.chain is not what it was" in message.msg


def test_the_checks_run_with_manage_py_check() -> None:
    registered = django_checks.registry.registry.get_checks()
    assert {checks.check_settings, checks.check_middleware, checks.check_hooks} <= set(registered)
    with override_settings(QUERYAUDIT={"KEEP": -1}), pytest.raises(SystemCheckError, match="E002"):
        call_command("check", "--tag", "queryaudit")
