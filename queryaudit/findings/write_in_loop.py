"""Rows written one by one where one statement writes them all.

All writes of one own line are one finding, named by the last model written: a child
table, the end of a cascade. Look-ups of the same line belong to it.
"""

from collections import defaultdict

from queryaudit.findings.base import Context, Found
from queryaudit.findings.facts import Facts
from queryaudit.findings.models import is_async, manager_of
from queryaudit.findings.uses import at_use
from queryaudit.findings.variation import roles_of
from queryaudit.recording.events import AnyPlace
from queryaudit.recording.ledger import READS, WRITES, Group


def find_writes(facts: Facts, context: Context) -> list[Found]:  # noqa: ARG001
    """Return one finding for each line that writes rows one by one."""
    at_place: defaultdict[AnyPlace, list[Group]] = defaultdict(list)
    for group in facts.recorder.ledger.groups.values():
        at_place[group.place].append(group)
    written: defaultdict[AnyPlace, list[Group]] = defaultdict(list)
    for loop in facts.loops_of(WRITES):
        written[loop.place] += loop.groups
    return [_finding(place, groups, at_place[place]) for place, groups in written.items()]


def _finding(place: AnyPlace, groups: list[Group], around: list[Group]) -> Found:
    """Return the finding of the writes ``groups``; ``around`` is all that the line asks."""
    last = groups[-1]
    asked = [group for group in around if group.query.word in READS]
    return at_use(
        "write_in_loop",
        (place,),
        names=(last.query.word, last.model or ""),
        relation=last.model,
        count=sum(group.count for group in (*groups, *asked)),
        duration=sum(group.seconds for group in groups),
        fix=_fix(last, {group.query.word for group in around}),
        # In batches, with related tables: how many are left differs by database.
        saves=None,
        asked=groups,
    )


def _fix(group: Group, words: set[str]) -> str:
    """Return the code that writes all rows; ``words`` are those of all statements there."""
    if group.model is None or group.key is None:
        return "cursor.executemany(sql, rows)"
    manager = manager_of(group.model)
    a = "a" if is_async(group.place) else ""
    if {"INSERT", "UPDATE"} <= words:
        return f"{manager}.{a}bulk_create(rows, update_conflicts=True, ...)"
    if group.query.word == "INSERT":
        return f"{manager}.{a}bulk_create(rows)"
    roles = roles_of(group.query.sql)
    varies = {roles[number] for number in group.varied if number < len(roles)}
    if group.query.word == "DELETE":
        columns = [column for column, _ in varies if column]
        name = "pk" if group.key in columns or not columns else columns[0]
        return f"{manager}.filter({name}__in=keys).{a}delete()"
    if "SET" in {role for _, role in varies}:
        return f"{manager}.{a}bulk_update(rows, fields)"
    return f"{manager}.filter(pk__in=keys).{a}update(...)"
