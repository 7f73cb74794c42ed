"""The settings: one dict ``QUERYAUDIT``, read once into one typed object.

A bad value never stops a site: its default is used, and the system checks name
the key, the value and what is allowed.
"""

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from asgiref.sync import iscoroutinefunction
from django.conf import settings as django_settings
from django.core.signals import setting_changed
from django.utils.module_loading import import_string

_NAME = "QUERYAUDIT"
# pydjamodb's setting, which sites that come from it keep: ours wins key by key.
_OLDER = "PYDJAMODB_DATABASE"
LEFT_OUT: Final = frozenset({"POINT_IN_TIME_RECOVERY", "STREAM_SPECIFICATION"})

# What can be ignored: a relation as findings name it, app.Model.field or app.Model; an id.
IGNORED: Final = re.compile(r"[A-Za-z_]\w*(\.\w+)+|[A-Z][A-Z0-9]-[0-9a-f]{8}")

# A store: nothing of an address that stands after user and password can be part of them.
_STORE: Final = re.compile(
    r"memory|sqlite:.+"
    r"|rediss?://([^@/?#]*@)?(\[[0-9a-f:.]+\]|[^@/?#:\[\]]+)(:\d+)?(/\d*)?(\?.*)?"
    r"|unix://([^@/?#]*@)?/[^@?#]+(\?.*)?"
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with the settings: ``setting`` came with ``value``."""

    setting: str
    value: object
    allowed: str
    unknown: bool = False


def _option(default: Any, fits: Callable[[Any], bool], allowed: str) -> Any:
    metadata = {"fits": fits, "allowed": allowed}
    if isinstance(default, (dict, list)):
        return field(default_factory=lambda: type(default)(default), metadata=metadata)
    return field(default=default, metadata=metadata)


def _is_bool(value: object) -> bool:
    return isinstance(value, bool)


def _is_dotted_path(value: object) -> bool:
    return isinstance(value, str) and "." in value


def _is_share(value: object) -> bool:
    return isinstance(value, (int, float)) and not _is_bool(value) and 0 <= value <= 1


def _is_count(least: int) -> Callable[[object], bool]:
    return lambda value: isinstance(value, int) and not _is_bool(value) and value >= least


def _is_list_of_paths(value: object) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(v, (str, Path)) for v in value)


def _is_dict_of_text(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(text, str) for pair in value.items() for text in pair
    )


def _is_dict_of_ignores(value: object) -> bool:
    return _is_dict_of_text(value) and all(
        IGNORED.fullmatch(target) and reason.strip()
        for target, reason in value.items()  # type: ignore[attr-defined]
    )


def _is_dict_of_counts(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(key, str) and key and _is_count(0)(most) for key, most in value.items()
    )


def _is_layers(value: object) -> bool:
    if not isinstance(value, dict) or not value.keys() <= {"allowed"}:
        return False
    allowed = value.get("allowed", [])
    return isinstance(allowed, (list, tuple)) and all(isinstance(one, str) for one in allowed)


def _is_store(value: object) -> bool:
    return value is None or (isinstance(value, str) and _STORE.fullmatch(value) is not None)


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on a thing is a finding: ``QUERYAUDIT["LIMITS"]``."""

    n_plus_one: int = _option(2, _is_count(2), "a whole number from 2: different rows of one loop")
    slow_ms: float = _option(
        100,
        lambda value: isinstance(value, (int, float)) and not _is_bool(value) and value > 0,
        "a number over 0: milliseconds of one query",
    )
    full_scan_rows: int = _option(10_000, _is_count(1), "a whole number from 1: rows of a table")
    unbounded_pages: int = _option(2, _is_count(2), "a whole number from 2: pages of one query")
    filter_waste: float = _option(
        10,
        lambda value: isinstance(value, (int, float)) and not _is_bool(value) and value > 1,
        "a number over 1: items that DynamoDB reads for each one it returns",
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_address(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"(https?://[^\s/]+/?)?", value) is not None


def _is_seconds(value: object) -> bool:
    return isinstance(value, (int, float)) and not _is_bool(value) and value > 0


@dataclass(frozen=True, slots=True)
class DynamoDB:
    """Where DynamoDB is and how long it may take: ``QUERYAUDIT["DYNAMODB"]``."""

    host: str = _option("", _is_address, '"" (Amazon), or an address, "http://127.0.0.1:8000"')
    aws_access_key_id: str = _option("", _is_text, '"" (as botocore finds it), or a key')
    aws_secret_access_key: str = _option("", _is_text, '"" (as botocore finds it), or a secret')
    aws_session_token: str = _option("", _is_text, '"", or a token of temporary keys')
    aws_region: str = _option("", _is_text, '"" (as botocore finds it), or a region, "eu-west-1"')
    table_prefix: str = _option(
        "",
        lambda value: (
            _is_text(value) and re.fullmatch(r"[\w.-]{0,200}", value, re.ASCII) is not None
        ),
        "letters, digits and _ . -: what stands before the name of each table, with a hyphen",
    )
    billing_mode: str = _option(
        "PAY_PER_REQUEST",
        {"PAY_PER_REQUEST", "PROVISIONED"}.__contains__,
        '"PAY_PER_REQUEST" or "PROVISIONED"',
    )
    tags: dict[str, str] = _option(
        {}, _is_dict_of_text, 'a dict of texts, {"team": "shop"}; {table_name} is filled in'
    )
    connect_timeout: float = _option(1, _is_seconds, "a number over 0: seconds")
    read_timeout: float = _option(2, _is_seconds, "a number over 0: seconds")


COHERENCES: Final = ("auto", "local", "sqlite", "postgresql", "redis", "off")
_REDIS: Final = re.compile(r"rediss?://\S+|unix://\S+")


@dataclass(frozen=True, slots=True)
class MasterData:
    """How master data is held: ``QUERYAUDIT["MASTERDATA"]``."""

    coherence: str = _option(
        "auto",
        lambda value: isinstance(value, str) and value in COHERENCES,
        ", ".join(COHERENCES),
    )
    url: str = _option(
        "",
        lambda value: isinstance(value, str) and (not value or bool(_REDIS.fullmatch(value))),
        'the address of a Redis server: "redis://HOST:PORT/NUMBER", "rediss://...", '
        '"unix:///PATH"; or ""',
    )
    alias: str = _option(
        "",
        lambda value: isinstance(value, str),
        'an alias of DATABASES that goes past a pooler; or ""',
    )
    max_rows: int = _option(100_000, _is_count(1), "a whole number from 1: rows of one table")
    max_bytes: int = _option(
        256 * 2**20, _is_count(1), "a whole number from 1: bytes of all rows of a process"
    )
    ttl: float | None = _option(
        None,
        lambda value: (
            value is None or (isinstance(value, (int, float)) and not _is_bool(value) and value > 0)
        ),
        "None, or a number over 0: seconds",
    )
    environment: str | None = _option(
        None, lambda value: value is None or isinstance(value, str), "None, or a name"
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """``QUERYAUDIT`` with every default. ``raise_`` is the key ``RAISE``."""

    enabled: bool | str | None = _option(
        None,
        lambda value: value is None or _is_bool(value) or _is_dotted_path(value),
        "None (as DEBUG), True, False, or the dotted path of a function of the request",
    )
    sample: float = _option(1.0, _is_share, "a number from 0 to 1: the share of requests audited")
    own: list[str | Path] = _option([], _is_list_of_paths, "a list of folders with own code")
    ignore: dict[str, str] = _option(
        {},
        _is_dict_of_ignores,
        'a dict of reasons, {"shop.Album.tags": "two rows at most"}, by relation or finding\'s id',
    )
    budgets: dict[str, int] = _option(
        {},
        _is_dict_of_counts,
        'a dict of most queries, {"shop:albums": 10, "/api/*": 5}, by view name, path or label',
    )
    layers: dict[str, list[str]] = _option(
        {}, _is_layers, 'a dict of patterns of modules, {"allowed": ["*.providers"]}'
    )
    keep: int = _option(200, _is_count(1), "a whole number from 1: requests kept")
    baseline: str = _option(
        "queryaudit.json",
        lambda value: isinstance(value, str) and bool(value),
        "the name of a file below BASE_DIR, or its whole path",
    )
    limits: Limits = field(default_factory=Limits)
    dynamodb: DynamoDB = field(default_factory=DynamoDB)
    store: str | None = _option(
        None,
        _is_store,
        'None, "memory", "sqlite:PATH" or the address of a Redis server: '
        '"redis://HOST:PORT/NUMBER", "rediss://...", "unix:///PATH"',
    )
    params: bool = _option(default=False, fits=_is_bool, allowed="True or False")
    viewers: str | None = _option(
        None,
        lambda value: value is None or _is_dotted_path(value),
        "None, or the dotted path of a function of the request",
    )
    editor: str = _option(
        "vscode",
        lambda value: isinstance(value, str) and (value in EDITORS or "{path}" in value),
        "vscode, vscodium, cursor, pycharm, idea, sublime, zed, emacs, or an own link with "
        "{path} and {line}",
    )
    paths: dict[str, str] = _option(
        {}, _is_dict_of_text, 'a dict of folders, {"/app": "~/src/app"}: as served, as edited'
    )
    raise_: bool = _option(default=False, fits=_is_bool, allowed="True or False")
    server_timing: bool = _option(default=True, fits=_is_bool, allowed="True or False")
    masterdata: MasterData = field(default_factory=MasterData)


# The link each editor registers for "open this file at this line".
EDITORS: Mapping[str, str] = {
    "vscode": "vscode://file{path}:{line}",
    "vscodium": "vscodium://file{path}:{line}",
    "cursor": "cursor://file{path}:{line}",
    "pycharm": "pycharm://open?file={path}&line={line}",
    "idea": "idea://open?file={path}&line={line}",
    "sublime": "subl://open?url=file://{path}&line={line}",
    "zed": "zed://file{path}:{line}",
    "emacs": "org-protocol://open-source?url=file://{path}&line={line}",
}


# Keys that hold a dict of keys themselves.
_NESTED: Final[dict[str, type]] = {
    "limits": Limits,
    "masterdata": MasterData,
    "dynamodb": DynamoDB,
}


def _read(cls: type, given: object, name: str, problems: list[Problem]) -> Any:
    """Return ``cls`` made from the dict ``given``, defaults where a value does not fit."""
    if not isinstance(given, dict):
        problems.append(Problem(name, given, "a dict"))
        return cls()
    known = {option.name.rstrip("_").upper(): option for option in fields(cls)}
    values: dict[str, Any] = {}
    for key, value in given.items():
        option = known.get(key)
        if option is None:
            near = difflib.get_close_matches(str(key).upper(), known, n=1)
            allowed = (f"{near[0]}? " if near else "") + "Allowed: " + ", ".join(sorted(known))
            problems.append(Problem(f"{name}[{key!r}]", value, allowed, unknown=True))
        elif option.name in _NESTED:
            cls_below = _NESTED[option.name]
            values[option.name] = _read(cls_below, value, f"{name}[{key!r}]", problems)
        elif option.metadata["fits"](value):
            values[option.name] = value
        else:
            problems.append(Problem(f"{name}[{key!r}]", value, option.metadata["allowed"]))
    return cls(**values)


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


_forgetters: list[Callable[[], object]] = [_load.cache_clear, function_at.cache_clear]


def when_changed(forget: Callable[[], object]) -> None:
    """Call ``forget`` whenever a test overrides a setting that queryaudit reads."""
    _forgetters.append(forget)


def _forget(*, setting: str, **_: object) -> None:
    if setting in {_NAME, _OLDER, "DEBUG", "BASE_DIR"}:
        for forget in _forgetters:
            forget()


setting_changed.connect(_forget, dispatch_uid="queryaudit.conf")
