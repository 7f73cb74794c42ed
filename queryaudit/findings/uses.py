"""Findings that are named by the line of their use: no queryset is to be changed for them."""

from collections.abc import Sequence

from queryaudit.findings.base import KINDS, Finding, make_id
from queryaudit.findings.edits import Edit
from queryaudit.findings.locations import identify_use, locate_use
from queryaudit.recording.events import AnyPlace


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
) -> Finding:
    """Return a finding used at ``places``, the busiest first; ``names`` tell it from others there.

    The change belongs on the first line.
    """
    where = (*names, *identify_use(places[0]))
    uses = tuple(dict.fromkeys(map(locate_use, places)))
    return Finding(
        kind=kind,
        id=make_id(KINDS[kind].prefix, kind, *where),
        relation=relation,
        uses=uses,
        queryset_at=None,
        origin="",
        count=count,
        duration=duration,
        edit=Edit(id=make_id("FX", kind, *where), before=fix, at=uses[0], saves=saves),
    )
