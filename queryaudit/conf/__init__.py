"""The settings: one dict ``QUERYAUDIT``, read once into one typed object.

A bad value never stops a site: its default is used, and the system checks name
the key, the value and what is allowed.
"""

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Any, Final

from asgiref.sync import iscoroutinefunction
from django.conf import settings as django_settings
from django.core import mail
from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from queryaudit.conf.nested import Advice, DynamoDB, Limits, MasterData
from queryaudit.conf.settings import Settings

_NAME = "QUERYAUDIT"
# pydjamodb's setting, which sites that come from it keep: ours wins key by key.
_OLDER = "PYDJAMODB_DATABASE"
LEFT_OUT: Final = frozenset({"POINT_IN_TIME_RECOVERY", "STREAM_SPECIFICATION"})


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with the settings: ``setting`` came with ``value``."""

    setting: str
    value: object
    allowed: str
    unknown: bool = False


# Keys that hold a dict of keys themselves.
_NESTED: Final[dict[str, type]] = {
    "limits": Limits,
    "advice": Advice,
    "masterdata": MasterData,
    "dynamodb": DynamoDB,
}


def _read(cls: type, given: object, name: str, problems: list[Problem]) -> Any:
    """Return ``cls`` made from the dict ``given``, defaults where a value does not fit."""
    if not isinstance(given, dict):
        problems.append(Problem(name, given, "a dict"))
        return cls()
    known = {_key(option.name): option for option in fields(cls)}
    values: dict[str, Any] = {}
    for key, value in given.items():
        option = known.get(key)
        if option is None:
            allowed = f"{_hint(str(key).upper(), known, name)}Allowed: {', '.join(sorted(known))}"
            problems.append(Problem(f"{name}[{key!r}]", value, allowed, unknown=True))
        elif option.name in _NESTED:
            cls_below = _NESTED[option.name]
            values[option.name] = _read(cls_below, value, f"{name}[{key!r}]", problems)
        elif option.metadata["fits"](value):
            values[option.name] = value
        else:
            problems.append(Problem(f"{name}[{key!r}]", value, option.metadata["allowed"]))
    return cls(**values)


def _key(name: str) -> str:
    return name.rstrip("_").upper()


def _hint(key: str, known: Iterable[str], name: str) -> str:
    """Return the option that ``key`` was meant for, as a question; nothing where none is near.

    One of that very name in another dict is nearer than one of this dict by its letters.
    """
    elsewhere = {} if name == _OLDER else _places()
    if key in elsewhere:
        return f"{elsewhere[key]}? "
    near = difflib.get_close_matches(key, known, n=1)
    if near:
        return f"{near[0]}? "
    near = difflib.get_close_matches(key, elsewhere, n=1)
    return f"{elsewhere[near[0]]}? " if near else ""


def _places() -> dict[str, str]:
    """Return where each option stands, by its key; one of several dicts in each of them."""
    places = {_key(one.name): f"{_NAME}[{_key(one.name)!r}]" for one in fields(Settings)}
    for above, cls in _NESTED.items():
        for option in fields(cls):
            key = _key(option.name)
            place = f"{_NAME}[{_key(above)!r}][{key!r}]"
            places[key] = f"{places[key]} or {place}" if key in places else place
    return places


@cache
def _load() -> tuple[Settings, tuple[Problem, ...]]:
    problems: list[Problem] = []
    settings: Settings = _read(Settings, getattr(django_settings, _NAME, {}), _NAME, problems)
    older = getattr(django_settings, _OLDER, None)
    if older is not None:
        older_problems: list[Problem] = []
        if isinstance(older, dict):
            older = {key: value for key, value in older.items() if key not in LEFT_OUT}
        inherited: DynamoDB = _read(DynamoDB, older, _OLDER, older_problems)
        given = getattr(django_settings, _NAME, {})
        own = given.get("DYNAMODB", {}) if isinstance(given, dict) else {}
        kept = {
            option.name: getattr(inherited, option.name)
            for option in fields(DynamoDB)
            if not isinstance(own, dict) or option.name.upper() not in own
        }
        settings = replace(settings, dynamodb=replace(settings.dynamodb, **kept))
        problems += older_problems
    return settings, tuple(problems)


@cache  # beside that of _load(): each request asks several times
def get() -> Settings:
    """Return the settings as they stand, bad values replaced by their defaults."""
    return _load()[0]


def problems() -> tuple[Problem, ...]:
    """Return what is wrong with ``QUERYAUDIT``, in the order it is written."""
    return _load()[1]


def is_enabled() -> bool:
    """Return whether any request can be audited: False leaves Django unpatched."""
    enabled = get().enabled
    return bool(django_settings.DEBUG) if enabled is None else enabled is not False


@cache
def function_at(path: str) -> Callable[..., Any]:
    """Return the function that ``ENABLED`` or ``VIEWERS`` names.

    Raises ImportError where there is none, TypeError where it cannot be called or
    would answer with a coroutine, and whatever its module raises.
    """
    function = import_string(path)
    if not callable(function):
        msg = f"{path} is a {type(function).__name__}, not a function"
        raise TypeError(msg)
    if iscoroutinefunction(function) or iscoroutinefunction(type(function).__call__):
        msg = f"{path} is a coroutine function; it is called without await"
        raise TypeError(msg)
    return function  # type: ignore[no-any-return]


_forgetters: list[Callable[[], object]] = [
    _load.cache_clear,
    get.cache_clear,
    function_at.cache_clear,
]


def when_changed(forget: Callable[[], object]) -> None:
    """Call ``forget`` whenever a test overrides a setting that queryaudit reads."""
    _forgetters.append(forget)


def _forget(*, setting: str, **_: object) -> None:
    if setting in {_NAME, _OLDER, "DEBUG", "BASE_DIR"}:
        for forget in _forgetters:
            forget()


setting_changed.connect(_forget, dispatch_uid="queryaudit.conf")


def is_test_run() -> bool:
    """Return whether this process runs a site's tests."""
    # setup_test_environment() makes the outbox, for every test runner.
    return hasattr(mail, "outbox")
