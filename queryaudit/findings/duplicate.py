"""The very same query again, nothing written to its tables in between."""

from queryaudit.findings.base import KINDS, Context, Finding, make_id
from queryaudit.findings.edits import Edit
from queryaudit.findings.locations import identify_use, locate_use
from queryaudit.findings.lookups import looped_statements
from queryaudit.recording.events import TemplatePlace
from queryaudit.recording.fingerprint import shape_of
from queryaudit.recording.ledger import READS, WRITES, Asked
from queryaudit.recording.recorder import Recorder

_PREFIX = KINDS["duplicate"].prefix


def find_duplicates(recorder: Recorder, context: Context) -> list[Finding]:
    """Return one finding for each query of the same values that was asked again."""
    looped = {
        group
        for _, _, groups in looped_statements(recorder, READS | WRITES, context.limits.n_plus_one)
        for group in groups
    }
    return [
        _finding(asked)
        for asked in recorder.ledger.repeated
        # A query belongs to its loop first: equal rows of it are no second finding.
        if not any(group in looped or (group.is_set and group.varied) for group in asked.places)
    ]


def _finding(asked: Asked) -> Finding:
    groups = sorted(asked.places, key=lambda group: -asked.places[group])
    first = groups[0]
    uses = tuple(dict.fromkeys(locate_use(group.place) for group in groups))
    where = (shape_of(asked.query.sql), *identify_use(first.place))
    seconds = sum(group.seconds / group.count * asked.places[group] for group in groups)
    return Finding(
        kind="duplicate",
        id=make_id(_PREFIX, "duplicate", *where),
        relation=first.model,
        uses=uses,
        queryset_at=None,
        origin="",
        count=asked.count,
        duration=seconds,
        edit=Edit(
            id=make_id("FX", "duplicate", *where),
            before=_fix(first.place),
            at=uses[0],
            saves=asked.count - 1,
        ),
    )


def _fix(place: object) -> str:
    if isinstance(place, TemplatePlace):
        return "{% with rows=... %} around the places that read it"
    return "keep the result in a variable or a cached_property"
