"""The facts of an audit: small records, nothing judged.

Records are shared with rows of the audited site (see ``RowSet``), so none holds
a frame, a queryset, an instance or a closure.
"""

from array import array
from inspect import CO_OPTIMIZED
from types import CodeType
from typing import Any, NamedTuple

from queryaudit.recording.codes import line_of
from queryaudit.recording.statements import Sort


class Place:
    """A line of Python that asked: a code object and an instruction in it.

    ``own`` tells whether the site's developers can edit it. Two questions from
    one line may be two places; they meet again when lines are written out.
    """

    __slots__ = ("code", "is_settled", "lasti", "own")

    def __init__(self, code: CodeType, lasti: int, *, own: bool) -> None:
        self.code = code
        self.lasti = lasti
        self.own = own
        # A class body: no other line takes the place of one that made a queryset there.
        self.is_settled = not code.co_flags & CO_OPTIMIZED and code.co_name != "<module>"

    @property
    def line(self) -> int:
        """The line, read from the code's table: a frame takes as long, while the site waits."""
        return line_of(self.code, self.lasti)


class TemplatePlace:
    """A node of a Django template that asked: its file, name, line and source text."""

    __slots__ = ("line", "name", "own", "path", "text")
    is_settled = True

    def __init__(self, path: str, name: str, line: int, text: str, *, own: bool) -> None:
        self.path = path
        self.name = name
        self.line = line
        self.text = text
        self.own = own


class DeclaredPlace:
    """A package's line that asked on behalf of an own class: an admin, a view, a serializer.

    ``package`` is that line, ``cls`` the class, ``detail`` what it names of itself
    there: a column of ``list_display``, a field of a form or serializer.
    """

    __slots__ = ("cls", "detail", "own", "package")
    is_settled = False

    def __init__(self, package: Place | TemplatePlace, cls: type, detail: str) -> None:
        self.package = package
        self.cls = cls
        self.detail = detail
        self.own = False


AnyPlace = Place | TemplatePlace | DeclaredPlace


class Detachable:
    """Something that hangs on the site's own objects and never travels with them.

    A pickle holds None in its place and loads where queryaudit is not installed;
    copies of an object share the mark instead of copying it.
    """

    __slots__ = ()

    def __reduce_ex__(self, protocol: object) -> tuple[type[None], tuple[()]]:
        return type(None), ()

    def __copy__(self) -> "Detachable":
        return self

    def __deepcopy__(self, memo: object) -> "Detachable":
        return self


class Origin(Detachable):
    """Where a queryset was made. Hangs on its ``sql.Query``; copies inherit it.

    ``maker`` is the line that made it first, where ``place`` went on with it.
    ``built_at`` is the line where it was built within an allowed layer.
    ``is_settled`` where no other line takes its place: a class body, a template, or
    such a line.
    """

    __slots__ = ("built_at", "is_settled", "maker", "place")

    def __init__(self, place: AnyPlace | None, maker: AnyPlace | None = None) -> None:
        self.place = place
        self.maker = maker
        self.built_at: AnyPlace | None = None
        self.is_settled = maker is not None or place is None or place.is_settled


class Rendering(NamedTuple):
    """A template that was rendered: when it began, as ``perf_counter()`` tells, and seconds."""

    name: str
    start: float
    seconds: float


class FullScan(NamedTuple):
    """A statement whose plan reads all rows of ``table`` to find some of them.

    ``columns`` are those it filters by, as far as the database tells; ``model`` is
    ``app.Model``.
    """

    sql: str
    place: AnyPlace
    model: str | None
    table: str
    columns: tuple[str, ...]


class Learnt:
    """Where the last question of one text stood: at which depth, code and instruction.

    ``key`` is the instruction's offset or, in a template, the node itself; ``inner``
    the code that it called. ``depth`` 0 stands for a place that no frame shows.
    ``is_choices`` tells that a form asked there for the choices of a field.
    """

    __slots__ = ("code", "depth", "inner", "is_choices", "key", "place")

    def __init__(
        self,
        depth: int,
        code: CodeType | None,
        inner: CodeType | None,
        key: object,
        place: AnyPlace,
    ) -> None:
        self.depth = depth
        self.code = code
        self.inner = inner
        self.key = key
        self.place = place
        self.is_choices = False


class Query:
    """One SQL text on one database: how often it was asked, how long it took.

    ``sql`` holds placeholders as Django passed it on, never parameters; ``word`` is
    its first word in capitals.
    ``slowest`` and ``seconds`` are in seconds. ``place`` is the first line that
    asked; None where no line was found. ``spans`` are the starts and ends of
    statements, as ``perf_counter()`` tells, as far as there is room; ``params`` those of the
    slowest one where parameters are to be kept. ``slow_count``, ``slow_seconds`` and
    ``slow_place`` tell of those that took longer than the limit, ``model`` is then known.
    ``takes_lists`` tells that a list may stand for one of its parameters.
    """

    __slots__ = (
        "alias",
        "count",
        "learnt",
        "model",
        "params",
        "place",
        "seconds",
        "slow_count",
        "slow_place",
        "slow_seconds",
        "slowest",
        "sort",
        "spans",
        "sql",
        "takes_lists",
        "word",
    )

    def __init__(self, alias: str, sql: str, sort: Sort, word: str = "") -> None:
        self.alias = alias
        self.sql = sql
        self.sort = sort
        self.word = word
        self.count = 0
        self.seconds = 0.0
        self.slowest = 0.0
        self.slow_count = 0
        self.slow_seconds = 0.0
        self.slow_place: AnyPlace | None = None
        self.model: str | None = None
        self.place: AnyPlace | None = None
        self.learnt: Learnt | None = None
        self.spans = array("d")
        self.params: Any = None
        self.takes_lists = False
