"""Which tables a statement writes, read from its text once and remembered by the text.

Where the text is one of Django's plain sentences, its one table is named. Anything else that
writes counts for every name that stands in it: to drop too much costs a SELECT, to drop too
little is an old row for good.
"""

import re
from enum import Enum, auto
from functools import lru_cache
from typing import Final, NamedTuple

from queryaudit.rawsql.scanner import Sort, scan

MAX_TEXTS: Final = 2_000  # remembered
MAX_LENGTH: Final = 4_000  # characters; longer texts, inserts of many rows, are read each time


class Kind(Enum):
    """What a statement does to rows that are held."""

    READS = auto()  # nothing
    WRITES = auto()  # changes ``tables``
    UNREADABLE = auto()  # changes nobody knows what: all of the database is dropped
    BEGINS = auto()
    COMMITS = auto()
    ROLLS_BACK = auto()
    REMAKES = auto()  # makes or drops a database, which nobody else may be connected to then
    MOVES = auto()  # the connection reads other tables by the same names from now on


class Effect(NamedTuple):
    """``deletes`` tells that rows may go, which databases pass on to rows that refer to them."""

    kind: Kind
    tables: frozenset[str] = frozenset()
    deletes: bool = False


_READS: Final = Effect(Kind.READS)
_UNREADABLE: Final = Effect(Kind.UNREADABLE, deletes=True)

_QUOTED: Final = r'"(?:[^"]|"")+"|`(?:[^`]|``)+`|\[[^\]]+\]'
_NAME: Final = rf"(?:(?:{_QUOTED}|[\w$]+)\s*\.\s*)*(?P<table>{_QUOTED}|[\w$]+)"
_PLAIN: Final = re.compile(
    rf"\s*(?:(?P<insert>INSERT\s+INTO)\s+{_NAME}"
    rf"|(?P<update>UPDATE)\s+{_NAME.replace('table', 'updated')}\s+SET\b"
    rf"|(?P<delete>DELETE\s+FROM)\s+(?!ONLY\b){_NAME.replace('table', 'deleted')}"
    r"(?=\s*(?:$|WHERE\b|RETURNING\b|ORDER\b|LIMIT\b)))",
    re.IGNORECASE,
)
_SELECT: Final = re.compile(r"\s*\(?\s*SELECT\b", re.IGNORECASE)
# What makes a plain sentence less plain, wherever it stands, in a string as well.
_MORE: Final = re.compile(
    r"\b(?:INSERT|UPDATE|DELETE|MERGE|REPLACE\s+INTO|TRUNCATE|CALL|EXECUTE|COPY|LOAD|SET_CONFIG)\b|;",
    re.IGNORECASE,
)
_UPSERT: Final = re.compile(
    r"\b(?:DO|KEY)\s+UPDATE\b|\bFOR\s+(?:NO\s+KEY\s+)?UPDATE\b", re.IGNORECASE
)
_TOKEN: Final = re.compile(rf"{_QUOTED}|'(?:[^']|'')+'|[\w$]+|;")

_WRITING: Final = {"INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE", "TRUNCATE", "REFRESH"}
_DELETING: Final = {"DELETE", "MERGE", "REPLACE", "TRUNCATE"}
_READING: Final = {
    *("SELECT", "VALUES", "TABLE", "WITH", "SHOW", "EXPLAIN", "DESCRIBE", "DESC", "PRAGMA"),
    *("SAVEPOINT", "RELEASE", "DECLARE", "FETCH", "MOVE", "CLOSE", "LISTEN", "UNLISTEN", "NOTIFY"),
    *("ANALYZE", "VACUUM", "CHECKPOINT", "LOCK", "UNLOCK", "SET", "RESET", "DISCARD", "DEALLOCATE"),
    *("PREPARE", "FLUSH", "KILL", "OPTIMIZE", "REINDEX"),
}
_CALLING: Final = {"CALL", "EXECUTE", "LOAD", "COPY"}
_MOVING: Final = {"search_path", "schema", "role", "authorization", "set_config", "autocommit"}


