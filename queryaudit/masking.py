"""Keep what looks secret out of paths and parameters."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.urls import ResolverMatch

_WORDS: Final = {
    "apikey", "code", "hash", "invitation", "invite", "jwt", "key", "nonce", "otp", "pass",
    "passwd", "password", "pin", "pwd", "secret", "sig", "sign", "signature", "ticket", "token",
    "uid", "uidb",
}  # fmt: skip
# Of columns and keys of JSON. Countries and products have a code, and every row has a key.
_COLUMN_WORDS: Final = (_WORDS - {"code", "sign", "ticket", "uid"}) | {
    "auth", "authorization", "cookie", "credential", "credentials", "csrf", "cvc", "cvv", "iban",
    "passphrase", "private", "salt", "session", "sessionid", "ssn",
}  # fmt: skip
_MASK: Final = "..."
_PLAIN_PART: Final = re.compile(r"[a-z._-]{0,20}|\d{1,6}", re.IGNORECASE)
_PARAMETER: Final = re.compile(r"<(?:[^<>:]+:)?(\w+)>")  # of a route or a regular expression
_MAX_VALUE: Final = 200  # characters kept of one value
_MAX_VALUES: Final = 50  # of a list
_PLAIN: Final = (bool, int, float)
_WRITTEN: Final = (Decimal, date, time, timedelta, UUID)  # datetime is a date

Value = Any  # None, bool, int, float, str, or a list of them: what JSON has


def masked_path(path: str, match: ResolverMatch | None) -> str:
    """Return the path of a request that led to ``match``, what looks secret replaced by dots.

    Secret are parts that the URL names so (``token``, ``reset_key``, ``uidb64``), and
    parts without a name that are no number. Where no URL fits, only plain words and short
    numbers are kept.
    """
    if match is None:
        return _masked_parts(path)
    captured = captured_by(match)
    known = {name for name, _ in captured}
    named = _PARAMETER.findall(match.route or "")
    if any(
        _is_secret(name, _WORDS) for name in named if name not in known or named.count(name) > 1
    ):
        return _masked_parts(path)  # what stood there is not told
    secret = {str(value) for name, value in captured if _is_secret(name, _WORDS)}
    secret |= {str(value) for value in match.args if not str(value).isdigit()}
    for value in sorted(filter(None, secret), key=len, reverse=True):
        path = _masked_value(path, value)
    return path


def captured_by(match: ResolverMatch) -> list[tuple[str, object]]:
    """Return the names and values that are parts of the path.

    Not those that the URLconf itself gives. Django's ``captured_kwargs`` lack what ``include()``
    captured (``path("<token>/", include(...))``), and a middleware may change ``kwargs``.
    """
    given = match.extra_kwargs or {}  # type: ignore[attr-defined]
    captured = match.captured_kwargs or {}  # type: ignore[attr-defined]
    more = [one for one in match.kwargs.items() if one[0] not in captured and one[0] not in given]
    return [*captured.items(), *more]


def _masked_parts(path: str) -> str:
    parts = path.split("/")
    return "/".join(part if _PLAIN_PART.fullmatch(part) else _MASK for part in parts)


def _masked_value(path: str, value: str) -> str:
    """Return ``path`` without ``value``: the parts that are it, else those that hold it."""
    if "/" in value and value in path:
        return path.replace(value, _MASK)
    parts = path.split("/")
    held = [part for part in parts if part == value] or [part for part in parts if value in part]
    if not held:  # a converter of the site's own has made another thing of it
        return "/".join([*parts[:2], _MASK])
    return "/".join(_MASK if part in held else part for part in parts)


def masked_params(
    params: Any, columns: Sequence[str | None], names: Sequence[str] = ()
) -> tuple[list[Value] | dict[str, Value], bool]:
    """Return the parameters of a statement as JSON has them, and whether they are all there.

    ``columns`` has for each placeholder the column that it is compared with or written to, ""
    for what is no column's value, and None where that is not known; ``names`` those of named
    ones. Only what belongs to a column that does not look secret is kept; long values are
    cut, bytes are counted.
    """
    if isinstance(params, Mapping):
        of_name: dict[str, list[str | None]] = {str(name): [] for name in params}
        for name, column in zip(names, columns, strict=False):
            of_name.setdefault(name, []).append(column)
        found = {
            str(name): _shown(value, [*(of_name[str(name)] or [None]), str(name)])
            for name, value in params.items()
        }
        return {name: value for name, (value, _) in found.items()}, _are_whole(found.values())
    values = list(params or ())
    if len(values) != len(columns):
        columns = [None] * len(values)
    listed = [_shown(value, [column]) for value, column in zip(values, columns, strict=True)]
    return [value for value, _ in listed], _are_whole(listed)


def _shown(value: Any, columns: Sequence[str | None]) -> tuple[Value, bool]:
    """Return a value of all ``columns``, and whether it is whole."""
    if any(column is None or is_secret(column) for column in columns):
        return _MASK, False
    return _kept(value)


def _are_whole(found: Iterable[tuple[Value, bool]]) -> bool:
    return all(is_whole for _, is_whole in found)


def _kept(value: Any) -> tuple[Value, bool]:  # a table of types
    """Return a value as JSON has it, and whether it is whole."""
    if value is None or isinstance(value, _PLAIN):
        return value, True
    if isinstance(value, _WRITTEN):
        return str(value), True
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"<{len(value)} bytes>", False
    if isinstance(value, (list, tuple, set, frozenset)):
        kept = [_kept(one) for one in list(value)[:_MAX_VALUES]]
        return [one for one, _ in kept], len(value) <= _MAX_VALUES and all(w for _, w in kept)
    document = getattr(value, "obj", getattr(value, "adapted", value))  # psycopg's Jsonb, Json
    if isinstance(document, (dict, list)):
        text, is_whole = _kept_document(document)
    elif isinstance(document, str):
        text, is_whole = _kept_text(document)
    else:
        text, is_whole = str(document), False
    return (text, is_whole) if len(text) <= _MAX_VALUE else (f"{text[:_MAX_VALUE]}...", False)


def _kept_text(text: str) -> tuple[str, bool]:
    if text[:1] in {"{", "["}:
        try:
            document = json.loads(text)
        except ValueError:
            # Not known to be a document, so nothing says which of its parts are secret.
            return (_MASK, False) if is_secret(text) else (text, True)
        kept, is_whole = _kept_document(document)
        return (text, True) if is_whole else (kept, False)
    return text, True


def _kept_document(document: Any) -> tuple[str, bool]:
    """Return JSON with the values of keys that look secret masked."""
    masked = _masked_document(document)
    text = json.dumps(masked, default=str, ensure_ascii=False)
    return text, masked == document


def _masked_document(document: Any) -> Any:
    if isinstance(document, dict):
        return {
            key: _MASK if is_secret(str(key)) else _masked_document(value)
            for key, value in document.items()
        }
    if isinstance(document, list):
        return [_masked_document(value) for value in document]
    return _kept_text(document)[0] if isinstance(document, str) else document  # a document in it


def is_secret(column: str) -> bool:
    """Return whether a column or key looks secret by its name."""
    return _is_secret(column, _COLUMN_WORDS)


def _is_secret(name: str, words: set[str]) -> bool:
    # "apiKey", "api_key" and "api_keys" are the same words.
    parts = re.split(r"[\W_\d]+|(?<=[a-z])(?=[A-Z])", name)
    found = {part.lower() for part in parts if part}
    return not words.isdisjoint(found | {part.removesuffix("s") for part in found})
