"""The places that frames show: lines of Python, nodes of templates, classes that packages serve."""

from pathlib import Path
from types import FrameType
from typing import Any

from queryaudit.recording.declarations import Declared, declared_by
from queryaudit.recording.events import AnyPlace, DeclaredPlace, Place, TemplatePlace
from queryaudit.recording.frames import call_of, next_out
from queryaudit.recording.known import known
from queryaudit.recording.lines import line_at
from queryaudit.recording.owncode import Owner, owner_of


class Places:
    """The places of one recording, each made once; lines of Python are the process's."""

    __slots__ = ("_declarations", "_known", "_nodes")

    def __init__(self) -> None:
        self._known = known()
        # By the identity of the node, or of the code that Jinja made of it. The value keeps
        # that object alive, so that its id stays its own; no longer than this recording.
        self._nodes: dict[tuple[int, int], tuple[object, TemplatePlace]] = {}
        self._declarations: dict[tuple[AnyPlace, type | None, str], DeclaredPlace] = {}

    def _declared(self, frame: FrameType, package: AnyPlace | None) -> DeclaredPlace | None:
        """Return the own class that the package around ``frame`` works for."""
        frame = next_out(frame)
        if package is None:
            package = self._place(frame, own=False)
        outer: FrameType | None = frame
        declared: Declared = None, ""
        while outer is not None and declared[0] is None:
            owner = owner_of(outer.f_code.co_filename)
            if owner is Owner.BORDER:
                return None
            if owner is Owner.PACKAGE:
                declared = declared_by(outer, declared)
            outer = outer.f_back
        if declared[0] is None or isinstance(package, DeclaredPlace):
            return None
        key = package, *declared
        place = self._declarations.get(key)
        if place is None:
            place = self._declarations[key] = DeclaredPlace(package, *declared)  # type: ignore[arg-type]
        return place

    def _own_place(self, frame: FrameType) -> AnyPlace:
        """Return the place of an own frame; what Jinja compiled is shown as its template."""
        template = frame.f_globals.get("__jinja_template__")
        if template is None:
            return self._place(frame, own=True)
        code = frame.f_code
        line = template.get_corresponding_lineno(frame.f_lineno)
        node = self._nodes.get((id(code), -line))
        if node is None:
            path = code.co_filename
            text = line_at(path, line).strip()
            node = code, TemplatePlace(path, template.name or path, line, text, own=True)
            self._nodes[id(code), -line] = node
        return node[1]

    def _place(self, frame: FrameType, *, own: bool) -> Place:
        code, lasti = frame.f_code, frame.f_lasti
        places = self._known.places
        place = places.get((id(code), lasti))
        if place is None:
            call = call_of(code, lasti)
            # Of two threads that come here at once, both get the place of the first.
            place = places.setdefault((id(code), call), Place(code, call, own=own))
            places[id(code), lasti] = place
        return place

    def _template_place(self, node: Any) -> TemplatePlace | None:
        """Return the node's place; None for a template of no file."""
        known_node = self._nodes.get((id(node), -1))
        if known_node is not None:
            return known_node[1]
        place = self._known.template_place(node)
        if place is None:
            place = self._new_template_place(node)
            if place is None:
                return None
            self._known.learn_node(node, place)
        self._nodes[id(node), -1] = node, place
        return place

    @staticmethod
    def _new_template_place(node: Any) -> TemplatePlace | None:
        token, origin = getattr(node, "token", None), getattr(node, "origin", None)
        path = getattr(origin, "name", None)
        if token is None or not isinstance(path, str) or not Path(path).is_absolute():
            return None  # made of a string, or by a loader that knows no files
        own = owner_of(path) is Owner.OWN
        name = getattr(origin, "template_name", None) or path
        return TemplatePlace(path, str(name), token.lineno or 0, token.contents, own=own)
