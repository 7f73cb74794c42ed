"""Rows, where they came from, and what was loaded for them: records of what the ORM did.

They are shared with rows of the audited site (see ``RowSet``), so none holds a frame, a
queryset, an instance or a closure.
"""

from enum import Enum
from typing import Any, Final, NamedTuple

from queryaudit.recording.events import AnyPlace, Detachable, Origin
from queryaudit.recording.ignores import Ignore

SAMPLED: Final = 8  # loads of one relation and place whose parameters are kept until the end


class Call(NamedTuple):
    """A line that asks for an eager load; ``is_shared`` where it is a manager's method."""

    place: AnyPlace
    is_shared: bool


class EagerCalls(Detachable):
    """The calls that ask a queryset for eager loads, by path. Hangs on its ``sql.Query``.

    None stands for a package that asked.
    """

    __slots__ = ("by_path",)

    def __init__(self, by_path: dict[str, Call | None]) -> None:
        self.by_path = by_path


class RelationLoad:
    """One relation, loaded row by row from one place.

    ``instances`` counts the different rows it was loaded for, as far as the limit
    asks; ``count`` the queries, ``seconds`` their time, ``within`` how many of them
    stood in a block of ``ignore()``. ``asked`` are the parameters of the first few.
    """

    __slots__ = ("alias", "asked", "count", "instances", "last_pk", "place", "seconds", "within")

    def __init__(self, place: AnyPlace, alias: str) -> None:
        self.place = place
        self.alias = alias
        self.count = 0
        self.seconds = 0.0
        self.instances = 0
        self.last_pk: Any = self  # differs from any key
        self.asked: list[Any] = []
        self.within: dict[tuple[Ignore, ...], int] = {}


class Outside:
    """Queries that one line asked while no module of the allowed layer was on the stack.

    ``built_at`` is the line of that layer which made their queryset, if one did.
    """

    __slots__ = ("built_at", "count", "place", "relation", "seconds", "within")

    def __init__(self, place: AnyPlace, relation: str | None, built_at: AnyPlace | None) -> None:
        self.place = place
        self.relation = relation
        self.built_at = built_at
        self.count = 0
        self.seconds = 0.0
        self.within: dict[tuple[Ignore, ...], int] = {}


class Evaluation(NamedTuple):
    """What bears on the repair of a queryset: its database, and how it was built.

    ``deferred`` is Django's pair of names and whether these are the deferred ones;
    ``joins_all`` stands for ``select_related()`` without names, ``is_chunked`` for
    ``iterator()``, which prefetches for each chunk anew or not at all; ``is_list`` for
    instances that come as a list, of which no queryset is at hand.
    """

    alias: str
    combinator: str | None = None
    deferred: tuple[frozenset[str], bool] = (frozenset(), True)
    joins_all: bool = False
    is_raw: bool = False
    is_chunked: bool = False
    is_list: bool = False


class Kind(Enum):
    """What a step leads to."""

    ONE = "one"  # a foreign key or one-to-one, in either direction
    SET = "set"  # a reverse key, a many-to-many, a generic relation
    GENERIC = "generic"  # a generic foreign key
    COLUMN = "column"  # a column that only() or defer() left out


class Step(NamedTuple):
    """A relation, as it is read (``name``) and as look-ups call it (``query_name``).

    ``relation`` is ``app.Model.field``. Of a set, ``model`` is the name of the model
    that it holds and ``back`` the field that leads from there to its owner. Of a
    foreign key, ``key`` is the attribute that holds it: ``artist_id``.
    """

    name: str
    relation: str
    kind: Kind
    query_name: str
    model: str = ""
    back: str = ""
    key: str = ""


class Column:
    """A wide column that came with rows: ``app.Model.field``, its name, and whether it was read."""

    __slots__ = ("is_read", "name", "relation")

    def __init__(self, relation: str, name: str) -> None:
        self.relation = relation
        self.name = name
        self.is_read = False


