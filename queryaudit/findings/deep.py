"""What a deep audit sees: wide columns that came with every row and that nobody read."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from queryaudit.findings.base import KINDS, Context, Finding, Found, make_id
from queryaudit.findings.edits import Edit
from queryaudit.findings.facts import Facts
from queryaudit.findings.locations import Location, identify_queryset, locate_queryset
from queryaudit.recording.events import AnyPlace
from queryaudit.recording.rowsets import Column, RowSet

_PREFIX = KINDS["unused_columns"].prefix


class _Loaded(NamedTuple):
    """One column of one evaluation; ``path`` leads from the queryset's model to its row."""

    path: str
    column: Column
    rows: RowSet


def find_unused_columns(facts: Facts, context: Context) -> list[Found]:  # noqa: ARG001
    """Return one finding for each wide column that a line reads from the database for nobody."""
    if not facts.recorder.is_deep:
        return []
    loaded: defaultdict[tuple[AnyPlace, str], list[_Loaded]] = defaultdict(list)
    for root in facts.recorder.rowsets:
        place = root.origin.place if root.origin else None
        if place is not None:
            loaded[place, root.model] += _columns_below(root, "")
    return [
        found
        for (place, model), columns in loaded.items()
        for found in _judge(place, model, columns)
    ]


def _columns_below(rowset: RowSet, path: str) -> Iterator[_Loaded]:
    for column in (rowset.columns or {}).values():
        yield _Loaded(path, column, rowset)
    for child in rowset.children.values():
        if child.is_joined and not child.is_prefetched:  # one statement brings them
            yield from _columns_below(child, f"{path}{child.steps[-1].query_name}__")


def _judge(place: AnyPlace, model: str, columns: list[_Loaded]) -> list[Found]:
    named: defaultdict[str, list[_Loaded]] = defaultdict(list)
    for one in columns:
        named[one.path + one.column.name].append(one)
    unused = {name: found for name, found in named.items() if _is_unused(found)}
    location = locate_queryset(place)
    if not unused or not location.own:
        return []
    where = (model, *identify_queryset(place))
    names = ", ".join(f'"{name}"' for name in sorted(unused))
    edit = Edit(
        id=make_id("FX", "unused_columns", *where),
        before=f".defer({names})",
        at=location,
        saves=0,  # the same queries, with less in their rows
    )
    return [_finding(name, found, location, edit, where) for name, found in unused.items()]


def _is_unused(found: list[_Loaded]) -> bool:
    if any(one.column.is_read or one.rows.is_escaped for one in found):
        return False
    return any(one.rows.rows > 1 for one in found)


def _finding(
    name: str, found: list[_Loaded], location: Location, edit: Edit, where: tuple[str, ...]
) -> Found:
    finding = Finding(
        kind="unused_columns",
        id=make_id(_PREFIX, "unused_columns", name, *where),
        relation=found[0].column.relation,
        uses=(location,),
        queryset_at=location,
        origin="",
        count=len(found),
        duration=0.0,
        edit=edit,
    )
    return Found(finding, Counter(one.rows.within for one in found))
