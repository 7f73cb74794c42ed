"""Figures that one function gathers by several loops: one statement brings them as named rows."""

import re
from collections import defaultdict
from typing import Any, Final

from queryaudit.findings.base import Context, Found
from queryaudit.findings.facts import Facts, Loop
from queryaudit.findings.locations import function_of
from queryaudit.findings.models import model_of
from queryaudit.findings.questions import varied_columns
from queryaudit.findings.uses import at_use
from queryaudit.recording.events import Place
from queryaudit.recording.fingerprint import shape_of
from queryaudit.recording.ledger import READS

_FIGURE: Final = re.compile(
    r"SELECT (?P<figure>(?:COUNT|SUM|AVG|MIN|MAX|COALESCE)\(.*?\))(?: AS [\"`\w]+)?"
    r"(?P<rest> FROM .+)",
    re.IGNORECASE | re.DOTALL,
)
_MAX_CODE: Final = 600  # characters


def find_figures(facts: Facts, context: Context) -> list[Found]:
    """Return one finding for each function that asks several figures of each row of a loop."""
    functions: defaultdict[tuple[str, str], list[Loop]] = defaultdict(list)
    for loop in [*facts.loops_of(READS), *_loops_over_sets(facts)]:
        if isinstance(loop.place, Place) and loop.place.own:
            functions[function_of(loop.place)].append(loop)
    found = []
    for (_, name), loops in functions.items():
        figures = [loop for loop in loops if _FIGURE.match(_sql(loop))]
        count = sum(group.count for loop in figures for group in loop.groups)
        # Several figures of one table are the ORM's: annotate(Count(..., filter=...)).
        tables = {loop.groups[0].model for loop in figures}
        if len(tables) > 1 and count >= context.advice.min_queries:
            found.append(_finding(name, figures, count))
    return found


def _loops_over_sets(facts: Facts) -> list[Loop]:
    """Return the figures of related sets, asked row by row: ``label.artists.count()``."""
    return [
        Loop(group.place, shape_of(group.query.sql), [group])
        for group in facts.recorder.ledger.groups.values()
        if group.is_set and group.varied and group.count > 1
    ]


def _finding(name: str, figures: list[Loop], count: int) -> Found:
    groups = [group for loop in figures for group in loop.groups]
    first = figures[0].groups[0]
    owner = next(filter(None, map(_owner, figures)), None)
    manager = "rawsql" if owner is None else f"{owner._meta.object_name}.rows"  # noqa: SLF001
    function = name.rpartition(".")[2]
    evidence = f"{count:,} queries of {len(figures)} loops in {function}() become 1"
    return at_use(
        "advice",
        [loop.place for loop in figures],
        names=("named rows", *sorted(loop.shape for loop in figures)),
        relation=first.model,
        count=count,
        duration=sum(group.seconds for group in groups),
        fix=f'{manager}.fetch("{_statement(figures, owner)}")  # {evidence}',
        saves=0,
        asked=groups,
    )


def _statement(figures: list[Loop], owner: Any) -> str:
    """Return one statement with each figure as a column, for the rows that are looped over."""
    table = "..." if owner is None else owner._meta.db_table  # noqa: SLF001
    key = "..." if owner is None else owner._meta.pk.column  # noqa: SLF001
    columns = [f"one.{key}"]
    for number, loop in enumerate(figures, start=1):
        sql = " ".join(_sql(loop).split())
        matched = _FIGURE.match(sql)
        assert matched is not None  # noqa: S101  # it was chosen by this
        rest = re.sub(r"=\s*(%s|\?|\$\d+)", f"= one.{key}", matched["rest"], count=1)
        columns.append(f"(SELECT {matched['figure']}{rest}) AS figure_{number}")
    # Shown and never run.
    text = f"SELECT {', '.join(columns)} FROM {table} AS one".replace('"', "")  # noqa: S608
    if len(text) > _MAX_CODE:
        text = f"SELECT one.{key}, ... FROM {table} AS one GROUP BY one.{key}"  # noqa: S608
    return text


def _owner(loop: Loop) -> Any:
    """Return the model whose key the figure is asked by."""
    columns = varied_columns(loop.groups)
    model = model_of(loop.groups[0].model or "")
    if model is None or len(columns) != 1:
        return None
    for field in model._meta.concrete_fields:  # noqa: SLF001
        if field.column == columns[0]:
            return field.related_model if field.remote_field else None
    return None


def _sql(loop: Loop) -> str:
    return loop.groups[0].query.sql