class RowSet(Detachable):
    """Rows of one evaluation of a queryset, or what one relation led to from there.

    Hangs on each of its rows as ``instance._state.queryaudit_rows``. ``steps`` is
    the path from the queryset's model ``app.Model``, empty for its own rows, and
    ``form`` what was asked of the last step: ``"rows"``, or for a set ``"narrowed"``,
    ``"count"``, ``"exists"``, ``"figure"`` (with the aggregate as ``detail``);
    ``is_narrowed`` where conditions are added, ``is_combined`` with another queryset.
    ``rows`` counts them; ``brings`` tells whether each, loaded by itself, came with rows that
    are joined to it. ``audit`` numbers the recorder it belongs to: a row may
    outlive its request in a cache, and the next audit starts afresh. ``evaluation``
    is that of the queryset; a set has its own beside it, with its line, as ``own``.

    ``eager_calls`` are those that asked the queryset for eager loads.
    ``is_eager`` tells that rows came ahead in this audit, ``batches`` counts the
    queries of its prefetch and ``seconds`` their time; ``is_used`` tells that somebody
    read it, ``is_escaped`` that rows were pickled and may be read where nobody sees
    it. Where a prefetch has a queryset of its own, that queryset's rows are ``via``
    the eager load, which knows them as ``sources``. ``unread`` names the relations of
    these rows that were loaded ahead and not read yet.
    """

    # No slots: a loop of single look-ups makes one of these a query, and most stay as they begin.
    form = "rows"
    detail = ""
    rows = 0
    asks_more = False  # its manager asks a query of its own for each row
    is_set = False
    is_joined = False
    is_adopted = False  # of another audit, which read it
    is_prefetched = False
    is_eager = False
    is_used = False
    unread: set[str] | frozenset[str] = frozenset()
    is_escaped = False
    is_narrowed = False
    is_combined = False
    brings: bool | None = None
    batches = 0
    seconds = 0.0
    parent: "RowSet | None" = None
    steps: tuple[Step, ...] = ()
    columns: dict[str, Column] | None = None  # wide ones, in a deep audit
    eager_calls: EagerCalls | None = None
    via: "RowSet | None" = None
    sources: "tuple[RowSet, ...]" = ()
    within: tuple[Ignore, ...] = ()  # of its evaluation
    own: tuple[Origin, Evaluation] | None = None
    targets: frozenset[str] = frozenset()  # of a generic key: the models it led to

    def __init__(
        self, audit: int, origin: Origin | None, model: str, evaluation: Evaluation
    ) -> None:
        self.audit = audit
        self.origin = origin
        self.model = model
        self.evaluation = evaluation
        self.children: dict[str, RowSet] = {}
        self.loads: dict[AnyPlace, RelationLoad] = {}

    def child(self, step: Step, form: str) -> "RowSet":
        """Return what ``step`` leads to from these rows."""
        child = RowSet(self.audit, self.origin, self.model, self.evaluation)
        child.parent = self
        child.steps = (*self.steps, step)
        child.is_set = step.kind is Kind.SET
        child.form = form
        return child

    @property
    def root(self) -> "RowSet":
        """The rows of the queryset that the path begins with."""
        return self if self.parent is None else self.parent.root

    def __reduce_ex__(self, protocol: object) -> tuple[type[None], tuple[()]]:
        self.is_escaped = True
        return super().__reduce_ex__(protocol)

    def expect_read(self, child: "RowSet") -> None:
        """Note that the relation to ``child`` is loaded ahead of being read."""
        name = child.steps[-1].name
        if child.is_used:
            return
        if isinstance(self.unread, set):
            self.unread.add(name)
        else:
            self.unread = {name}

    def note_read(self) -> None:
        """Note that somebody read this eager load."""
        self.is_used = True
        unread = None if self.parent is None else self.parent.unread
        if isinstance(unread, set):
            unread.discard(self.steps[-1].name)

    def came_from(self, alias: str | None) -> None:
        """Note the database that the rows were read from, which a router may have chosen."""
        if alias is None:
            return
        if self.own is not None:
            self.own = self.own[0], self.own[1]._replace(alias=alias)
        elif not self.steps and alias != self.evaluation.alias:
            self.evaluation = self.evaluation._replace(alias=alias)


class RelatedSet(Detachable):
    """A related manager's queryset: ``rowset`` is followed from the row with key ``pk``.

    ``conditions`` and ``built`` (order, joins and the like) are what the relation itself asks,
    so that more of it tells a narrowed set. Hangs on its ``sql.Query``.
    """

    __slots__ = ("built", "conditions", "pk", "rowset")

    def __init__(self, rowset: RowSet, pk: Any, conditions: int, built: tuple[Any, ...]) -> None:
        self.rowset = rowset
        self.pk = pk
        self.conditions = conditions
        self.built = built


class LongPrefetch(NamedTuple):
    """A prefetch whose list of ``keys`` nears the ``most`` that its database takes.

    ``rows`` are those that it led to, whose steps tell the path and origin the line.
    """

    rows: RowSet
    keys: int
    most: int
