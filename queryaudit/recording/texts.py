"""The texts that were asked in one recording, and how often and how long in all."""

from collections import deque
from typing import Final

from queryaudit.recording.events import Query
from queryaudit.recording.layers import Layers
from queryaudit.recording.parts import Parts
from queryaudit.recording.repeats import Waiting
from queryaudit.recording.statements import Sort, cut, sort_of

# Over these bounds counts and times stay exact and details are cut, so that a
# request with a million queries holds no more than some megabytes.
MAX_TEXTS: Final = 2_000
MAX_TEXT_LENGTHS: Final = 2_000_000  # characters of all texts together
CUT_TEXT: Final = "(further statements, not kept one by one)"


class Texts(Parts):
    """Statements by their text, bounded, and their sums.

    ``query_count`` are statements that read or write rows or schema, executemany
    once each; ``transaction_statements`` BEGIN, SAVEPOINT and their like, as far as
    they pass Django's cursor. ``db_time`` is in seconds. ``is_cut`` tells that a
    bound was reached: counts and times are exact still.
    """

    __slots__ = (
        "_db_time",
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

    @property
    def queries(self) -> list[Query]:
        """The texts that were asked, in the order of their first statements."""
        self.settle()
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

    def settle(self) -> None:
        """Count the loads of loops that wait, each once, also where two threads come here."""
        waiting = self._waiting
        while waiting:
            try:
                repeat, start, seconds, params = waiting.popleft()
            except IndexError:
                return
            repeat.count(start, seconds, params)
            self._query_count += 1
            self._db_time += seconds

    def note_lists(self, alias: str, sql: str) -> None:
        """Note that a list may stand for a parameter of the statement that was counted."""
        query = self._texts.get((alias, cut(sql)))
        if query is not None:
            query.takes_lists = True

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
                query.learnt = (self._sites or self._places).recall(sql)
                self._queries.append(query)
        return query
