"""Findings that are named by the line of their use: no queryset is to be changed for them."""

from collections.abc import Iterable, Sequence

from queryaudit.findings.base import KINDS, Finding, Found, make_id, within
from queryaudit.findings.edits import Edit
from queryaudit.findings.facts import Facts
from queryaudit.findings.locations import identify_use, locate_use
from queryaudit.recording.dynamoshapes import DynamoGroup
from queryaudit.recording.events import AnyPlace
from queryaudit.recording.fingerprint import shape_of
from queryaudit.recording.ledger import Group
from queryaudit.recording.rowsets import Outside, RelationLoad


def at_use(
    kind: str,
    places: Sequence[AnyPlace],
    *,
    names: tuple[str, ...],
    relation: str | None,
    count: int,
    duration: float,
    fix: str,
    saves: int | None,
    asked: Iterable[RelationLoad | Group | Outside | DynamoGroup] = (),
) -> Found:
    """Return a finding used at ``places``, the busiest first; ``names`` tell it from others there.

    The change belongs on the first line. ``asked`` are the facts that it is made of.
    """
    where = (*names, *identify_use(places[0]))
    uses = tuple(dict.fromkeys(map(locate_use, places)))
    asked = list(asked)
    finding = Finding(
        kind=kind,
        id=use_id(kind, names, places[0]),
        relation=relation,
        uses=uses,
        queryset_at=None,
        origin="",
        count=count,
        duration=duration,
        edit=Edit(id=make_id("FX", kind, *where), before=fix, at=uses[0], saves=saves),
    )
    return Found(finding, within(asked))


def use_id(kind: str, names: tuple[str, ...], place: AnyPlace) -> str:
    """Return the id of a finding of ``kind`` that is used at ``place``."""
    return make_id(KINDS[kind].prefix, kind, *names, *identify_use(place))


def candidate_ids(facts: Facts) -> set[str]:
    """Return the ids that findings of all statements without a relation would have."""
    ids = set()
    for group in facts.recorder.ledger.groups.values():
        shape, place = (shape_of(group.query.sql),), group.place
        ids |= {use_id("n_plus_one", shape, place), use_id("duplicate", shape, place)}
        ids.add(use_id("write_in_loop", (group.query.word, group.model or ""), place))
    calls = facts.recorder.dynamodb
    for call in calls.groups.values() if calls else ():
        if call.place is not None:
            ids |= {use_id(kind, (call.shape.text,), call.place) for kind in _OF_CALLS}
    return ids


_OF_CALLS = (
    "n_plus_one",
    "write_in_loop",
    "duplicate",
    "full_scan",
    "unbounded_query",
    "filter_waste",
)
