"""What one audit records, and the ContextVar that says which audit is running."""

from contextvars import ContextVar
from itertools import count
from typing import Final

from queryaudit.recording.callsite import CallSites
from queryaudit.recording.events import AnyPlace, Learnt, Origin, Query, RelationLoad, RowSet

# Over these bounds counts and times stay exact and details are cut, so that a
# request with a million queries holds no more than some megabytes.
MAX_TEXTS: Final = 2_000
MAX_ROWSETS: Final = 20_000
MAX_PLACES: Final = 100
MAX_STEPS: Final = 8  # of a path of relations: album.artist.label has two
CUT_TEXT: Final = "(further statements, not kept one by one)"

_TRANSACTION = {"BEGIN", "START", "SAVEPOINT", "RELEASE", "COMMIT", "ROLLBACK"}
# The toolbar keeps its history in this table when it is told to use a database.
_TOOLBAR_TABLE = "debug_toolbar_historyentry"

_numbers = count(1)


class Recorder:
    """The facts of one audit, in the order in which the rules read them.

    ``query_count`` are statements that read or write rows or schema, executemany
    once each; ``transaction_statements`` BEGIN, SAVEPOINT and their like, as far as
    they pass Django's cursor. ``db_time`` is in seconds. ``is_cut`` tells that a
    bound was reached: counts and times are exact still.
    """

    __slots__ = (
        "_adopted",
        "_sites",
        "_texts",
        "db_time",
        "is_cut",
        "loads",
        "number",
        "queries",
        "query_count",
        "rowsets",
        "transaction_statements",
    )

    def __init__(self) -> None:
        self.number = next(_numbers)
        self.query_count = 0
        self.transaction_statements = 0
        self.db_time = 0.0
        self.is_cut = False
        self.queries: list[Query] = []
        self.rowsets: list[RowSet] = []  # the roots; relations hang below them
        self._texts: dict[tuple[str, str], Query | None] = {}
        self._sites = CallSites()
        self._adopted: dict[int, tuple[RowSet, RowSet]] = {}

    def record_query(
        self, alias: str, sql: str, seconds: float, load: "tuple[RowSet, object] | None"
    ) -> None:
        """Count one statement; ``load`` is the relation and the row it is loaded for."""
        key = (alias, sql)
        query = self._texts.get(key)
        if query is None:
            if key in self._texts:  # the toolbar's own
                return
            query = self._begin_text(key)
            if query is None:
                return
        query.count += 1
        query.seconds += seconds
        if seconds > query.slowest:  # noqa: PLR1730  # max() costs a call on the hot path
            query.slowest = seconds
        self.db_time += seconds
        if query.is_transaction:
            self.transaction_statements += 1
            return
        self.query_count += 1
        found = query.learnt = self._sites.find(query.learnt)
        if found is None:
            return
        if query.place is None:
            query.place = found.place
        if load is not None:
            self._record_load(load, found, alias, seconds)

    def _begin_text(self, key: tuple[str, str]) -> Query | None:
        alias, sql = key
        if _TOOLBAR_TABLE in sql:
            self._texts[key] = None
            return None
        words = sql.split(None, 1)
        is_transaction = bool(words) and words[0].upper().rstrip(";") in _TRANSACTION
        if is_transaction:
            # Savepoints carry a name of their own each: the word is what repeats.
            key = alias, words[0].upper()
        elif len(self.queries) >= MAX_TEXTS:
            self.is_cut = True
            key = alias, CUT_TEXT
        query = self._texts.get(key)
        if query is None:
            query = self._texts[key] = Query(*key, is_transaction=is_transaction)
            self.queries.append(query)
        return query

    def _record_load(
        self, load: "tuple[RowSet, object]", found: Learnt, alias: str, seconds: float
    ) -> None:
        rowset, pk = load
        event = rowset.loads.get(found.place)
        if event is None:
            if len(rowset.loads) >= MAX_PLACES:
                self.is_cut = True
                event = next(iter(rowset.loads.values()))
            else:
                event = rowset.loads[found.place] = RelationLoad(found.place, alias)
        event.count += 1
        event.seconds += seconds
        if pk != event.last_pk:
            event.last_pk = pk
            event.instances += 1

    def find_place(self) -> AnyPlace | None:
        """Return the line that called the caller's caller."""
        found = self._sites.find(None)
        return found.place if found else None

    def begin_rows(self, origin: Origin | None, model: str) -> RowSet | None:
        """Return the record for one evaluation's rows of ``app.Model``; None over the bound."""
        if len(self.rowsets) >= MAX_ROWSETS:
            self.is_cut = True
            return None
        rowset = RowSet(self.number, origin, model)
        self.rowsets.append(rowset)
        return rowset

    def own_rows(self, rowset: RowSet) -> RowSet | None:
        """Return ``rowset``, or its twin here where it was recorded by another audit."""
        if rowset.audit == self.number:
            return rowset
        known = self._adopted.get(id(rowset))
        if known is not None:
            return known[1]
        twin: RowSet | None
        if rowset.parent is None:
            twin = self.begin_rows(rowset.origin, rowset.relation)
        else:
            parent = self.own_rows(rowset.parent)
            twin = parent and self.follow(parent, rowset.steps[-1], rowset.relation)
        if twin is not None:
            twin.rows = max(twin.rows, rowset.rows)
            self._adopted[id(rowset)] = rowset, twin
        return twin

    def follow(self, rowset: RowSet, name: str, relation: str) -> RowSet:
        """Return what the relation ``name`` leads to from ``rowset``."""
        child = rowset.children.get(name)
        if child is None:
            if len(rowset.steps) >= MAX_STEPS:
                return rowset  # a linked list goes round here, on bounded memory
            child = RowSet(self.number, rowset.origin, relation, rowset, (*rowset.steps, name))
            rowset.children[name] = child
        return child


CURRENT: ContextVar[Recorder | None] = ContextVar("queryaudit", default=None)
