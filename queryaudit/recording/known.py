"""What the recordings of this process have learnt of its code, so that each need not learn it."""

from collections.abc import Sized
from contextlib import suppress
from typing import Any, Final
from weakref import ref

from queryaudit import conf
from queryaudit.recording.events import Learnt, Place, TemplatePlace

MAX_KNOWN: Final = 5_000  # lines, texts and models; then all is learnt anew
# Of one model: by Model.objects.filter(), by a related manager, by a model class itself. Of one
# function of the site: by filter(), by get() or a slice, by another method.
MAX_DEPTHS: Final = 3


class Known:
    """Lines of Python that asked, and at which depth of the stack they stood.

    ``places`` are by the identity of the code and the instruction; a place holds its code, so
    that the id stays its own (``hash(code)`` would hash the bytecode each time). ``learnt`` is by
    the hash of an SQL text or a shape of DynamoDB's calls, ``makers`` by code and instruction,
    ``making`` has the depths of a model's makers, ``nodes`` the places of templates' nodes, which
    are not held. What is learnt is only where to look first: it counts where the frame there is
    the same. A recording keeps the object that it began with, and so one object for each line.
    """

    __slots__ = ("_all", "depths", "learnt", "makers", "making", "nodes", "places")

    def __init__(self) -> None:
        self.places: dict[tuple[int, int], Place] = {}
        self.learnt: dict[int, Learnt] = {}
        self.makers: dict[tuple[int, int], Learnt] = {}
        self.making: dict[type, tuple[int, ...]] = {}
        self.depths: dict[tuple[int, int], tuple[int, ...]] = {}
        self.nodes: dict[int, tuple[ref[Any], TemplatePlace]] = {}
        self._all: tuple[Sized, ...] = (
            *(self.places, self.learnt, self.makers),
            *(self.making, self.depths, self.nodes),
        )

    @property
    def is_full(self) -> bool:
        """Whether code that comes and goes, as in a notebook, has left too much."""
        return max(map(len, self._all)) > MAX_KNOWN

    def learn_maker(self, model: type, found: Learnt) -> None:
        """Keep a line that makes querysets of ``model``, which holds its code, and its depth."""
        self.makers[id(found.code), found.key] = found  # type: ignore[index]
        self.making[model] = _with(self.making.get(model, ()), found.depth)

    def learn_depth(self, key: tuple[int, int], depth: int) -> None:
        """Keep at which depth a function of the site goes on with its own queryset."""
        self.depths[key] = _with(self.depths.get(key, ()), depth)

    def template_place(self, node: object) -> TemplatePlace | None:
        """Return the place of a template's node; None of one that is not known."""
        found = self.nodes.get(id(node))
        return found[1] if found is not None and found[0]() is node else None

    def learn_node(self, node: object, place: TemplatePlace) -> None:
        """Keep the place of a node for as long as its template is held."""
        nodes, key = self.nodes, id(node)
        with suppress(TypeError):  # a class of the site's without room for weak references
            nodes[key] = ref(node, lambda _: nodes.pop(key, None)), place


def _with(depths: tuple[int, ...], depth: int) -> tuple[int, ...]:
    """Return the depths to look at first, ``depth`` among them."""
    return depths if depth in depths else (depth, *depths[: MAX_DEPTHS - 1])


_known = Known()


def known() -> Known:
    """Return what this process knows, for a recording that begins."""
    global _known  # noqa: PLW0603
    if _known.is_full:
        _known = Known()
    return _known


def _forget() -> None:
    global _known  # noqa: PLW0603
    _known = Known()


conf.when_changed(_forget)  # the setting OWN says whose a line is
