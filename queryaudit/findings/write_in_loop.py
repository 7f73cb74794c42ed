"""Rows written one by one where one statement writes them all.

All writes of one own line are one finding, named by the last model written: a child
table, the end of a cascade. Look-ups of the same line belong to it.
"""

from collections import defaultdict

from queryaudit.findings.base import KINDS, Context, Finding, make_id
from queryaudit.findings.edits import Edit
from queryaudit.findings.locations import identify_use, locate_use
from queryaudit.findings.lookups import looped_statements
from queryaudit.findings.variation import roles_of
from queryaudit.recording.events import AnyPlace
from queryaudit.recording.ledger import READS, WRITES, Group
from queryaudit.recording.recorder import Recorder

_PREFIX = KINDS["write_in_loop"].prefix


def find_writes(recorder: Recorder, context: Context) -> list[Finding]:
    """Return one finding for each line that writes rows one by one."""
    at_place: defaultdict[AnyPlace, list[Group]] = defaultdict(list)
    for group in recorder.ledger.groups.values():
        at_place[group.place].append(group)
    written: defaultdict[AnyPlace, list[Group]] = defaultdict(list)
    for place, _, groups in looped_statements(recorder, WRITES, context.limits.n_plus_one):
        written[place] += groups
    return [_finding(place, groups, at_place[place]) for place, groups in written.items()]


def _finding(place: AnyPlace, groups: list[Group], around: list[Group]) -> Finding:
    """Return the finding of the writes ``groups``; ``around`` is all that the line asks."""
    last = groups[-1]
    asked = [group for group in around if group.query.word in READS]
    count = sum(group.count for group in (*groups, *asked))
    location = locate_use(place)
    where = (last.query.word, last.model or "", *identify_use(place))
    return Finding(
        kind="write_in_loop",
        id=make_id(_PREFIX, "write_in_loop", *where),
        relation=last.model,
        uses=(location,),
        queryset_at=None,
        origin="",
        count=count,
        duration=sum(group.seconds for group in groups),
        edit=Edit(
            id=make_id("FX", "write", *where),
            before=_fix(last, {group.query.word for group in around}),
            at=location,
            # In batches, with related tables: how many are left differs by database.
            saves=None,
        ),
    )


def _fix(group: Group, words: set[str]) -> str:
    """Return the code that writes all rows; ``words`` are those of all statements there."""
    if group.model is None:
        return "cursor.executemany(sql, rows)"
    manager = f"{group.model.rpartition('.')[2]}.objects"
    if {"INSERT", "UPDATE"} <= words:
        return f"{manager}.bulk_create(rows, update_conflicts=True, ...)"
    if group.query.word == "INSERT":
        return f"{manager}.bulk_create(rows)"
    if group.query.word == "DELETE":
        return f"{manager}.filter(pk__in=keys).delete()"
    roles = roles_of(group.query.sql)
    varies = {roles[number][1] for number in group.varied if number < len(roles)}
    if "SET" in varies:
        return f"{manager}.bulk_update(rows, fields)"
    return f"{manager}.filter(pk__in=keys).update(...)"
