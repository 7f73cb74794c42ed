"""Read ``<app>/sql/*.sql``: queries that begin with ``-- name: albums_of_artist``."""

import keyword
import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connections

from queryaudit.errors import RawSQLError
from queryaudit.rawsql.statements import Statement, measure

_HEADER: Final = re.compile(r"^[ \t]*--[ \t]*name[ \t]*:[ \t]*(.*?)[ \t]*$", re.MULTILINE)
_COMMENT: Final = re.compile(r"(?:[ \t]*--[^\n]*(?:\n|\Z)|[ \t]*\n)*")
_PARAMETER: Final = re.compile(r"%\(([^()\s]+)\)s")
_IDENTIFIER: Final = re.compile(r"\{([^\W\d]\w*)\}")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a file: the id of its check, and ``text`` with file and line."""

    id: str
    text: str
    hint: str


@dataclass(frozen=True, slots=True)
class Definition:
    """One query as it is written, from ``line`` of ``path`` on."""

    name: str
    sql: str
    description: str
    path: Path
    line: int
    identifiers: frozenset[str]

    @property
    def where(self) -> str:
        """The place of the query."""
        return f"{self.path}:{self.line}"


@dataclass(slots=True)
class Queries:
    """What the files of one app hold."""

    found: dict[str, Definition] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def folder_of(label: str) -> Path:
    """Return the folder of an app's SQL files, there or not."""
    return Path(apps.get_app_config(label).path) / "sql"


@lru_cache(None)
def queries_of(label: str) -> Queries:
    """Return the queries of an app, read once a process."""
    queries = Queries()
    for path in sorted(folder_of(label).glob("*.sql")):
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            problem = Problem(
                "queryaudit.E101", f"{path} cannot be read: {error}.", "Save it as UTF-8 text."
            )
            queries.problems.append(problem)
            continue
        _read(path, text, queries)
    return queries


def _read(path: Path, text: str, queries: Queries) -> None:
    headers = list(_HEADER.finditer(text))
    before = text[: headers[0].start() if headers else len(text)]
    if _COMMENT.fullmatch(before) is None:
        problem = Problem(
            "queryaudit.E101",
            f"{path}:1 has SQL that no name stands before.",
            "Begin each query with a line such as -- name: albums_of_artist",
        )
        queries.problems.append(problem)
    for header, following in zip(headers, [*headers[1:], None], strict=False):
        end = len(text) if following is None else following.start()
        definition = _definition(path, text, header, end)
        known = queries.found.get(definition.name)
        if known is not None:
            problem = Problem(
                "queryaudit.E104",
                f"{definition.where} names {definition.name!r}, as {known.where} does.",
                "Give one of them another name; the first is called.",
            )
            queries.problems.append(problem)
        elif problems := _problems(definition):
            queries.problems += problems
        else:
            queries.found[definition.name] = definition


def _definition(path: Path, text: str, header: "re.Match[str]", end: int) -> Definition:
    body = text[header.end() : end].strip("\n")
    comments = _COMMENT.match(body)
    lines = comments[0].splitlines() if comments else []
    return Definition(
        name=header[1],
        sql=body[comments.end() if comments else 0 :].rstrip(),
        description="\n".join(line.strip().removeprefix("--").strip() for line in lines).strip(),
        path=path,
        line=text.count("\n", 0, header.start()) + 1,
        identifiers=frozenset(_IDENTIFIER.findall(body)) - frozenset(_PARAMETER.findall(body)),
    )


def _problems(definition: Definition) -> list[Problem]:
    name, where = definition.name, definition.where
    if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_"):
        return [
            Problem(
                "queryaudit.E102",
                f"{where} has the name {name!r}, which no attribute can have.",
                "Allowed: letters, digits and underscores, beginning with a letter.",
            )
        ]
    try:
        statement = statement_of(definition)
    except RawSQLError as error:
        return [_bad(definition, str(error))]
    if statement.percent is not None:
        return [_bad(definition, str(statement.percent))]
    if statement.count:
        return [_bad(definition, "%s has no name to call it by")]
    return [
        _bad(definition, f"the parameter {one!r} is no name that an argument can have")
        for one in sorted(statement.names)
        if not one.isidentifier() or keyword.iskeyword(one)
    ]


def _bad(definition: Definition, text: str) -> Problem:
    return Problem(
        "queryaudit.E105",
        f"{definition.where}, {definition.name}: {text}.",
        "Parameters are %(name)s, identifiers {name}, a % that is meant is written %%.",
    )


def statement_of(definition: Definition) -> Statement:
    """Return the query as the default database reads it."""
    return measure(definition.sql, connections[DEFAULT_DB_ALIAS].vendor)
