"""Frames of a stack, and what can be told from one of them."""

import re
import sys
from inspect import CO_OPTIMIZED
from opcode import opmap
from types import CodeType, FrameType
from typing import Any

from django.db.models import QuerySet
from django.db.models.fields.related_descriptors import ForwardManyToOneDescriptor

from queryaudit.recording.events import Place
from queryaudit.recording.owncode import OWNERS, Owner, owner_of

_MACHINERY, _OWN = Owner.MACHINERY, Owner.OWN
# From Query.__init__ to who makes a queryset by a manager: where looking begins and ends.
_INNERMOST, _MAX_MAKING = 5, 5
_IN_FOREIGN_KEY = 6  # the same of the function of Django that loads a foreign key
# Python 3.12 runs comprehensions within their function (PEP 709), 3.11 beside it.
_COMPREHENSION = re.compile(r"\.<locals>\.<(?:list|set|dict)comp>|\.<locals>\.<genexpr>")
_FOREIGN_KEY: CodeType = ForwardManyToOneDescriptor.get_queryset.__code__
_CHOICES = "ModelChoiceIterator.__iter__"
_PRECALL, _TO_CALL = opmap.get("PRECALL"), 4  # with the first one's cache


def find_definition() -> Place | None:
    """Return the line of a class body or module that calls the caller's caller, else None.

    Such a line runs once, before any audit, and what it makes is used by all of
    them: ``queryset = Album.objects.all()`` in a view's class.
    """
    try:
        # Most querysets are those of a foreign key that is loaded. Each frame that is made
        # visible costs as much as the rest of this function.
        if sys._getframe(_IN_FOREIGN_KEY).f_code is _FOREIGN_KEY:  # noqa: SLF001
            return None
        outer: FrameType | None = sys._getframe(_INNERMOST)  # noqa: SLF001
    except ValueError:
        return None
    looked_at = 0
    # Functions of machinery are passed over, to a class body or module.
    while outer is not None and outer.f_code.co_flags & CO_OPTIMIZED:
        looked_at += 1
        if looked_at == _MAX_MAKING or owner_of(outer.f_code.co_filename):
            return None
        outer = outer.f_back
    if outer is None:
        return None
    frame = next_out(sys._getframe(2))  # noqa: SLF001
    owner = owner_of(frame.f_code.co_filename)
    if owner is _MACHINERY or frame.f_code.co_flags & CO_OPTIMIZED:
        return None
    return Place(frame.f_code, frame.f_lasti, own=owner is _OWN)


def next_out(frame: FrameType) -> FrameType:
    """Return the innermost frame outside the ORM."""
    while frame.f_back is not None and owner_of(frame.f_code.co_filename) is _MACHINERY:
        frame = frame.f_back
    return frame


def call_of(code: CodeType, lasti: int) -> int:
    """Return the instruction that calls: Python 3.11 calls by two, and specializes the first.

    One call in a loop would be two places, from the turn on in which it is specialized.
    """
    if _PRECALL is None or code.co_code[lasti] != _PRECALL:
        return lasti
    return lasti + _TO_CALL


def is_given(frame: FrameType, query: Any) -> bool:
    """Return whether the frame's function got the queryset of ``query`` as an argument."""
    code = frame.f_code
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    found = (frame.f_locals.get(name) for name in names)
    return any(isinstance(one, QuerySet) and one.query is query for one in found)


def frame_at(depth: int) -> FrameType | None:
    """Return the frame that is ``depth`` calls away from the caller; None where there is none."""
    try:
        return sys._getframe(depth + 1)  # noqa: SLF001
    except ValueError:
        return None


def own_caller(frame: FrameType | None, depth: int) -> tuple[FrameType | None, int]:
    """Return the own frame around the ORM's frames, and its depth where ``frame`` has ``depth``.

    None where a package's is nearer.
    """
    owners = OWNERS
    while frame is not None:
        owner = owners.get(frame.f_code.co_filename)
        if owner is None:
            owner = owner_of(frame.f_code.co_filename)
        if owner is not _MACHINERY:
            return (frame if owner is _OWN else None), depth
        frame = frame.f_back
        depth += 1
    return None, depth


def function_of(code: CodeType) -> tuple[str, str]:
    """Return what names the function of ``code``, comprehensions within it included."""
    return code.co_filename, _COMPREHENSION.sub("", code.co_qualname)


def gives_choices(frame: FrameType) -> bool:
    """Return whether a form's field gives its choices there."""
    return frame.f_code.co_qualname == _CHOICES
