"""Queries that are asked while no module of the allowed layer is on the stack."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from queryaudit.findings.base import Context, Found
from queryaudit.findings.facts import Facts
from queryaudit.findings.layering import layer_of
from queryaudit.findings.locations import locate_queryset
from queryaudit.findings.uses import at_use
from queryaudit.recording.events import AnyPlace
from queryaudit.recording.rowsets import Outside


def find_outside_layers(facts: Facts, context: Context) -> list[Found]:
    """Return one finding for each line and relation that asks outside the layer."""
    recorder = facts.recorder
    if recorder.layers is None:
        return []
    grouped: defaultdict[tuple[AnyPlace, str | None], list[Outside]] = defaultdict(list)
    for outside in recorder.layers.outside.values():
        grouped[outside.place, outside.relation].append(outside)
    if not recorder.layers.allowed:
        return []  # the layers are counted, and none is forbidden to ask
    names = context.layers
    return [_finding(found, recorder.layers.allowed, names) for found in grouped.values()]


def _finding(
    found: list[Outside], allowed: tuple[str, ...], names: Mapping[str, Sequence[str]]
) -> Found:
    first = found[0]
    built = next((outside.built_at for outside in found if outside.built_at is not None), None)
    layer = " or ".join(allowed)
    result = at_use(
        "outside_layer",
        (first.place,),
        names=(first.relation or "",),
        relation=first.relation,
        count=sum(outside.count for outside in found),
        duration=sum(outside.seconds for outside in found),
        fix=f"ask in {layer}, not in the {layer_of(first.place, names)}"
        if built is None
        else f"leaves {layer} lazily: read it there, list(...) with all its relations",
        saves=0,
        asked=found,
    )
    if built is None:
        return result
    return result.at_queryset(locate_queryset(built), "leaves lazily")
