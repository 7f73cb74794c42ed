"""Statements that follow no relation: from where, how often, with which values again.

Values are kept as hashes, until the audit ends; none is ever written out.
"""

import re
from collections.abc import Iterable
from typing import Any, Final

from queryaudit.recording.events import AnyPlace, Query
from queryaudit.recording.ignores import Ignore

MAX_GROUPS: Final = 2_000
MAX_ASKED: Final = 5_000  # different questions remembered, to know them again
MAX_STACKS: Final = 16  # of one group
# Statements of a group whose values are compared with the first: these, and each eighth.
COMPARED: Final = 8

READS: Final = {"SELECT", "WITH", ""}
WRITES: Final = {"INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE"}
_TABLES = re.compile(r"""\b(?:FROM|JOIN|INTO|UPDATE)\s+["`\[]?([\w.]+)""", re.IGNORECASE)


class Group:
    """One SQL text asked from one place.

    ``stacks`` counts the calls by the hash of who called; ``varied`` numbers the
    values that were not always the same. ``model`` is ``app.Model``, None for SQL of no
    model; ``key`` its primary key's column, None where the SQL is written by hand.
    ``is_settled`` tells that it is a loop beyond doubt: most of its statements are then
    counted only, each eighth is looked at as before. ``is_choices`` tells the choices of
    a form's field, ``is_set`` a set of related rows, which the relation's rule judges, and
    ``is_of_one`` the sets of rows that came one by one.
    """

    __slots__ = (
        "count",
        "first",
        "is_choices",
        "is_of_one",
        "is_set",
        "is_settled",
        "key",
        "last_stack",
        "model",
        "place",
        "query",
        "seconds",
        "stacks",
        "varied",
        "within",
    )

    def __init__(
        self, query: Query, place: AnyPlace, model: str | None, key: str | None, *, is_set: bool
    ) -> None:
        self.is_set = is_set
        self.is_choices = False
        self.is_of_one = False
        self.is_settled = False
        self.last_stack = 0
        self.query = query
        self.place = place
        self.model = model
        self.key = key
        self.count = 0
        self.seconds = 0.0
        self.stacks: dict[int, int] = {}
        self.first: tuple[int, ...] | None = None
        self.varied: set[int] = set()
        self.within: dict[tuple[Ignore, ...], int] = {}  # how many stood in which ignore()


class Asked:
    """One question, values included: where it was asked, nothing written in between."""

    __slots__ = ("count", "places", "query", "serial")

    def __init__(self, query: Query, serial: int) -> None:
        self.query = query
        self.serial = serial
        self.count = 0
        self.places: dict[Group, int] = {}


class Ledger:
    """All groups of one recording, and the questions asked again."""

    __slots__ = ("_questions", "_serials", "_tables", "_written", "groups", "repeated")

    def __init__(self) -> None:
        self.groups: dict[tuple[Query, AnyPlace], Group] = {}  # as they were asked first
        self.repeated: list[Asked] = []  # the questions that were asked again
        self._questions: dict[tuple[Query, int], Asked] = {}
        self._tables: dict[Query, frozenset[str]] = {}
        self._serials: dict[str, int] = {}
        self._written = 0

    @property
    def asked(self) -> Iterable[tuple[int, Asked]]:
        """The questions, each with a number that stands for its values."""
        return [(values, asked) for (_, values), asked in self._questions.items()]

    def settled(self, query: Query, place: AnyPlace) -> Group | None:
        """Return the group of a statement if it is a loop beyond doubt."""
        group = self.groups.get((query, place))
        return group if group is not None and group.is_settled else None

    def record(
        self,
        query: Query,
        place: AnyPlace,
        seconds: float,
        stack: int,
        params: Any,
        model: Any,
        *,
        is_raw: bool = False,
        is_set: bool = False,
    ) -> Group | None:
        """Count one statement under its group and its question; None over the bound."""
        return self.count_sketched(
            query, place, seconds, stack, sketches(params), model, is_raw=is_raw, is_set=is_set
        )

    def count_sketched(
        self,
        query: Query,
        place: AnyPlace,
        seconds: float,
        stack: int,
        values: tuple[int, ...],
        model: Any,
        *,
        is_raw: bool = False,
        is_set: bool = False,
    ) -> Group | None:
        """Do the same where the parameters' ``sketches()`` are known."""
        group = self.groups.get((query, place))
        if group is None:
            if len(self.groups) >= MAX_GROUPS:
                return None
            meta = None if model is None else model._meta  # noqa: SLF001
            label = None if meta is None else meta.label
            key = None if is_raw else getattr(meta and meta.pk, "column", "") or ""
            group = self.groups[query, place] = Group(query, place, label, key, is_set=is_set)
        group.count += 1
        group.seconds += seconds
        if stack in group.stacks or len(group.stacks) < MAX_STACKS:
            group.stacks[stack] = group.stacks.get(stack, 0) + 1
        group.last_stack = stack
        if group.first is None:
            group.first = values
        elif (group.count <= COMPARED or not group.count % COMPARED) and len(values) == len(
            group.first
        ):
            first = group.first
            group.varied |= {n for n, value in enumerate(values) if value != first[n]}
        if group.count > COMPARED and group.varied and not group.is_settled:
            # Of a set of rows the relation's rule decides, and repeats of it are no other finding.
            group.is_settled = group.is_set or max(group.stacks.values()) > COMPARED // 2
        if query.word in READS:
            self._know_again(query, group, values)
        elif query.word in WRITES:
            self._note_write(query)
        return group

    def count(self, group: Group, seconds: float) -> None:
        """Count one more statement of a settled group."""
        group.count += 1
        group.seconds += seconds
        stacks, last = group.stacks, group.last_stack
        if last in stacks:
            stacks[last] += 1
        if group.query.word in WRITES:
            self._note_write(group.query)

    def _note_write(self, query: Query) -> None:
        self._written += 1
        for table in self._tables_of(query):
            self._serials[table] = self._written

    def _know_again(self, query: Query, group: Group, values: tuple[int, ...]) -> None:
        question = query, hash(values)
        serial = 0
        if self._serials:  # most pages only read
            serials = (self._serials.get(table, 0) for table in self._tables_of(query))
            serial = max(serials, default=0)
        asked = self._questions.get(question)
        if asked is None or asked.serial != serial:
            if len(self._questions) >= MAX_ASKED:
                return
            asked = self._questions[question] = Asked(query, serial)
        asked.count += 1
        asked.places[group] = asked.places.get(group, 0) + 1
        if asked.count == 2:
            self.repeated.append(asked)

    def _tables_of(self, query: Query) -> frozenset[str]:
        tables = self._tables.get(query)
        if tables is None:
            found = _TABLES.findall(query.sql)
            tables = self._tables[query] = frozenset(table.lower() for table in found)
        return tables


def sketches(params: Any) -> tuple[int, ...]:
    """Return numbers that tell the parameters of a statement from those of others."""
    if not params:
        return ()
    return tuple(map(_sketch, params.values() if isinstance(params, dict) else params))


def _sketch(value: Any) -> int:
    """Return a number that tells values apart; an upload is not held for it."""
    try:
        number = hash(value)
    except Exception:  # noqa: BLE001  # of a class of the site's
        try:
            # The text of a view of bytes is its address, which the next one may have again.
            return hash(value.tobytes() if isinstance(value, memoryview) else repr(value))
        except Exception:  # noqa: BLE001
            return id(value)
    # -1 and -2 have the same hash in CPython, where -1 stands for an error.
    return hash(repr(value)) if number == -2 else number
