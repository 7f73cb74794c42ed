"""Where a query was asked: the innermost own line of Python or template node.

Walking a stack makes every frame visible to Python and costs 0.06 us each; a page
that asks 200 times asks from the same depth nearly always. So the depth is learnt
with the SQL text and one frame is looked at (see docs/how-it-works.md).
"""

import linecache
import re
import sys
from contextvars import ContextVar
from inspect import CO_OPTIMIZED
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from django.template.base import Node

from queryaudit.recording.declarations import Declared, declared_by, is_method_of_manager
from queryaudit.recording.events import AnyPlace, DeclaredPlace, Learnt, Place, TemplatePlace
from queryaudit.recording.owncode import Owner, owner_of

# The own line that awaits what runs in this context, in whatever thread.
AWAITING: ContextVar[AnyPlace | None] = ContextVar("queryaudit_awaiting", default=None)

_RENDER: CodeType = Node.render_annotated.__code__
_MACHINERY, _BORDER, _PACKAGE, _OWN = Owner
_CHOICES = "ModelChoiceIterator.__iter__"
# Python 3.12 runs comprehensions within their function (PEP 709), 3.11 beside it.
_COMPREHENSION = re.compile(r"\.<locals>\.<(?:list|set|dict)comp>|\.<locals>\.<genexpr>")


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

    __slots__ = ("_declared", "_places")

    def __init__(self) -> None:
        # By the identity of code or node. The value keeps that object alive, so
        # that its id stays its own: hash(code) would hash the bytecode each time.
        self._places: dict[tuple[int, int], tuple[object, AnyPlace]] = {}
        self._declared: dict[tuple[AnyPlace, type, str], DeclaredPlace] = {}

    def find(self, learnt: Learnt | None, *, declares: bool = False) -> Learnt | None:
        """Return where the caller's caller was asked from; None where nobody can be named.

        ``learnt`` is what the last call for the same question returned. The depth
        is counted from the function that calls this one. ``declares`` looks for the
        own class that a package works for, where it is the package that asks.
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
        return self._walk(caller.f_back, caller.f_code, declares=declares)

    def find_maker(self) -> AnyPlace | None:
        """Return the line that makes a queryset: what calls the caller's caller.

        Methods of managers and querysets are passed over: who asks for
        ``Album.objects.recent()`` has the queryset to change, and the method serves
        others, too.
        """
        caller = sys._getframe(2)  # noqa: SLF001
        found = self._walk(caller.f_back, caller.f_code, declares=True, begins=True)
        return found and found.place

    def find_narrowing(self, maker: AnyPlace) -> Place | None:
        """Return the own line that goes on with a queryset which ``maker`` made and gave away.

        None where it is the maker's own function, or one that it called.
        """
        frame: FrameType | None = sys._getframe(2)  # noqa: SLF001
        while frame is not None and owner_of(frame.f_code.co_filename) is _MACHINERY:
            frame = frame.f_back
        if frame is None or owner_of(frame.f_code.co_filename) is not _OWN:
            return None
        code = maker.code if isinstance(maker, Place) else None
        if frame.f_code is code or is_method_of_manager(frame):
            return None
        outer: FrameType | None = frame
        made_in = None if code is None else _function(code)
        while outer is not None and code is not None:
            if outer.f_code is code or _function(outer.f_code) == made_in:
                return None
            outer = outer.f_back
        return self._place(frame, own=True)

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

    def _walk(
        self,
        frame: FrameType | None,
        inner: CodeType,
        *,
        declares: bool = False,
        begins: bool = False,
    ) -> Learnt | None:
        """Return the innermost own frame or node; else the package's, else who awaits.

        ``begins`` tells that a queryset is made: see ``find_maker``.
        """
        depth = 2
        manager: Learnt | None = None
        package: Learnt | None = None
        declared: Declared = None, ""
        is_choice = False
        while frame is not None:
            code = frame.f_code
            if code is _RENDER:
                place = self._template_place(frame.f_locals["self"])
                if place is not None and not (is_choice and declared[0]):
                    return Learnt(depth, code, inner, frame.f_locals["self"], place)
                owner = _PACKAGE
            else:
                owner = owner_of(code.co_filename)
            if owner is _OWN:
                found = Learnt(depth, code, inner, frame.f_lasti, self._own_place(frame))
                if not begins or not is_method_of_manager(frame):
                    return found
                manager = manager or found
            elif owner is _BORDER:
                break
            elif owner is _PACKAGE:
                if package is None:
                    place = self._place(frame, own=False)
                    package = Learnt(depth, code, inner, frame.f_lasti, place)
                if declares and declared[0] is None:
                    declared = declared_by(frame, declared)
                    # A form's choices: its template prints them, the form holds their queryset.
                    is_choice |= begins and code.co_qualname == _CHOICES
                if is_choice and declared[0] is not None:
                    break
            inner = code
            frame = frame.f_back
            depth += 1
        if package is not None and declared[0] is not None:
            package.place = self._declared_place(package.place, declared[0], declared[1])
            return package
        if manager is not None:
            return manager
        awaiting = AWAITING.get()
        # The line that awaits this thread is nobody's frame and cannot be learnt.
        return package if awaiting is None else Learnt(0, None, None, None, awaiting)

    def _declared_place(self, package: AnyPlace, cls: type, detail: str) -> DeclaredPlace:
        key = package, cls, detail
        place = self._declared.get(key)
        if place is None:
            place = self._declared[key] = DeclaredPlace(package, cls, detail)  # type: ignore[arg-type]
        return place

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


def _function(code: CodeType) -> tuple[str, str]:
    """Return what names the function of ``code``, comprehensions within it included."""
    return code.co_filename, _COMPREHENSION.sub("", code.co_qualname)
