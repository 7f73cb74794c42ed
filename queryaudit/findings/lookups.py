"""A look-up in a loop that follows no relation: one query for each value."""

from queryaudit.findings.base import Context, Found
from queryaudit.findings.facts import Facts, Loop
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
        if loop.place not in written  # get_or_create() and its like are writes
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
        # Rows read by their number: how they are read at once is the site's to say.
        saves=None if "OFFSET" in loop.shape.upper() else count - 1,
        asked=loop.groups,
    )


def _fix(group: Group) -> str:
    column = _column(group)
    if group.model is None or group.key is None:
        return f"one query for all values before the loop: WHERE {column or '...'} IN (...)"
    model = group.model.rpartition(".")[2]
    if not column or column == group.key:
        return f"{model}.objects.in_bulk(keys)"
    return f"{model}.objects.filter({column}__in=values)"


def _column(group: Group) -> str:
    """Return the column whose value varies; "" where it is none."""
    roles = roles_of(group.query.sql)
    for number in sorted(group.varied):
        if number < len(roles) and roles[number][0]:
            return roles[number][0]
    return ""
