"""In which layer of a site its queries are asked: template, view, procedure, service, provider."""

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Final, NamedTuple

from queryaudit.findings.locations import locate_use
from queryaudit.recording.events import AnyPlace, DeclaredPlace, TemplatePlace
from queryaudit.recording.layers import Layers

# What parts of the names of modules tell, where LAYERS["names"] does not say it.
NAMES: Final[dict[str, frozenset[str]]] = {
    "template": frozenset({"templates", "templatetags"}),
    "view": frozenset({"views", "view", "viewsets", "api", "endpoints", "handlers", "resolvers"}),
    "serializer": frozenset({"serializers", "schemas"}),
    "form": frozenset({"forms"}),
    "admin": frozenset({"admin"}),
    "procedure": frozenset({"procedures", "procedure", "use_cases", "usecases", "interactors"}),
    "service": frozenset({"services", "service"}),
    "provider": frozenset({"providers", "provider", "repositories", "selectors", "queries"}),
    "model": frozenset({"models", "managers", "querysets"}),
    "middleware": frozenset({"middleware", "context_processors"}),
    "task": frozenset({"tasks", "management"}),
}
OTHER: Final = "other code"
PACKAGE: Final = "package"


class LayerUse(NamedTuple):
    """What one layer asked itself, in how many seconds.

    ``lazy`` of its queries are read from a queryset that an
    allowed module built and left unread.
    """

    layer: str
    queries: int
    seconds: float
    lazy: int


def layers_of(
    recorded: Iterable[Layers | None], names: Mapping[str, Sequence[str]]
) -> tuple[LayerUse, ...]:
    """Return what each layer asked, the busiest first; nothing without the setting LAYERS."""
    asked = [one for layers in recorded if layers is not None for one in layers.asked.items()]
    found: dict[str, list[float]] = {}
    for place, (queries, seconds, lazy) in asked:
        total = found.setdefault(layer_of(place, names), [0, 0.0, 0])
        total[0] += queries
        total[1] += seconds
        total[2] += lazy
    uses = [
        LayerUse(layer, int(queries), seconds, int(lazy))
        for layer, (queries, seconds, lazy) in found.items()
    ]
    return tuple(sorted(uses, key=lambda use: (-use.queries, use.layer)))


def layer_of(place: AnyPlace, names: Mapping[str, Sequence[str]]) -> str:
    """Return the layer of a line: as ``names`` say, else as its module is usually called."""
    if isinstance(place, TemplatePlace):
        return "template"
    if isinstance(place, DeclaredPlace):
        module = place.cls.__module__
    elif not place.own:
        return PACKAGE
    else:
        module = ".".join(PurePosixPath(locate_use(place).path).with_suffix("").parts)
    for layer, patterns in names.items():
        if any(fnmatchcase(module, one) or fnmatchcase(module, f"{one}.*") for one in patterns):
            return layer
    for part in reversed(module.split(".")):
        for layer, parts in NAMES.items():
            if part in parts:
                return layer
    return OTHER
