"""The texts that were asked in one recording, and how often and how long in all."""

from collections import deque
from collections.abc import Iterator
from typing import Any, Final, NamedTuple, TypeVar

from queryaudit.errors import log_once
from queryaudit.recording.events import Learnt, Query
from queryaudit.recording.layers import Layers
from queryaudit.recording.ledger import Ledger
from queryaudit.recording.parts import Parts
from queryaudit.recording.repeats import MAX_SPANS, Waiting
from queryaudit.recording.statements import Sort, cut, sort_of

# Over these bounds counts and times stay exact and details are cut, so that a
# request with a million queries holds no more than some megabytes.
MAX_TEXTS: Final = 2_000
MAX_TEXT_LENGTHS: Final = 2_000_000  # characters of all texts together
CUT_TEXT: Final = "(further statements, not kept one by one)"
MAX_HELD: Final = 64  # statements that wait to be counted
T = TypeVar("T")


class Held(NamedTuple):
    """A statement that follows no relation and is not counted yet, with the hash of its callers.

    The first of a text is a SELECT. Of its parameters the ``sketches`` alone are kept.
    """

    alias: str
    sql: str
    start: float
    seconds: float
    found: Learnt
    stack: int
    values: tuple[int, ...]
    model: Any
    is_raw: bool


class Texts(Parts):
    """Statements by their text, bounded, and their sums.

    ``query_count`` are statements that read or write rows or schema, executemany
    once each; ``transaction_statements`` BEGIN, SAVEPOINT and their like, as far as
    they pass Django's cursor. ``db_time`` is in seconds. ``is_cut`` tells that a
    bound was reached: counts and times are exact still.
    """

    __slots__ = (
        "_db_time",
        "_held",
        "_is_unordered",
        "_queries",
        "_query_count",
        "_room",
        "_texts",
        "_waiting",
        "transaction_statements",
    )

    def __init__(self, layers: Layers | None) -> None:
        super().__init__(layers)
        self._query_count = 0
        self.transaction_statements = 0
        self._db_time = 0.0
        self._room = MAX_TEXT_LENGTHS
        self._queries: list[Query] = []
        self._texts: dict[tuple[str, str], Query] = {}
        self._waiting: deque[Waiting] = deque()
        self._held: deque[Held] = deque()
        self._is_unordered = False  # a text is known that began after one of these

    @property
    def queries(self) -> list[Query]:
        """The texts that were asked, in the order of their first statements."""
        self.settle()
        if self._is_unordered:
            self._is_unordered = False
            ordered = sorted(self._queries, key=_began)
            self._queries[: len(ordered)] = ordered  # another thread may have begun one meanwhile
        return self._queries

    @property
    def query_count(self) -> int:
        """Statements that read or write rows or schema."""
        self.settle()
        return self._query_count

    @property
    def db_time(self) -> float:
        """Seconds spent in statements."""
        self.settle()
        return self._db_time

    @property
    def ledger(self) -> Ledger:
        """The statements that follow no relation."""
        self.settle()
        return self._statements

    def settle(self) -> None:
        """Count what waits, each statement once, also where two threads come here."""
        for statement in _taken(self._held):
            try:
                self._count_held(statement)
            except Exception:  # noqa: BLE001
                log_once("counting a statement")
        for repeat, start, seconds, params in _taken(self._waiting):
            repeat.count(start, seconds, params)
            self._query_count += 1
            self._db_time += seconds

    def _hold(self, statement: Held) -> None:
        """Count a statement later: most pages end before they are many.

        What is done for it is then done off the visitor's path.
        """
        self._held.append(statement)
        if len(self._held) >= MAX_HELD:
            self.settle()

    def _count_held(self, statement: Held) -> None:
        alias, sql, start, seconds, found, stack, values, model, is_raw = statement
        query = self._texts.get((alias, sql)) or self._begin_text(alias, sql)
        self._count(query, found, start, seconds)
        self._statements.count_sketched(
            query, found.place, seconds, stack, values, model, is_raw=is_raw
        )

    def _count(self, query: Query, found: Learnt | None, start: float, seconds: float) -> None:
        query.learnt = found
        if query.place is None and found is not None:
            query.place = found.place
        query.count += 1
        query.seconds += seconds
        if query.count <= MAX_SPANS:
            query.spans.append(start)
            query.spans.append(start + seconds)
        query.slowest = max(query.slowest, seconds)
        self._query_count += 1
        self._db_time += seconds

    def note_lists(self, alias: str, sql: str) -> None:
        """Note that a list may stand for a parameter of the statement that was counted."""
        self.settle()
        query = self._texts.get((alias, cut(sql)))
        if query is not None:
            query.takes_lists = True

    def _begin_text_after_held(self, alias: str, sql: str) -> Query:
        """Return the record of a text that is new, behind those of what was asked before it."""
        if self._held:
            self.settle()
        return self._texts.get((alias, sql)) or self._begin_text(alias, sql)

    def _begin_text_of_load(self, alias: str, sql: str) -> Query:
        """Return the record of a text that is new and loads a relation.

        No relation is judged by what waits: texts are put in order when somebody reads them.
        """
        if self._held:
            if any(one.sql == sql for one in self._held):
                self.settle()
            self._is_unordered = True
        return self._texts.get((alias, sql)) or self._begin_text(alias, sql)

    def _begin_text(self, alias: str, sql: str) -> Query:
        """Return the record of a text that is new, or new in its words alone."""
        sort, word = sort_of(sql)
        # Savepoints carry a name of their own each: the word is what repeats.
        text = sql if sort is Sort.QUERY else word
        if sort is Sort.QUERY:
            self._room -= len(sql)
            if len(self._queries) >= MAX_TEXTS or self._room < 0:
                self.is_cut = True
                text = CUT_TEXT
        query = self._texts.get((alias, text))
        if query is None:
            query = self._texts[alias, text] = Query(alias, text, sort, word)
            if sort is Sort.QUERY:
                self._queries.append(query)
        return query


def _began(query: Query) -> float:
    """Return when the first statement of a text began."""
    return query.spans[0] if query.spans else 0.0


def _taken(waiting: deque[T]) -> Iterator[T]:
    """Yield what waits and take it out, each once, also where two threads come here."""
    while waiting:
        try:
            first = waiting.popleft()
        except IndexError:
            return
        yield first
