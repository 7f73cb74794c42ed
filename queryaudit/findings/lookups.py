"""A look-up in a loop that follows no relation: one query for each value."""

import re
from typing import Final

from queryaudit.findings.base import Context, Found
from queryaudit.findings.facts import Facts, Loop
from queryaudit.findings.narrowing import keywords_at
from queryaudit.findings.uses import at_use
from queryaudit.findings.variation import roles_of
from queryaudit.recording.ledger import READS, Group


def find_lookups(facts: Facts, context: Context) -> list[Found]:  # noqa: ARG001
    """Return one finding for each line that looks rows up one by one."""
    written = {
        group.place
        for group in facts.recorder.ledger.groups.values()
        if group.query.word not in READS
    }
    return [
        _finding(loop)
        for loop in facts.loops_of(READS)
        # get_or_create() and its like are writes; sets of rows are the relation's.
        if loop.place not in written and loop.place not in facts.looped_relations
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
        fix=_fix(first),
        saves=count - 1 if _is_one_query(loop) else None,
        asked=loop.groups,
    )


def _is_one_query(loop: Loop) -> bool:
    """Return whether one query answers all: one column varies, and rows are not numbered."""
    if "OFFSET" in loop.shape.upper():
        return False
    roles = roles_of(loop.groups[0].query.sql)
    columns = {roles[n][0] for group in loop.groups for n in group.varied if n < len(roles)}
    return len(columns) < 2


def _fix(group: Group) -> str:
    column = _column(group)
    if group.model is None or group.key is None:
        return f"one query for all values before the loop: WHERE {column or '...'} IN (...)"
    model = group.model.rpartition(".")[2]
    if column == group.key and not _FIGURE.match(group.query.sql):
        return f"{model}.objects.in_bulk(keys)"
    name = _lookup_name(group, column)
    rows = f"{model}.objects.filter({name}__in=values)"
    figure = _FIGURE.match(group.query.sql)
    if figure is None:
        return rows
    if figure[1] in {"1", "%s"}:  # exists()
        return f'set({rows}.values_list("{name}", flat=True))'
    return f'{rows}.values("{name}").annotate(figure={figure[1].title()}(...))'


_FIGURE: Final = re.compile(r"SELECT (1|%s|COUNT|SUM|AVG|MIN|MAX)(?: AS |\()")


def _lookup_name(group: Group, column: str) -> str:
    """Return the column as the code names it, which may be a path over relations."""
    names = keywords_at(group.place)
    exact = [name for name in names if name in {column, column.removesuffix("_id")}]
    below = [name for name in names if "__" in name]
    return next(iter(exact or below or names), column or "...").removesuffix("__exact")


def _column(group: Group) -> str:
    """Return the column whose value varies; "" where it is none."""
    roles = roles_of(group.query.sql)
    for number in sorted(group.varied):
        if number < len(roles) and roles[number][0]:
            return roles[number][0]
    return ""
