"""The very same query again, nothing written to its tables in between."""

from collections import defaultdict
from inspect import CO_COROUTINE, CO_GENERATOR, CO_VARARGS, CO_VARKEYWORDS

from queryaudit.findings.base import Context, Found
from queryaudit.findings.facts import Facts
from queryaudit.findings.uses import at_use
from queryaudit.recording.events import AnyPlace, DeclaredPlace, Place, TemplatePlace
from queryaudit.recording.fingerprint import shape_of
from queryaudit.recording.ledger import Asked, Group


def find_duplicates(facts: Facts, context: Context) -> list[Found]:  # noqa: ARG001
    """Return one finding for each query of the same values that was asked again."""
    looped = {group for loop in facts.loops for group in loop.groups}
    repeated: defaultdict[tuple[str, AnyPlace], list[Asked]] = defaultdict(list)
    for asked in facts.recorder.ledger.repeated:
        # A query belongs to its loop first: equal rows of it are no second finding.
        if not any(group in looped or (group.is_set and group.varied) for group in asked.places):
            busiest = max(asked.places, key=lambda group: asked.places[group])
            repeated[shape_of(asked.query.sql), busiest.place].append(asked)
    # Keeping such rows keeps what was loaded for them, too: more is saved than is counted.
    followed = {
        root.origin.place
        for root in facts.recorder.rowsets
        if root.origin and any(child.loads for child in root.children.values())
    }
    return [_finding(shape, found, followed) for (shape, _), found in repeated.items()]


def _finding(shape: str, repeated: list[Asked], followed: set[AnyPlace | None]) -> Found:
    """Return the finding of one line that repeats one or several questions of one shape."""
    counts: defaultdict[Group, int] = defaultdict(int)
    for asked in repeated:
        for group, count in asked.places.items():
            counts[group] += count
    groups = sorted(counts, key=lambda group: -counts[group])
    first = groups[0]
    can_promise = followed.isdisjoint(group.place for group in groups)
    return at_use(
        "duplicate",
        [group.place for group in groups],
        names=(shape,),
        relation=first.model,
        count=sum(asked.count for asked in repeated),
        duration=sum(group.seconds / group.count * counts[group] for group in groups),
        fix=_fix(first),
        saves=sum(asked.count - 1 for asked in repeated) if can_promise else None,
        asked=groups,
    )


def _fix(group: Group) -> str:
    if group.is_choices:
        field = group.place.detail if isinstance(group.place, DeclaredPlace) else "..."
        return f'share the choices: choices = list(form.fields["{field}"].choices) for all forms'
    if isinstance(group.place, TemplatePlace):
        return "{% with rows=... %} around the places that read it"
    method = _method(group.place)
    if method:
        return f"@cached_property above def {method}(self), read as .{method}: once an instance"
    return "keep the result in a variable or a cached_property"


def _method(place: AnyPlace) -> str:
    """Return the name of the method that asks, if its answer depends on the instance alone."""
    if not isinstance(place, Place) or not place.own:
        return ""
    code = place.code
    takes_more = code.co_flags & (CO_VARARGS | CO_VARKEYWORDS | CO_COROUTINE | CO_GENERATOR)
    is_alone = code.co_argcount + code.co_kwonlyargcount == 1 and not takes_more
    names = code.co_varnames[:1]
    return code.co_name if is_alone and names == ("self",) else ""
