"""A prefetch whose list of keys nears what the database takes: a join needs no list."""

from collections import Counter

from queryaudit.findings.base import KINDS, Context, Finding, Found, make_id
from queryaudit.findings.edits import Edit
from queryaudit.findings.facts import Facts
from queryaudit.findings.locations import identify_queryset, locate_queryset
from queryaudit.recording.rowsets import Kind, LongPrefetch, Step


def find_long_prefetches(facts: Facts, context: Context) -> list[Found]:  # noqa: ARG001
    """Return one finding for each prefetch whose list of keys nears what the database takes."""
    longest: dict[int, LongPrefetch] = {}
    for found in facts.recorder.long_prefetches:
        known = longest.get(id(found.rows))
        if known is None or known.keys < found.keys:
            longest[id(found.rows)] = found
    return [made for found in longest.values() if (made := _long_prefetch(found)) is not None]


def _long_prefetch(found: LongPrefetch) -> Found | None:
    rows = found.rows
    place = None if rows.origin is None else rows.origin.place
    if place is None:
        return None  # rows that no audit saw being read
    location, where = locate_queryset(place), identify_queryset(place)
    name = "__".join(step.name for step in rows.steps)
    evidence = f"{found.keys:,} keys; SQLite takes some {found.most:,} with this Django"
    finding = Finding(
        kind="advice",
        id=make_id(KINDS["advice"].prefix, "long prefetch", rows.model, name, *where),
        relation=rows.steps[-1].relation,
        uses=(location,),
        queryset_at=location,
        origin="" if place.own else "package",
        count=max(1, rows.batches),
        duration=rows.seconds,
        edit=Edit(
            id=make_id("FX", "long prefetch", name, *where),
            before=f"{_fix(rows.steps)}  # {evidence}",
            at=location if location.own else None,
            saves=0,
        ),
    )
    return Found(finding, Counter([rows.root.within]))


def _fix(steps: tuple[Step, ...]) -> str:
    """Return the join that needs no list of keys."""
    sets = [number for number, step in enumerate(steps) if step.kind is not Kind.ONE]
    joined = steps[sets[-1] + 1 :] if sets else steps
    join = f'select_related("{"__".join(step.query_name for step in joined)}")'
    if not sets:
        return f'{join} in place of prefetch_related("{"__".join(step.name for step in steps)}")'
    before = "__".join(step.name for step in steps[: sets[-1] + 1])
    rows = f"{steps[sets[-1]].model or '...'}.objects.{join}"
    return f'prefetch_related(Prefetch("{before}", queryset={rows}))'
