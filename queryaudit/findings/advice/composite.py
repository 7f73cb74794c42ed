"""Keys of several columns: look-ups of pairs one by one, and new rows that try an UPDATE first."""

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from queryaudit.findings.base import Context, Found
from queryaudit.findings.facts import Facts
from queryaudit.findings.models import (
    columns_of,
    is_async,
    key_columns,
    manager_of,
    model_of,
    takes_column_lists,
)
from queryaudit.findings.questions import question_of, varied_columns
from queryaudit.findings.uses import at_use
from queryaudit.findings.variation import roles_of
from queryaudit.recording.events import AnyPlace
from queryaudit.recording.ledger import READS, Group


def find_column_loops(facts: Facts, context: Context) -> list[Found]:
    """Return one finding for each loop that looks rows up by several columns at once."""
    found = []
    for loop in facts.loops_of(READS):
        group = loop.groups[0]
        label, columns = group.model or "", varied_columns(loop.groups)
        count = sum(one.count for one in loop.groups)
        if (
            len(columns) < 2
            or count < context.advice.min_queries
            or group.key is None
            or group.is_set
            or takes_column_lists(label)
            or set(columns) == set(key_columns(label))
            or not set(columns) <= set(columns_of(label))
            or question_of(loop.groups, columns).listed
            or not _compares_equal(loop.groups)
        ):
            continue
        names = ",".join(_names(label, columns))
        fix = (
            f'objects = CompositeKeyManager(); {manager_of(label)}.filter(**{{"{names}__in": '
            f"values}})  # {count:,} look-ups by {len(columns)} columns become 1"
        )
        found.append(
            at_use(
                "advice",
                (loop.place,),
                names=("composite look-up", loop.shape),
                relation=label,
                count=count,
                duration=sum(one.seconds for one in loop.groups),
                fix=fix,
                saves=0,
                asked=loop.groups,
            )
        )
    return found


def _compares_equal(groups: Sequence[Group]) -> bool:
    """Return whether rows are asked for, and all that varies is compared by ``=``."""
    sql = groups[0].query.sql
    roles = roles_of(sql)
    varied = {number for group in groups for number in group.varied}
    is_figure = re.match(r"SELECT (?:COUNT|SUM|AVG|MIN|MAX)\(", sql, re.IGNORECASE)
    return not is_figure and all(n < len(roles) and roles[n][1] == "=" for n in varied)


def find_tried_updates(facts: Facts, context: Context) -> list[Found]:
    """Return one finding for each line whose save() tries an UPDATE for each new row.

    A key of several columns is there before the row is: Django cannot tell that it is new.
    """
    written: defaultdict[tuple[AnyPlace, str], dict[str, Group]] = defaultdict(dict)
    for group in facts.recorder.ledger.groups.values():
        if group.model is not None and len(key_columns(group.model)) > 1:
            written[group.place, group.model][group.query.word] = group
    found = []
    for (place, label), groups in written.items():
        update, insert = groups.get("UPDATE"), groups.get("INSERT")
        if (
            update is None
            or insert is None
            or update.count != insert.count
            or insert.count < context.advice.min_queries
        ):
            continue
        a = "a" if is_async(place) else ""
        fix = (
            f"{manager_of(label)}.{a}create(...), or {_base(model_of(label))}"
            f"  # {update.count:,} UPDATEs that found no row"
        )
        found.append(
            at_use(
                "advice",
                (place,),
                names=("tried updates", label),
                relation=label,
                count=update.count,
                duration=update.seconds,
                fix=fix,
                saves=0,
                asked=(update,),
            )
        )
    return found


def _base(model: Any) -> str:
    return f"class {model._meta.object_name}(CompositeKeyModel), which knows"  # noqa: SLF001


def _names(label: str, columns: list[str]) -> list[str]:
    model: Any = model_of(label)
    fields = {field.column: field.name for field in model._meta.concrete_fields}  # noqa: SLF001
    return [fields[column] for column in columns]
