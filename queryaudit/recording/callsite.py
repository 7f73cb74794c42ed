"""Where a query was asked: the innermost own line of Python or template node.

Walking a stack makes every frame visible to Python and costs 0.06 us each; a page
that asks 200 times asks from the same depth nearly always. So the depth is learnt
with the SQL text and one frame is looked at (see docs/how-it-works.md).
"""

import linecache
import sys
from contextvars import ContextVar
from inspect import CO_OPTIMIZED
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from django.template.base import Node

from queryaudit.recording.events import AnyPlace, Learnt, Place, TemplatePlace
from queryaudit.recording.owncode import Owner, owner_of

# The own line that awaits what runs in this context, in whatever thread.
AWAITING: ContextVar[AnyPlace | None] = ContextVar("queryaudit_awaiting", default=None)

_RENDER: CodeType = Node.render_annotated.__code__
_MACHINERY, _BORDER, _OWN = Owner.MACHINERY, Owner.BORDER, Owner.OWN


def find_definition() -> Place | None:
    """Return the line of a class body or module that calls the caller's caller, else None.

    Such a line runs once, before any audit, and what it makes is used by all of
    them: ``queryset = Album.objects.all()`` in a view's class.
    """
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001
    while frame is not None:
        code = frame.f_code
        owner = owner_of(code.co_filename)
        if owner is not _MACHINERY:
            if code.co_flags & CO_OPTIMIZED:  # a function
                return None
            return Place(code, frame.f_lasti, frame.f_lineno, own=owner is _OWN)
        frame = frame.f_back
    return None


class CallSites:
    """The places of one recording, each made once."""

    __slots__ = ("_places",)

    def __init__(self) -> None:
        # By the identity of code or node. The value keeps that object alive, so
        # that its id stays its own: hash(code) would hash the bytecode each time.
        self._places: dict[tuple[int, int], tuple[object, AnyPlace]] = {}

    def find(self, learnt: Learnt | None) -> Learnt | None:
        """Return where the caller's caller was asked from; None where nobody can be named.

        ``learnt`` is what the last call for the same question returned. The depth
        is counted from the function that calls this one.
        """
        if learnt is not None and learnt.depth:
            try:
                inner = sys._getframe(learnt.depth - 1)  # noqa: SLF001
            except ValueError:
                pass
            else:
                frame = inner.f_back
                if (
                    frame is not None
                    and frame.f_code is learnt.code
                    and inner.f_code is learnt.inner
                    and learnt.key
                    == (frame.f_locals["self"] if learnt.code is _RENDER else frame.f_lasti)
                ):
                    return learnt
        caller = sys._getframe(1)  # noqa: SLF001
        return self._walk(caller.f_back, caller.f_code)

    def stack_hash(self, found: Learnt) -> int:
        """Return the hash of who called the place ``found``, out to who called the view.

        One loop has the same callers in each of its turns; a helper that is called
        from two lines has others.
        """
        if not found.depth:
            return id(found.place)
        frame: FrameType | None = sys._getframe(found.depth)  # noqa: SLF001
        stack = 0
        while frame is not None:
            code = frame.f_code
            if owner_of(code.co_filename) is _BORDER:
                break
            stack = hash((stack, id(code), frame.f_lasti))
            frame = frame.f_back
        return stack

    def _walk(self, frame: FrameType | None, inner: CodeType) -> Learnt | None:
        depth = 2
        fallback: Learnt | None = None
        while frame is not None:
            code = frame.f_code
            if code is _RENDER:
                place = self._template_place(frame.f_locals["self"])
                if place is not None:
                    return Learnt(depth, code, inner, frame.f_locals["self"], place)
            else:
                owner = owner_of(code.co_filename)
                if owner is _OWN:
                    return Learnt(depth, code, inner, frame.f_lasti, self._own_place(frame))
                if owner is _BORDER:
                    break
                if owner is not _MACHINERY and fallback is None:
                    package = self._place(frame, own=False)
                    fallback = Learnt(depth, code, inner, frame.f_lasti, package)
            inner = code
            frame = frame.f_back
            depth += 1
        awaiting = AWAITING.get()
        # The line that awaits this thread is nobody's frame and cannot be learnt.
        return fallback if awaiting is None else Learnt(0, None, None, None, awaiting)

    def _own_place(self, frame: FrameType) -> AnyPlace:
        """Return the place of an own frame; what Jinja compiled is shown as its template."""
        template = frame.f_globals.get("__jinja_template__")
        if template is None:
            return self._place(frame, own=True)
        code = frame.f_code
        line = template.get_corresponding_lineno(frame.f_lineno)
        known = self._places.get((id(code), -line))
        if known is None:
            path = code.co_filename
            text = linecache.getline(path, line).strip()
            known = code, TemplatePlace(path, template.name or path, line, text, own=True)
            self._places[id(code), -line] = known
        return known[1]

    def _place(self, frame: FrameType, *, own: bool) -> Place:
        code, lasti = frame.f_code, frame.f_lasti
        known = self._places.get((id(code), lasti))
        if known is None:
            place = Place(code, lasti, frame.f_lineno, own=own)
            self._places[id(code), lasti] = code, place
            return place
        return known[1]  # type: ignore[return-value]

    def _template_place(self, node: Any) -> TemplatePlace | None:
        """Return the node's place if its template is own code."""
        known = self._places.get((id(node), -1))
        if known is not None:
            return known[1]  # type: ignore[return-value]
        token, origin = getattr(node, "token", None), getattr(node, "origin", None)
        path = getattr(origin, "name", None)
        if token is None or not isinstance(path, str) or not Path(path).is_absolute():
            return None  # made of a string, or by a loader that knows no files
        if owner_of(path) is not _OWN:
            return None
        name = getattr(origin, "template_name", None) or path
        place = TemplatePlace(path, str(name), token.lineno or 0, token.contents, own=True)
        self._places[id(node), -1] = node, place
        return place
