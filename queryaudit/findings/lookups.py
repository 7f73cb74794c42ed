"""A look-up in a loop that follows no relation: one query for each value."""

import re
from collections.abc import Sequence
from typing import Final

from queryaudit.findings.base import Context, Found
from queryaudit.findings.facts import Facts, Loop
from queryaudit.findings.models import is_async, manager_of, model_of
from queryaudit.findings.narrowing import Narrowing, narrowing_at
from queryaudit.findings.uses import at_use
from queryaudit.findings.variation import roles_of
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
    columns = _columns(loop.groups)
    if any(group.is_of_one for group in loop.groups) and len(columns) > 1:
        return False  # the owner of the set varies along with what is asked of it
    if any(_BELOW.search(group.query.sql) for group in loop.groups):
        return False
    return "OFFSET" not in loop.shape.upper() and len(columns) < 3


def _columns(groups: Sequence[Group]) -> list[str]:
    """Return the columns whose values vary, in the order of the SQL."""
    roles = roles_of(groups[0].query.sql)
    numbers = sorted({number for group in groups for number in group.varied})
    columns = [roles[number][0] for number in numbers if number < len(roles)]
    return list(dict.fromkeys(filter(None, columns)))


def _fix(groups: Sequence[Group]) -> str:  # noqa: PLR0911  # a table of answers
    group, columns = groups[0], _columns(groups)
    column = columns[0] if columns else ""
    if group.model is None or group.key is None or _BELOW.search(group.query.sql):
        is_figure = group.model is not None and _FIGURE.match(group.query.sql)
        end = f"GROUP BY {column}" if is_figure else f"WHERE {_listed(group, column)}"
        return f"one query for all values before the loop: {end}"
    if not columns:
        return "list(rows) once, before the loop"
    manager = manager_of(group.model)
    asked = narrowing_at(group.place)
    if asked is not None and ".select_for_update(" in asked.code:
        manager += ".select_for_update()"
    varied = _varied(asked, columns, group.key) or _compared(group)
    if varied and group.is_of_one:
        varied = [*_owners(group, columns, varied), *varied]
    if not varied:
        return _fix_unnamed(group, column, manager, asked)
    kept, excluded = _kept(asked, varied)
    if len(varied) == 1 and varied[0][1] in {"", "exact", "in"}:
        name = varied[0][0]
        is_plain = not (kept or excluded or _FIGURE.match(group.query.sql))
        if column == group.key and is_plain:
            return _bulk(group, manager)
        return _shaped(group, f"{manager}.filter({name}__in=values{kept}){excluded}", name)
    question = ", ".join(
        f"{name}__{lookup}=..." if lookup else f"{name}=..." for name, lookup in varied
    )
    if _FIGURE.match(group.query.sql):
        code = f"{_figure_of(group, asked)}, filter=Q({question}{kept}))"
        return f"{manager}{excluded}.aggregate(**{{key: {code} for key in keys}})"
    return f"{manager}.filter(reduce(or_, (Q({question}{kept}) for ... in values))){excluded}"


def _fix_unnamed(group: Group, column: str, manager: str, asked: Narrowing | None) -> str:
    """Return the fix where the code does not name what varies."""
    is_plain = asked is None or not (asked.conditions or ".filter(" in asked.code)
    if is_plain and column == group.key and not _FIGURE.match(group.query.sql):
        return _bulk(group, manager)
    others = ", ..." if asked is None or asked.conditions or not asked.is_known else ""
    name = column if column in _own_columns(group.model or "") else "..."
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


# Django's own look-ups: what may end the name of a condition.
_LOOKUPS: Final = {
    *("exact", "iexact", "contains", "icontains", "in", "gt", "gte", "lt", "lte", "startswith"),
    *("istartswith", "endswith", "iendswith", "range", "date", "year", "month", "day", "isnull"),
    *("regex", "iregex", "week", "hour", "minute"),
}


def _varied(asked: Narrowing | None, columns: list[str], key: str) -> list[tuple[str, str]]:
    """Return the conditions of the code whose values vary: name and look-up."""
    if asked is None or not asked.is_known:
        return []
    conditions = [name for is_filter, names in asked.conditions if is_filter for name, _ in names]
    found = []
    for condition in conditions:
        name, _, lookup = condition.rpartition("__")
        if lookup not in _LOOKUPS or not name:
            name, lookup = condition, ""
        last = name.rpartition("__")[2]
        own = {last, f"{last}_id", key if last == "pk" else last}
        if not own.isdisjoint(columns):
            found.append((name, lookup))
    if not found and len(conditions) == 1:  # through a relation: the column has another name
        name, _, lookup = conditions[0].rpartition("__")
        found = [(name, lookup)] if lookup in _LOOKUPS and name else [(conditions[0], "")]
    return found


# What SQL compares by, as the look-ups of the ORM. LIKE has several.
_COMPARISONS: Final = {"<": "lt", "<=": "lte", ">": "gt", ">=": "gte", "BETWEEN": "range"}


def _compared(group: Group) -> list[tuple[str, str]]:
    """Return the conditions of the SQL whose values vary, where some are no equality."""
    roles = roles_of(group.query.sql)
    varying = [roles[number] for number in sorted(group.varied) if number < len(roles)]
    known = {"=": "", **_COMPARISONS}
    own = _own_columns(group.model or "")
    if not any(role in _COMPARISONS for _, role in varying):
        return []
    if not all(column in own and role in known for column, role in varying):
        return []
    return list(dict.fromkeys((column, known[role]) for column, role in varying))


def _owners(
    group: Group, columns: list[str], varied: list[tuple[str, str]]
) -> list[tuple[str, str]]:
    """Return the keys of a set's owners, which the code does not name, where they vary."""
    named = {name.removesuffix("_id") for name, _ in varied}
    keys = {column for column in _own_columns(group.model or "") if column.endswith("_id")}
    return [
        (name, "") for name in columns if name in keys and name.removesuffix("_id") not in named
    ]


def _kept(asked: Narrowing | None, varied: list[tuple[str, str]]) -> tuple[str, str]:
    """Return the other conditions of the code: further arguments, and the calls that exclude."""
    names = {f"{name}__{lookup}" if lookup else name for name, lookup in varied}
    conditions = asked.conditions if asked else []
    kept = "".join(
        f", {name}={value}"
        for is_filter, arguments in conditions
        for name, value in arguments
        if is_filter and name not in names
    )
    excluded = "".join(
        f".exclude({', '.join(f'{name}={value}' for name, value in arguments)})"
        for is_filter, arguments in conditions
        if not is_filter
    )
    return kept, excluded


def _shaped(group: Group, rows: str, name: str) -> str:
    """Return ``rows`` asked as the statement asks: for rows, existence, a count or a figure."""
    figure = _FIGURE.match(group.query.sql)
    if figure is None:
        return rows
    if figure[1] in {"1", "%s"}:  # exists()
        return f'set({rows}.values_list("{name}", flat=True))'
    return f'{rows}.values("{name}").annotate(figure={figure[1].title()}(...))'


def _own_columns(label: str) -> set[str]:
    model = model_of(label)
    return set() if model is None else {field.column for field in model._meta.concrete_fields}  # noqa: SLF001
