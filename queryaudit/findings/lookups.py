"""A look-up in a loop that follows no relation: one query for each value."""

from collections import defaultdict
from collections.abc import Iterator

from queryaudit.findings.base import KINDS, Context, Finding, make_id
from queryaudit.findings.edits import Edit
from queryaudit.findings.locations import identify_use, locate_use
from queryaudit.findings.variation import Variation, roles_of, variation_of
from queryaudit.recording.events import AnyPlace
from queryaudit.recording.fingerprint import shape_of
from queryaudit.recording.ledger import READS, Group
from queryaudit.recording.recorder import Recorder

_PREFIX = KINDS["n_plus_one"].prefix
Key = tuple[AnyPlace, str, str]


def looped_statements(
    recorder: Recorder, words: set[str], limit: int
) -> Iterator[tuple[AnyPlace, str, list[Group]]]:
    """Yield place, shape and groups of the statements that one caller asked again and again.

    ``words`` are the first words of the statements wanted.
    """
    groups: defaultdict[Key, list[Group]] = defaultdict(list)
    for group in recorder.ledger.groups.values():
        if group.query.word in words and not group.is_set:
            shape = shape_of(group.query.sql)
            groups[group.place, group.query.alias, shape].append(group)
    for (place, _, shape), found in groups.items():
        stacks: defaultdict[int, int] = defaultdict(int)
        for group in found:
            for stack, count in group.stacks.items():
                stacks[stack] += count
        if max(stacks.values()) >= limit and variation_of(found) is Variation.LOOP:
            yield place, shape, found


def find_lookups(recorder: Recorder, context: Context) -> list[Finding]:
    """Return one finding for each line that looks rows up one by one."""
    written = {
        group.place for group in recorder.ledger.groups.values() if group.query.word not in READS
    }
    return [
        _finding(place, shape, groups)
        for place, shape, groups in looped_statements(recorder, READS, context.limits.n_plus_one)
        if place not in written  # get_or_create() and its like are writes
    ]


def _finding(place: AnyPlace, shape: str, groups: list[Group]) -> Finding:
    first = groups[0]
    count = sum(group.count for group in groups)
    location = locate_use(place)
    where = (shape, *identify_use(place))
    return Finding(
        kind="n_plus_one",
        id=make_id(_PREFIX, "n_plus_one", *where),
        relation=first.model,
        uses=(location,),
        queryset_at=None,
        origin="",
        count=count,
        duration=sum(group.seconds for group in groups),
        edit=Edit(
            id=make_id("FX", "look-up", *where),
            before=_fix(first),
            at=location,
            # Rows read by their number: how they are read at once is the site's to say.
            saves=None if "OFFSET" in shape.upper() else count - 1,
        ),
    )


def _fix(group: Group) -> str:
    column = _column(group)
    if group.model is None:
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