def effect_of(text: str, vendor: str) -> Effect:
    """Return what ``text`` does on a database of ``vendor``."""
    return _effect_of(text, vendor) if len(text) > MAX_LENGTH else _remembered(text, vendor)


def names_in(text: str, vendor: str) -> frozenset[str]:
    """Return every name in the code of ``text``, in lower case."""
    return frozenset(map(_plain_name, _TOKEN.findall(_code(text, vendor))))


def _effect_of(text: str, vendor: str) -> Effect:
    found = _PLAIN.match(text)
    if found is not None and not _MORE.search(_UPSERT.sub(" ", text[found.end() :])):
        name = found["table"] or found["updated"] or found["deleted"]
        return Effect(Kind.WRITES, frozenset({_plain_name(name)}), found["delete"] is not None)
    if _SELECT.match(text) and not _MORE.search(_UPSERT.sub(" ", text)):
        return _READS
    effects = [_one(part) for part in _statements(text, vendor)]
    if len(effects) == 1:
        return effects[0]
    if all(effect.kind in {Kind.READS, Kind.WRITES} for effect in effects):
        tables = frozenset().union(*(effect.tables for effect in effects))
        deletes = any(effect.deletes for effect in effects)
        return Effect(Kind.WRITES, tables, deletes) if tables else _READS
    return _UNREADABLE


_remembered = lru_cache(MAX_TEXTS)(_effect_of)


def _statements(text: str, vendor: str) -> list[list[str]]:
    """Return the names and words of each statement in ``text``, strings and comments left out."""
    statements: list[list[str]] = [[]]
    for token in _TOKEN.findall(_code(_UPSERT.sub(" ", text), vendor)):
        if token != ";":  # noqa: S105  # a token of SQL
            statements[-1].append(token)
        else:
            statements.append([])
    return [tokens for tokens in statements if tokens]


def _code(text: str, vendor: str) -> str:
    parts = []
    for sort, start, end in scan(text, vendor):
        part = text[start:end]
        # SQLite takes 'country' for a name where it expects one.
        is_name = sort is Sort.QUOTED and part[0] in ("\"`['" if vendor == "sqlite" else '"`[')
        parts.append(part if sort is Sort.CODE or is_name else " ")
    return "".join(parts)


def _one(tokens: list[str]) -> Effect:
    words = [token.upper() for token in tokens]
    first, others = words[0], set(words)
    if (control := _transaction(first, words)) is not None:
        return control
    names = frozenset(map(_plain_name, tokens))
    if words[1:2] == ["DATABASE"]:
        return Effect(Kind.REMAKES)
    if _moves(first, names):
        return Effect(Kind.MOVES)
    if first not in _WRITING | _READING or (others & _CALLING and first != "PREPARE"):
        return _UNREADABLE
    if not others & _WRITING or (first == "SELECT" and others & _WRITING == {"REPLACE"}):
        return _READS
    return Effect(Kind.WRITES, names, deletes=bool(others & _DELETING))


def _transaction(first: str, words: list[str]) -> Effect | None:
    if first in {"BEGIN", "START"}:
        return Effect(Kind.BEGINS)
    if "PREPARED" in words or words[:2] == ["PREPARE", "TRANSACTION"]:
        return _UNREADABLE
    if first in {"COMMIT", "END"}:
        return Effect(Kind.COMMITS)
    if first in {"ROLLBACK", "ABORT"}:
        return _READS if "TO" in words else Effect(Kind.ROLLS_BACK)
    return None


def _moves(first: str, names: frozenset[str]) -> bool:
    if first in {"USE", "ATTACH", "DETACH"}:
        return True
    return bool(names & _MOVING) if first in {"SET", "RESET"} else "set_config" in names


def _plain_name(token: str) -> str:
    """Return ``token`` without its quotes, as tables are compared."""
    quote = token[0]
    if quote in "\"`'":
        token = token[1:-1].replace(quote * 2, quote)
    elif quote == "[":
        token = token[1:-1]
    return token.lower()
