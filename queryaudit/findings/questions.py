"""What a loop asks one value at a time, put as one queryset for all the values."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from queryaudit.findings.models import (
    columns_of,
    key_columns,
    manager_of,
    reference_over,
    takes_column_lists,
)
from queryaudit.findings.narrowing import Narrowing, argument, narrowing_at
from queryaudit.findings.variation import roles_of
from queryaudit.recording.ledger import Group

_EQUALITY: Final = {"", "exact", "in"}

# Django's own look-ups: what may end the name of a condition.
_LOOKUPS: Final = {
    *("exact", "iexact", "contains", "icontains", "in", "gt", "gte", "lt", "lte", "startswith"),
    *("istartswith", "endswith", "iendswith", "range", "date", "year", "month", "day", "isnull"),
    *("regex", "iregex", "week", "hour", "minute"),
}

# What SQL compares by, as the look-ups of the ORM. LIKE has several.
_COMPARISONS: Final = {"<": "lt", "<=": "lte", ">": "gt", ">=": "gte", "BETWEEN": "range"}


@dataclass(slots=True)
class Question:
    """The conditions of the code that asks, parted by whether their values vary.

    ``varied`` are names and look-ups, empty where the code does not name them; ``kept``
    are further arguments as code, ``excluded`` the calls of exclude().
    """

    model: str
    manager: str
    asked: Narrowing | None
    varied: list[tuple[str, str]]
    kept: str = field(init=False)
    excluded: str = field(init=False)

    def __post_init__(self) -> None:
        self.kept, self.excluded = _kept(self.asked, self.varied)

    @property
    def listed(self) -> str:
        """The name that takes a list of all values, with ``__in``; nothing where none does."""
        if not self.varied or any(lookup not in _EQUALITY for _, lookup in self.varied):
            return ""
        names = [one for name, _ in self.varied for one in name.split(",")]
        if len(names) == 1:
            return names[0]
        columns = columns_of(self.model, names)
        if columns and set(columns) == set(key_columns(self.model)):
            return "pk"
        together = ",".join(names) if takes_column_lists(self.model) else ""
        return reference_over(self.model, columns) or together

    @property
    def is_of_key(self) -> bool:
        """Whether rows are asked by their whole key and by nothing else."""
        if self.kept or self.excluded:
            return False
        keys = key_columns(self.model)
        return self.listed == "pk" or [self.listed] == keys

    @property
    def rows(self) -> str:
        """The queryset of the rows for all values; nothing where the code names none."""
        if not self.varied:
            return ""
        if not self.listed:
            conditions = f"reduce(or_, (Q({self.each}) for ... in values))"
            return f"{self.manager}.filter({conditions}){self.excluded}"
        condition = argument(f"{self.listed}__in", "values")
        return f"{self.manager}.filter({condition}{self.kept}){self.excluded}"

    @property
    def each(self) -> str:
        """The conditions for one of the values: ``name__gt=..., owner=1``."""
        varied = [
            argument(f"{name}__{lookup}" if lookup else name, "...") for name, lookup in self.varied
        ]
        return ", ".join(varied) + self.kept


def question_of(groups: Sequence[Group], columns: list[str]) -> Question:
    """Return what statements of one shape and place ask; ``columns`` are those that vary."""
    group = groups[0]
    model = group.model or ""
    manager = manager_of(model)
    asked = narrowing_at(group.place)
    if asked is not None and ".select_for_update(" in asked.code:
        manager += ".select_for_update()"
    varied = _varied(asked, columns, key_columns(model)) or _compared(group)
    if varied and group.is_of_one:
        varied = [*_owners(group, columns, varied), *varied]
    return Question(model, manager, asked, varied)


def varied_columns(groups: Sequence[Group]) -> list[str]:
    """Return the columns whose values vary, in the order of the SQL."""
    roles = roles_of(groups[0].query.sql)
    numbers = sorted({number for group in groups for number in group.varied})
    columns = [roles[number][0] for number in numbers if number < len(roles)]
    return list(dict.fromkeys(filter(None, columns)))


def _varied(asked: Narrowing | None, columns: list[str], keys: list[str]) -> list[tuple[str, str]]:
    """Return the conditions of the code whose values vary: name and look-up."""
    if asked is None or not asked.is_known:
        return []
    conditions = [name for is_filter, names in asked.conditions if is_filter for name, _ in names]
    found = []
    for condition in conditions:
        name, _, lookup = condition.rpartition("__")
        if lookup not in _LOOKUPS or not name:
            name, lookup = condition, ""
        own: set[str] = set()
        for last in name.rpartition("__")[2].split(","):
            own |= set(keys) if last == "pk" else {last, f"{last}_id"}
        if not own.isdisjoint(columns):
            found.append((name, lookup))
    if not found and len(conditions) == 1:  # through a relation: the column has another name
        name, _, lookup = conditions[0].rpartition("__")
        found = [(name, lookup)] if lookup in _LOOKUPS and name else [(conditions[0], "")]
    return found


def _compared(group: Group) -> list[tuple[str, str]]:
    """Return the conditions of the SQL whose values vary, where some are no equality."""
    roles = roles_of(group.query.sql)
    varying = [roles[number] for number in sorted(group.varied) if number < len(roles)]
    known = {"=": "", **_COMPARISONS}
    own = set(columns_of(group.model or ""))
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
    keys = {column for column in columns_of(group.model or "") if column.endswith("_id")}
    return [
        (name, "") for name in columns if name in keys and name.removesuffix("_id") not in named
    ]


def _kept(asked: Narrowing | None, varied: list[tuple[str, str]]) -> tuple[str, str]:
    """Return the other conditions of the code: further arguments, and the calls that exclude."""
    names = {f"{name}__{lookup}" if lookup else name for name, lookup in varied}
    conditions = asked.conditions if asked else []
    kept = "".join(
        f", {argument(name, value)}"
        for is_filter, arguments in conditions
        for name, value in arguments
        if is_filter and name not in names
    )
    excluded = "".join(
        f".exclude({', '.join(argument(name, value) for name, value in arguments)})"
        for is_filter, arguments in conditions
        if not is_filter
    )
    return kept, excluded
