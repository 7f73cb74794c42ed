"""What one audit records, and the ContextVar that says which audit is running."""

from contextvars import ContextVar
from math import inf
from typing import Any, Final

from queryaudit.errors import log_once
from queryaudit.recording.dynamodb import DynamoLedger
from queryaudit.recording.events import AnyPlace, FullScan, Learnt, Origin, Query, Rendering
from queryaudit.recording.ignores import IGNORING
from queryaudit.recording.layers import Layers
from queryaudit.recording.ledger import COMPARED, Group, sketches
from queryaudit.recording.repeats import Repeat
from queryaudit.recording.rowsets import SAMPLED, LongPrefetch, RelationLoad, RowSet
from queryaudit.recording.rowtree import MAX_PLACES
from queryaudit.recording.statements import MAX_TEXT, TOOLBAR_TABLE, Sort, cut
from queryaudit.recording.texts import Held, Texts

MAX_RENDERINGS: Final = 50

# What is loaded, the row it is loaded for or its key, its model (None for any).
Load = tuple[RowSet, object, type | None]

_QUERY = Sort.QUERY


class Recorder(Texts):
    """The facts of one audit, in the order in which the rules read them.

    ``is_deep`` asks which wide columns are read, ``keeps_params`` for the parameters of
    each text's slowest statement. ``is_open`` is False once the audit has ended: a task
    that goes on after it is not recorded. ``repeats`` are loops beyond doubt, by what they load.
    """

    __slots__ = (
        "_loading",
        "dynamodb",
        "explained",
        "is_deep",
        "is_open",
        "keeps_params",
        "limit",
        "long_prefetches",
        "renderings",
        "repeats",
        "scan_rows",
        "scans",
        "slow_seconds",
    )

    def __init__(
        self,
        slow_seconds: float = inf,
        layers: Layers | None = None,
        scan_rows: int = 0,
        limit: int = 2,
        *,
        is_deep: bool = False,
        keeps_params: bool = False,
    ) -> None:
        super().__init__(layers)
        self.limit = limit  # different rows of one loop that are told apart, and no more
        self.slow_seconds = slow_seconds
        self.scan_rows = scan_rows  # of a table, from which on a scan is recorded; 0 asks no plan
        self.explained: set[tuple[str, str]] = set()
        self.scans: list[FullScan] = []
        self.long_prefetches: list[LongPrefetch] = []
        self.dynamodb: DynamoLedger | None = None  # made by the first call
        self.is_deep = is_deep
        self.keeps_params = keeps_params
        self.renderings: list[Rendering] = []
        self.is_open = True
        self._loading: dict[RowSet, Query] = {}  # the text that loaded a relation last
        self.repeats: dict[RowSet, Repeat] = {}

    def record_query(  # noqa: C901, PLR0912, PLR0913, PLR0917  # no call to spare here
        self,
        alias: str,
        sql: str,
        seconds: float,
        load: Load | None,
        params: Any = None,
        model: Any = None,
        is_single: bool = True,  # noqa: FBT001, FBT002
        is_raw: bool = False,  # noqa: FBT001, FBT002
        start: float = 0.0,
        origin: Origin | None = None,
    ) -> AnyPlace | None:
        """Count one statement, which began at ``start``, and return the line that asked it.

        ``load`` is the relation, the key of its row and its model; ``model`` that of
        other statements, SQL by hand is raw. Batches, which are none of them, are not single.
        """
        if len(sql) > MAX_TEXT:
            sql = cut(sql)
        # A relation is loaded by one text, row by row: that is compared, others are looked for.
        query = None if load is None else self._loading.get(load[0])
        if query is None or query.sql != sql or query.alias != alias:
            query = self._texts.get((alias, sql))
            if load is not None:
                query = query or self._begin_text_of_load(alias, sql)
                self._loading[load[0]] = query
            elif query is None and (
                self.is_cut or not sql.startswith("SELECT ") or TOOLBAR_TABLE in sql
            ):
                query = self._begin_text_after_held(alias, sql)
        if query is not None and query.sort is not _QUERY:
            if query.sort is Sort.TRANSACTION:
                self.transaction_statements += 1
                self._db_time += seconds
            return None
        sites = self._sites or self._places
        learnt = None if query is None else query.learnt
        if learnt is None:
            learnt = sites.recall(sql)
        try:
            found = sites.find(learnt, load is not None)
            if found is not learnt:
                sites.learn(sql, found)
                if query is not None:
                    query.learnt = found
            if (
                load is None
                and is_single
                and not self.keeps_params
                and found is not None
                and found.place.own
                and not found.is_choices
                and seconds <= self.slow_seconds
                and (query is None or not self._statements.settled(query, found.place))
                and not IGNORING.get()
            ):
                stack = sites.stack_hash(found, 0, origin)
                self._hold(
                    Held(alias, sql, start, seconds, found, stack, sketches(params), model, is_raw)
                )
                return found.place
        except Exception:  # noqa: BLE001
            log_once("finding who asks")  # the statement counts all the same
            found = None
        if self._held and (load is None or load[0].is_set):
            self.settle()
        if query is None:
            query = self._texts.get((alias, sql)) or self._begin_text(alias, sql)
        if self.keeps_params and seconds > query.slowest:
            query.params = params
        self._count(query, found, start, seconds)
        if found is None:
            return None
        if seconds > self.slow_seconds:
            self._record_slow(query, seconds, found.place, model)
        asked: RelationLoad | Group | None = None
        if load is not None:
            asked = self._record_load(query, found, seconds, load, params, model)
        elif is_single:
            asked = self._record_asked(
                query, found, seconds, params, model, is_raw=is_raw, origin=origin
            )
        blocks = IGNORING.get()
        if blocks and asked is not None:
            asked.within[blocks] = asked.within.get(blocks, 0) + 1
        return found.place

    def begin_dynamodb(self) -> DynamoLedger:
        """Return the ledger of calls of DynamoDB, made by the first of them."""
        if self.dynamodb is None:
            self.dynamodb = DynamoLedger(self._places)
        return self.dynamodb

    def _record_slow(self, query: Query, seconds: float, place: AnyPlace, model: Any) -> None:
        query.slow_count += 1
        query.slow_seconds += seconds
        query.slow_place = query.slow_place or place
        query.model = query.model or (None if model is None else model._meta.label)  # noqa: SLF001

    def _record_load(
        self, query: Query, found: Learnt, seconds: float, load: Load, params: Any, model: Any
    ) -> RelationLoad:
        """Count a statement that loads a relation of one row, or asks for a set of it."""
        rowset, row, _ = load
        place = found.place
        if self._waiting:
            self.settle()
        asked = rowset.loads.get(place) or self._begin_load(rowset, place, query.alias)
        asked.count += 1
        asked.seconds += seconds
        if asked.instances < self.limit:
            key = getattr(row, "pk", row)
            if key != asked.last_pk:
                asked.last_pk = key
                asked.instances += 1
        if asked.count <= SAMPLED:
            asked.asked.append(params)
        if not rowset.is_set:
            if asked.instances >= self.limit:
                self._expect(rowset, query, found, asked)
        elif place.own:
            # Of one row, what varies is what is asked of its set, as in any look-up.
            of_one = rowset.parent is not None and rowset.parent.rows < 2
            group = self._record_asked(
                query, found, seconds, params, model, is_set=not of_one, inner=2
            )
            if of_one and group is not None:
                group.is_of_one = True
        return asked

    def _begin_load(self, rowset: RowSet, place: AnyPlace, alias: str) -> RelationLoad:
        if len(rowset.loads) >= MAX_PLACES:
            self.is_cut = True
            return next(iter(rowset.loads.values()))
        load = rowset.loads[place] = RelationLoad(place, alias)
        return load

    def _expect(self, rowset: RowSet, query: Query, found: Learnt, load: RelationLoad) -> None:
        """Take the loads that are as this one, of a loop, for its next turns."""
        if found.depth and self.layers is None:
            most = min(self.slow_seconds, query.slowest if self.keeps_params else inf)
            self.repeats[rowset] = Repeat(query, found, load, most, self._waiting)

    def _record_asked(
        self,
        query: Query,
        found: Learnt,
        seconds: float,
        params: Any,
        model: Any,
        *,
        is_set: bool = False,
        is_raw: bool = False,
        origin: Origin | None = None,
        inner: int = 1,
    ) -> Group | None:
        """Count a statement that follows no relation, or a set; a package's are passed over.

        ``inner`` counts the calls from ``record_query()`` to this.
        """
        ledger, place = self._statements, found.place
        group = ledger.settled(query, place)
        if group is not None and group.count % COMPARED:
            ledger.count(group, seconds)
            return group
        if not place.own:
            # Only a form's choices are declared where the site can change them.
            declared = self._places.find_declaration(inner) if found.is_choices else None
            if declared is None:
                return None
            place = declared
        sites = self._sites or self._places
        if place.own and not is_set:
            stack = sites.stack_hash(found, inner, origin)
        else:
            stack = 0 if origin is None else id(origin.place)
        group = ledger.record(
            query, place, seconds, stack, params, model, is_raw=is_raw, is_set=is_set
        )
        if group is not None:
            group.is_choices |= found.is_choices
        return group

    def forget(self) -> None:
        """Let go what only the rules read: a thread that runs on may hold this recorder."""
        self.settle()
        self.forget_rows()
        self.forget_parts()
        if self.dynamodb is not None:
            self.dynamodb.forget()
        if self.layers is not None:
            self.layers.outside = {}
        self._texts, self._loading, self.repeats = {}, {}, {}

    def record_rendering(self, name: str, start: float, seconds: float) -> None:
        """Note a template that was rendered, as far as there is room."""
        if len(self.renderings) < MAX_RENDERINGS:
            self.renderings.append(Rendering(name, start, seconds))


CURRENT: ContextVar[Recorder | None] = ContextVar("queryaudit", default=None)
# What threads get that audited code starts.
HANDED_ON: list[ContextVar[Any]] = [CURRENT, IGNORING]
