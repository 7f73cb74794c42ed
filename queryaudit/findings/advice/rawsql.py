"""Figures that one function gathers by several loops: one statement brings them as named rows."""

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Final

from queryaudit.findings.base import Context, Found
from queryaudit.findings.facts import Facts, Loop
from queryaudit.findings.locations import function_of
from queryaudit.findings.models import model_of_table, raw_manager_of
from queryaudit.findings.placeholders import PLACEHOLDER
from queryaudit.findings.uses import at_use
from queryaudit.recording.events import Place
from queryaudit.recording.fingerprint import shape_of
from queryaudit.recording.ledger import READS

_FIGURE: Final = re.compile(
    r"SELECT (?P<figure>(?:COUNT|SUM|AVG|MIN|MAX|COALESCE)\(.*?\))(?: AS [\"`\w]+)?"
    r"(?P<rest> FROM .+)",
    re.IGNORECASE | re.DOTALL,
)
# The column of a table that the placeholder after it is equal to.
_EQUAL: Final = re.compile(r"""["`]?(\w+)["`]?\.["`]?(\w+)["`]?\s*=\s*$""")
_QUOTED: Final = re.compile(r'"([^"]+)"')
# Names that are no words of SQL.
_PLAIN: Final = re.compile(r"[a-z]+_[a-z0-9_]*|__[a-z0-9]+|id|name|title|code|number")
_MAX_CODE: Final = 600  # characters


@dataclass(frozen=True, slots=True)
class _Figure:
    """A figure of each row of ``owner``, found by its column ``key``; ``sql`` is its subquery."""

    loop: Loop
    owner: Any
    key: str
    sql: str


def find_figures(facts: Facts, context: Context) -> list[Found]:
    """Return one finding for each function that asks several figures of each row of a loop."""
    asked: defaultdict[tuple[str, str, Any, str], list[_Figure]] = defaultdict(list)
    for loop in [*facts.loops_of(READS), *_loops_over_sets(facts)]:
        if isinstance(loop.place, Place) and loop.place.own and (figure := _figure_of(loop)):
            asked[*function_of(loop.place), figure.owner, figure.key].append(figure)
    found = []
    for (*function, _, _), figures in asked.items():
        count = sum(group.count for figure in figures for group in figure.loop.groups)
        # Several figures of one table are the ORM's: annotate(Count(..., filter=...)).
        tables = {figure.loop.groups[0].model for figure in figures}
        if len(tables) > 1 and count >= context.advice.min_queries:
            has_rows = _reads_rows(facts, figures, function)
            found.append(_finding(function[1], figures, count, has_rows=has_rows))
    return found


def _reads_rows(facts: Facts, figures: list[_Figure], function: list[str]) -> bool:
    """Return whether the function reads the rows, once, for each of which it asks all figures."""
    label = figures[0].owner._meta.label  # noqa: SLF001
    asked = [sum(group.count for group in figure.loop.groups) for figure in figures]
    read = [
        rowset.rows
        for rowset in facts.recorder.rowsets
        if rowset.model == label
        and not rowset.is_adopted
        and not any(child.is_eager for child in rowset.children.values())
        and rowset.origin is not None
        and isinstance(rowset.origin.place, Place)
        and [*function_of(rowset.origin.place)] == function
    ]
    return len(read) == 1 and set(asked) == {read[0]}


def _loops_over_sets(facts: Facts) -> list[Loop]:
    """Return the figures of related sets, asked row by row: ``label.artists.count()``."""
    return [
        Loop(group.place, shape_of(group.query.sql), [group])
        for group in facts.recorder.ledger.groups.values()
        if group.is_set and group.varied and group.count > 1
    ]


def _figure_of(loop: Loop) -> _Figure | None:
    """Return the figure that a loop asks, None where nobody can say of which row it is one."""
    sql = " ".join(loop.groups[0].query.sql.split())
    places = list(PLACEHOLDER.finditer(sql))
    varied = sorted({number for group in loop.groups for number in group.varied})
    if not varied or varied[-1] >= len(places) or any(place[0] != "%s" for place in places):
        return None
    keys = {_key_before(sql[: places[number].start()]) for number in varied}
    key = keys.pop()
    if key is None or keys:
        return None
    owner, column = key
    for number in reversed(varied):
        sql = f'{sql[: places[number].start()]}one."{column}"{sql[places[number].end() :]}'
    matched = _FIGURE.match(sql)
    if matched is None:
        return None
    return _Figure(loop, owner, column, f"(SELECT {matched['figure']}{matched['rest']})")


def _key_before(sql: str) -> tuple[Any, str] | None:
    """Return the model and its column that the value after ``sql`` is a key of."""
    compared = _EQUAL.search(sql)
    if compared is None or (model := model_of_table(compared[1])) is None:
        return None
    for field in model._meta.concrete_fields:  # noqa: SLF001
        if field.column == compared[2]:
            if field.remote_field:
                return field.related_model, field.target_field.column
            return (model, field.column) if field.primary_key else None
    return None


def _finding(name: str, figures: list[_Figure], count: int, *, has_rows: bool) -> Found:
    """Return the finding; with the figures the one statement brings the rows that are looped over.

    That where ``has_rows`` tells that the function reads them itself.
    """
    count += has_rows
    loops = [figure.loop for figure in figures]
    groups = [group for loop in loops for group in loop.groups]
    function = name.rpartition(".")[2]
    evidence = f"{count:,} queries of {len(figures)} loops in {function}() become 1"
    return at_use(
        "advice",
        [loop.place for loop in loops],
        names=("named rows", *sorted(loop.shape for loop in loops)),
        relation=groups[0].model,
        count=count,
        duration=sum(group.seconds for group in groups),
        fix=f"{_call(figures, 'one.*' if has_rows else '')}  # {evidence}",
        saves=count - 1,
        asked=groups,
    )


def _call(figures: list[_Figure], rows: str) -> str:
    """Return the code of one statement with each figure as a column of the rows looped over.

    ``rows`` are the columns that stand before them, "" for the key alone.
    """
    owner, key = figures[0].owner, figures[0].key
    name = raw_manager_of(owner)
    made = "" if name else "rows = RawSQLManager(); "
    columns = [f"{one.sql} AS figure_{number}" for number, one in enumerate(figures, start=1)]
    # Shown and never run.
    rows = rows or f'one."{key}"'
    begin, end = f"SELECT {rows}, ", f' FROM "{owner._meta.db_table}" AS one'  # noqa: SLF001
    text = _plain(f"{begin}{', '.join(columns)}{end}")
    if len(text) > _MAX_CODE:
        text = _plain(f'{begin}...{end} GROUP BY one."{key}"')
    values = ", [...]" if PLACEHOLDER.search(text) else ""
    code = json.dumps(text, ensure_ascii=False)
    return f"{made}{owner._meta.object_name}.{name or 'rows'}.fetch({code}{values})"  # noqa: SLF001


def _plain(sql: str) -> str:
    """Return ``sql`` without the quotes of names that need none."""
    if all(_PLAIN.fullmatch(name) for name in _QUOTED.findall(sql)):
        return sql.replace('"', "")
    return sql
