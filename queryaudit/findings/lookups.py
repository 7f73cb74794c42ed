"""A look-up in a loop that follows no relation: one query for each value."""

import re
from collections.abc import Sequence
from typing import Final

from queryaudit.findings.base import Context, Found
from queryaudit.findings.facts import Facts, Loop
from queryaudit.findings.models import columns_of, is_async, key_columns
from queryaudit.findings.narrowing import Narrowing, narrowing_at
from queryaudit.findings.questions import Question, question_of, varied_columns
from queryaudit.findings.uses import at_use
from queryaudit.recording.ledger import READS, Group


def find_lookups(facts: Facts, context: Context) -> list[Found]:  # noqa: ARG001
    """Return one finding for each line that looks rows up one by one."""
    written = facts.written
    return [
        _finding(loop)
        for loop in facts.loops_of(READS)
        # get_or_create() and its like are writes; sets of rows are the relation's.
        if loop.place not in written
        and loop.place not in facts.looped_relations
        # Django keeps them for the process.
        and loop.groups[0].model != "contenttypes.ContentType"
    ]


def _finding(loop: Loop) -> Found:
    first = loop.groups[0]
    count = sum(group.count for group in loop.groups)
    return at_use(
        "n_plus_one",
        (loop.place,),
        names=(loop.shape,),
        relation=first.model,
        count=count,
        duration=sum(group.seconds for group in loop.groups),
        fix=_fix(loop.groups),
        saves=count - 1 if _is_one_query(loop) else None,
        asked=loop.groups,
    )


def _is_one_query(loop: Loop) -> bool:
    """Return whether one query answers all: rows that are read by their number are not.

    Nor is what the values leave out.
    """
    asked = narrowing_at(loop.place)
    filters = [names for is_filter, names in asked.conditions if is_filter] if asked else [[]]
    if asked is not None and asked.conditions and not any(filters):
        return False
    columns = varied_columns(loop.groups)
    if any(group.is_of_one for group in loop.groups) and len(columns) > 1:
        return False  # the owner of the set varies along with what is asked of it
    if any(_BELOW.search(group.query.sql) for group in loop.groups):
        return False
    if "OFFSET" in loop.shape.upper():
        return False
    return len(columns) < 3 or bool(question_of(loop.groups, columns).listed)


def _fix(groups: Sequence[Group]) -> str:  # noqa: PLR0911  # a table of answers
    group, columns = groups[0], varied_columns(groups)
    column = columns[0] if columns else ""
    if group.model is None or group.key is None or _BELOW.search(group.query.sql):
        is_figure = group.model is not None and _FIGURE.match(group.query.sql)
        end = f"GROUP BY {column}" if is_figure else f"WHERE {_listed(group, column)}"
        return f"one query for all values before the loop: {end}"
    if not columns:
        return "list(rows) once, before the loop"
    question = question_of(groups, columns)
    if not question.varied:
        return _fix_unnamed(group, column, question)
    if question.is_of_key and not _FIGURE.match(group.query.sql):
        return _bulk(group, question.manager)
    if question.listed:
        return _shaped(group, question.rows, question.listed)
    if _FIGURE.match(group.query.sql):
        code = f"{_figure_of(group, question.asked)}, filter=Q({question.each}))"
        return f"{question.manager}{question.excluded}.aggregate(**{{key: {code} for key in keys}})"
    return question.rows


def _fix_unnamed(group: Group, column: str, question: Question) -> str:
    """Return the fix where the code does not name what varies."""
    asked, manager = question.asked, question.manager
    is_plain = asked is None or not (asked.conditions or ".filter(" in asked.code)
    if is_plain and [column] == key_columns(question.model) and not _FIGURE.match(group.query.sql):
        return _bulk(group, manager)
    others = ", ..." if asked is None or asked.conditions or not asked.is_known else ""
    name = column if column in columns_of(question.model) else "..."
    return _shaped(group, f"{manager}.filter({name}__in=values{others})", name)


def _listed(group: Group, column: str) -> str:
    """Return the condition that asks for many values in SQL by hand."""
    if group.query.takes_lists:
        return f"{column or '...'} IN %({column or 'value'}s)s, with a list as parameter"
    return f"{column or '...'} IN (...)"


def _bulk(group: Group, manager: str) -> str:
    return f"{manager}.{'ain_bulk' if is_async(group.place) else 'in_bulk'}(keys)"


_FIGURE: Final = re.compile(r"SELECT (1|%s|COUNT|SUM|AVG|MIN|MAX)(?: AS |\()")
# The values are compared in a subquery, such as filter(artist__in=label.artists.all()).
_BELOW: Final = re.compile(r"\bIN \(SELECT\b", re.IGNORECASE)


def _figure_of(group: Group, asked: Narrowing | None) -> str:
    """Return the beginning of the aggregate that the statement asks for: ``Sum("price"``."""
    if asked is not None and asked.aggregates:
        _, function, column = asked.aggregates[0]
        return f'{function}("{column}"'
    word = _FIGURE.match(group.query.sql)
    name = word[1].title() if word is not None and word[1] in {"SUM", "AVG", "MIN", "MAX"} else ""
    return f'{name}("..."' if name else 'Count("pk"'


def _shaped(group: Group, rows: str, name: str) -> str:
    """Return ``rows`` asked as the statement asks: for rows, existence, a count or a figure."""
    figure = _FIGURE.match(group.query.sql)
    if figure is None:
        return rows
    names = ", ".join(f'"{one}"' for one in name.split(","))
    if figure[1] in {"1", "%s"}:  # exists()
        return f"set({rows}.values_list({names}{'' if ',' in name else ', flat=True'}))"
    return f"{rows}.values({names}).annotate(figure={figure[1].title()}(...))"
