"""How a scenario is declared: a wrong piece with its verdict, and its silent repair."""

import ast
import importlib
import pkgutil
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Final, TypeVar

FOLDER: Final = Path(__file__).resolve().parent

# What no rule finds yet, with the reason: a kind, a kind with its topic (see Expected.topic), a
# module of pieces, or one scenario as "module.Name". A rule that lands takes its name out of here.
PENDING_KINDS: Final[dict[str, str]] = {}

Piece = Callable[[], object]
Fix = str | re.Pattern[str]
Relation = str | tuple[str, ...] | None  # of several, each is right
C = TypeVar("C", bound=type)


def matches(pattern: str) -> re.Pattern[str]:
    """Return a fix that is right when ``pattern`` is found in it."""
    return re.compile(pattern)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """The right verdict on a wrong piece.

    ``use`` and ``queryset`` name marks: comments at the end of a line of the piece,
    or, with a name after a colon, of the models, helpers and templates of the corpus.
    Where several lines carry the mark, each of them is right. ``queryset`` is None
    where no queryset is to be changed. ``left`` is the number of queries of the
    whole piece once the fix is made, None where it cannot be promised. An optional one may be
    said or not: another finding's edit cures it as well.
    """

    kind: str
    relation: Relation
    fix: Fix
    left: int | None
    use: str = "use"
    queryset: str | None = "queryset"
    is_optional: bool = False

    @property
    def topic(self) -> str:
        """What sort of an N+1 it is; of another kind, the kind."""
        if self.kind != "n_plus_one":
            return self.kind
        text = self.fix if isinstance(self.fix, str) else self.fix.pattern.replace("\\", "")
        for word, topic in _TOPICS.items():
            if word in text:
                return f"n_plus_one {topic}"
        return "n_plus_one look-up"

    def is_about(self, relation: str | None) -> bool:
        """Return whether ``relation`` is the expected one."""
        return (
            relation in self.relation
            if isinstance(self.relation, tuple)
            else (relation == self.relation)
        )

    def fits(self, fix: str) -> bool:
        """Return whether ``fix`` is the expected one."""
        return fix == self.fix if isinstance(self.fix, str) else bool(self.fix.search(fix))


_TOPICS: Final = {
    "select_related": "join",
    "prefetch_related": "prefetch",
    "annotate": "figure",
    "only": "column",
    "defer": "column",
    "_id": "key",
}


@dataclass(frozen=True, slots=True)
class Scenario:
    """A declared class: its pieces, its expectations and where its marks are."""

    name: str
    kind: str
    wrong: Piece | None
    right: Piece
    result: Piece | None
    expected: tuple[Expected, ...]
    mechanical: bool
    threads: bool
    file: Path

    @property
    def pending(self) -> str:
        """Why the scenario is not found yet, or nothing."""
        keys = {self.name, self.name.partition(".")[0], self.kind}
        needed = [expected for expected in self.expected if not expected.is_optional]
        keys |= {key for expected in needed for key in (expected.kind, expected.topic)}
        return "; ".join(PENDING_KINDS[key] for key in sorted(keys) if key in PENDING_KINDS)

    def lines_of(self, mark: str | None) -> set[str | None]:
        """Return the places, as ``path:line``, that carry ``mark``; {None} for no mark."""
        if mark is None:
            return {None}
        own = _classes(self.file)[self.name.rpartition(".")[2]]
        places = own.get(mark) or shared_marks().get(mark)
        assert places, f"{self.name}: no line is marked {mark!r}"
        return {*places}


def scenario(
    *expected: Expected,
    kind: str = "",
    relation: Relation = None,
    fix: Fix = "",
    left: int | None = None,
    use: str = "use",
    queryset: str | None = "queryset",
    mechanical: bool | None = None,
    threads: bool = False,
) -> Callable[[C], C]:
    """Declare a class as a scenario, with one expectation by keywords or several as ``Expected``.

    The class has the static methods ``wrong`` and ``right``; a clean one has only
    ``right``. ``result``, if there is one, is asked after each of them, outside the
    audit, and its answers are compared instead. ``mechanical`` says whether the fix is
    the whole edit; None takes it from the fix: code that begins with a dot is. ``threads``
    says that other threads read, so that the rows must be committed.
    """
    if not expected and kind != "clean":
        expected = (
            Expected(kind=kind, relation=relation, fix=fix, left=left, use=use, queryset=queryset),
        )
    if mechanical is None:
        mechanical = bool(expected) and all(
            isinstance(each.fix, str) and each.fix.startswith(".") for each in expected
        )

    def declare(cls: C) -> C:
        wrong = getattr(cls, "wrong", None)
        assert (wrong is None) == (not expected), f"{cls.__name__}: a clean piece has no wrong twin"
        cls.scenario = Scenario(  # type: ignore[attr-defined]
            name=f"{cls.__module__.rpartition('.')[2]}.{cls.__name__}",
            kind=expected[0].kind if expected else "clean",
            wrong=wrong,
            right=cls.right,  # type: ignore[attr-defined]
            result=getattr(cls, "result", None),
            expected=expected,
            mechanical=mechanical,
            threads=threads,
            file=Path(sys.modules[cls.__module__].__file__ or ""),
        )
        return cls

    return declare


def all_scenarios() -> list[Scenario]:
    """Return every scenario, by module and in the order of the source."""
    return [found for module in modules() for found in scenarios_of(module)]


@cache
def modules() -> tuple[ModuleType, ...]:
    """Return the modules of pieces."""
    folder = "tests.corpus.pieces"
    names = sorted(info.name for info in pkgutil.iter_modules([str(FOLDER / "pieces")]))
    return tuple(importlib.import_module(f"{folder}.{name}") for name in names)


def scenarios_of(module: ModuleType) -> Iterator[Scenario]:
    """Yield the scenarios declared in ``module``."""
    for value in vars(module).values():
        declared: Any = vars(value).get("scenario") if isinstance(value, type) else None
        if declared is not None and value.__module__ == module.__name__:
            yield declared


@cache
def _classes(path: Path) -> dict[str, dict[str, set[str]]]:
    """Return the marks in each class of ``path``."""
    source = path.read_text()
    lines = source.splitlines()
    return {
        node.name: _marks(path, lines[node.lineno - 1 : node.end_lineno], node.lineno)
        for node in ast.parse(source).body
        if isinstance(node, ast.ClassDef)
    }


@cache
def shared_marks() -> dict[str, set[str]]:
    """Return the named marks of the files that pieces share."""
    marks: dict[str, set[str]] = defaultdict(set)
    folders = "", "templatetags/", "pieces/"
    files = [path for folder in folders for path in FOLDER.glob(f"{folder}*.py")]
    for path in [*files, *FOLDER.rglob("*.html")]:
        for mark, places in _marks(path, path.read_text().splitlines(), 1).items():
            if ":" in mark:
                marks[mark] |= places
    return marks


_MARKS: Final = re.compile(r"(?:#|\{#) ((?:use|queryset)\b[^#]*?)(?: #\})?$")


def _marks(path: Path, lines: list[str], first: int) -> dict[str, set[str]]:
    """Return the places of each mark of ``lines``; one comment may hold several, with commas."""
    shown = path.relative_to(FOLDER.parents[1]) if path.is_relative_to(FOLDER) else Path(path.name)
    marks: dict[str, set[str]] = defaultdict(set)
    for number, line in enumerate(lines, first):
        if found := _MARKS.search(line.rstrip()):
            for mark in found[1].split(", "):
                marks[mark].add(f"{shown.as_posix()}:{number}")
    return dict(marks)
