"""Keep what looks secret out of paths and parameters."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest

_WORDS: Final = {
    "apikey", "code", "hash", "key", "otp", "passwd", "password", "pin", "pwd",
    "secret", "sig", "sign", "signature", "token", "uid", "uidb",
}  # fmt: skip
# Of columns and keys of JSON. Countries and products have a code, and every row has a key.
_COLUMN_WORDS: Final = (_WORDS - {"code", "sign", "uid"}) | {
    "auth", "authorization", "cookie", "credential", "credentials", "csrf", "cvc", "cvv", "iban",
    "passphrase", "private", "salt", "session", "sessionid", "ssn",
}  # fmt: skip
_MASK: Final = "..."
_MAX_VALUE: Final = 200  # characters kept of one value
_MAX_VALUES: Final = 50  # of a list
_PLAIN: Final = (bool, int, float)
_WRITTEN: Final = (Decimal, date, time, timedelta, UUID)  # datetime is a date

Value = Any  # None, bool, int, float, str, or a list of them: what JSON has


def masked_path(request: HttpRequest) -> str:
    """Return the path of a request, parts that look secret replaced by dots.

    Secret are parts that the URL names so (``token``, ``reset_key``, ``uidb64``), and
    parts without a name that are no number.
    """
    match = request.resolver_match
    if match is None:
        return request.path
    secret = {str(value) for name, value in match.kwargs.items() if _is_secret(name, _WORDS)}
    # Values that the URLconf itself gives are no part of the path, and do no harm here.
    secret |= {str(value) for value in match.args if not str(value).isdigit()}
    return "/".join(_MASK if part in secret and part else part for part in request.path.split("/"))


def masked_params(
    sql: str, params: Any, columns: Sequence[str]
) -> tuple[list[Value] | dict[str, Value], bool]:
    """Return the parameters of a statement as JSON has them, and whether they are all there.

    ``columns`` names for each placeholder the column that it is compared with or written to, ""
    where that is not known: then a statement that names any column that looks secret has none
    of these. Long values are cut, bytes are counted only.
    """
    names_secret = _is_secret(sql, _COLUMN_WORDS)

    def is_hidden(name: str) -> bool:
        return _is_secret(name, _COLUMN_WORDS) if name else names_secret

    if isinstance(params, Mapping):
        column_of = dict(zip(re.findall(r"%\((\w+)\)s", sql), columns, strict=False))
        found = {
            str(name): (_MASK, False)
            if is_hidden(column_of.get(str(name), "")) or _is_secret(str(name), _COLUMN_WORDS)
            else _kept(value)
            for name, value in params.items()
        }
        values: list[Value] | dict[str, Value] = {name: value for name, (value, _) in found.items()}
        return values, all(is_whole for _, is_whole in found.values())
    names = [*columns, *[""] * len(params or ())]
    listed = [
        (_MASK, False) if is_hidden(name) else _kept(value)
        for value, name in zip(params or (), names, strict=False)
    ]
    return [value for value, _ in listed], all(is_whole for _, is_whole in listed)


def holds_secret_text(sql: str) -> bool:
    """Return whether a statement has values written into it and names what looks secret."""
    return "'" in sql and _is_secret(sql, _COLUMN_WORDS)


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
            return (_MASK, False) if _is_secret(text, _COLUMN_WORDS) else (text, True)
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
            key: _MASK if _is_secret(str(key), _COLUMN_WORDS) else _masked_document(value)
            for key, value in document.items()
        }
    if isinstance(document, list):
        return [_masked_document(value) for value in document]
    return document


def _is_secret(name: str, words: set[str]) -> bool:
    # "apiKey" and "api_key" are the same words.
    parts = re.split(r"[\W_\d]+|(?<=[a-z])(?=[A-Z])", name)
    return not words.isdisjoint(part.lower() for part in parts if part)
