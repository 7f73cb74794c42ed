"""The very same query again, nothing written to its tables in between."""

from queryaudit.findings.base import Context, Found
from queryaudit.findings.facts import Facts
from queryaudit.findings.uses import at_use
from queryaudit.recording.events import TemplatePlace
from queryaudit.recording.fingerprint import shape_of
from queryaudit.recording.ledger import Asked


def find_duplicates(facts: Facts, context: Context) -> list[Found]:  # noqa: ARG001
    """Return one finding for each query of the same values that was asked again."""
    looped = {group for loop in facts.loops for group in loop.groups}
    return [
        _finding(asked)
        for asked in facts.recorder.ledger.repeated
        # A query belongs to its loop first: equal rows of it are no second finding.
        if not any(group in looped or (group.is_set and group.varied) for group in asked.places)
    ]


def _finding(asked: Asked) -> Found:
    groups = sorted(asked.places, key=lambda group: -asked.places[group])
    first = groups[0]
    return at_use(
        "duplicate",
        [group.place for group in groups],
        names=(shape_of(asked.query.sql),),
        relation=first.model,
        count=asked.count,
        duration=sum(group.seconds / group.count * asked.places[group] for group in groups),
        fix=_fix(first.place),
        saves=asked.count - 1,
        asked=groups,
    )


def _fix(place: object) -> str:
    if isinstance(place, TemplatePlace):
        return "{% with rows=... %} around the places that read it"
    return "keep the result in a variable or a cached_property"
