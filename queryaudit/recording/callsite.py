"""Where a query was asked: the innermost own line of Python or template node.

Walking a stack makes every frame visible to Python and costs 0.06 us each; a page
that asks 200 times asks from the same depth nearly always. So the depth is learnt
with the SQL text and one frame is looked at (see docs/how-it-works.md).
"""

import inspect
import sys
from contextvars import ContextVar
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple

from django.template.base import Node

from queryaudit.recording.declarations import (
    is_declared,
    is_method_of_manager,
)
from queryaudit.recording.events import AnyPlace, DeclaredPlace, Learnt, Origin, Place
from queryaudit.recording.frames import (
    frame_at,
    function_of,
    gives_choices,
    is_given,
    next_out,
    own_caller,
)
from queryaudit.recording.owncode import OWNERS, Owner, owner_of
from queryaudit.recording.places import Places
from queryaudit.recording.rowsets import Call


class Awaiting(NamedTuple):
    """The own line that waits for what runs in a thread or task, and the hash of its callers.

    ``is_inside`` tells that a module of the allowed layer is among them.
    """

    place: AnyPlace
    stack: int
    is_inside: bool


# Who awaits or started what runs in this context, in whatever thread.
AWAITING: ContextVar[Awaiting | None] = ContextVar("queryaudit_awaiting", default=None)

RENDER: CodeType = Node.render_annotated.__code__
_MACHINERY, _BORDER, _PACKAGE, _OWN = Owner
_WRITES = ("save", "delete")  # of Django's Model
_MAX_STARTING = 8  # frames of the library from create_task() or submit() to who calls gather()
_TEMPLATES = str(Path(inspect.getfile(Node)).parent)
_Package = tuple[int, FrameType, CodeType]  # a depth, the frame there, what it called


class CallSites(Places):
    """Who asks, found in the stack; what is learnt of depths is the process's."""

    __slots__ = ("_depths",)

    def __init__(self) -> None:
        super().__init__()
        self._depths = self._known.depths

    def recall(self, text: str) -> Learnt | None:
        """Return where an earlier recording of this process learnt that a text was asked."""
        return self._known.learnt.get(hash(text))

    def learn(self, text: str, found: Learnt | None) -> None:
        """Keep where a text was asked, for this process's next recording.

        Own lines of Python alone: what a package's line works for differs from request to
        request, nodes are not to outlive their template, and what a node calls is nothing that
        the frames around it tell.
        """
        if found is None or not found.depth or found.is_choices:
            return
        if type(found.place) is Place and found.place.own:
            self._known.learnt[hash(text)] = found

    def find(self, learnt: Learnt | None, declares: bool = False) -> Learnt | None:  # noqa: FBT001, FBT002
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
                    # A number equals no node, so the cheaper look comes first.
                    and (
                        frame.f_lasti == learnt.key
                        or (learnt.code is RENDER and frame.f_locals["self"] is learnt.key)
                    )
                ):
                    return learnt
        caller = sys._getframe(1)  # noqa: SLF001
        found, _ = self._walk(caller.f_back, caller.f_code)
        if declares and found is not None and not found.place.own:
            found.place = self._declared(caller, found.place) or found.place
        return found

    def find_maker(self, model: Any) -> AnyPlace | None:
        """Return the line that makes a queryset: what calls the caller's caller.

        The depths are learnt by ``model``, None for one that is only read.
        Methods of managers and querysets are passed over: who asks for
        ``Album.objects.recent()`` has the queryset to change, and the method serves
        others, too. Where a package makes it, the own class that it works for, also
        where a method of that class calls the package's: ``super().changelist_view()``.
        """
        if model is not None:
            for depth in self._known.making.get(model, ()):
                inner = frame_at(depth)  # the recorder stands between
                frame = None if inner is None else inner.f_back
                if inner is None or frame is None:
                    continue
                learnt = self._known.makers.get((id(frame.f_code), frame.f_lasti))
                if learnt is not None and learnt.depth == depth and inner.f_code is learnt.inner:
                    return learnt.place
        caller = sys._getframe(2)  # noqa: SLF001
        found, frame = self._walk(caller.f_back, caller.f_code)
        if frame is not None and model is not None and not is_method_of_manager(frame):
            making = next_out(caller)
            if is_declared(making) and (declared := self._declared(making, None)) is not None:
                return declared  # not learnt: the same line may serve other classes
            if found is not None and type(found.place) is Place:
                self._known.learn_maker(model, found)
            return found.place if found else None
        method = found
        while frame is not None and is_method_of_manager(frame):
            found, frame = self._walk(frame.f_back, frame.f_code)
        if found is None or not found.place.own:
            declared = self._declared(caller, found.place if found else None)
            return declared or (method.place if method else None)
        # A form's choices: a template prints them, the form holds their queryset.
        return (self._declared(caller, None) if found.is_choices else None) or found.place

    def find_declaration(self, inner: int = 0) -> DeclaredPlace | None:
        """Return the own class that the package works for which called the caller.

        ``inner`` counts the frames between.
        """
        return self._declared(sys._getframe(1 + inner), None)  # noqa: SLF001

    def find_call(self) -> Call | None:
        """Return the own line that calls the caller's caller, which only Django stands between."""
        frame, _ = own_caller(sys._getframe(2), 2)  # noqa: SLF001
        if frame is None:
            return None
        return Call(self._place(frame, own=True), is_method_of_manager(frame))

    def find_narrowing(self, maker: AnyPlace, query: Any) -> Place | None:
        """Return the own line that goes on with a queryset which ``maker`` made and gave away.

        None where it is the maker's own function, or one that it called. A function
        that was given the queryset of ``query`` is passed over for who gave it.
        """
        code = maker.code if isinstance(maker, Place) else None
        # The method of QuerySet that copies: chain() <- _clone() <- _chain() <- method.
        key = id(code), id(sys._getframe(5).f_code)  # noqa: SLF001
        for depth in self._depths.get(key, ()):
            maker_frame = frame_at(depth)
            if maker_frame is not None and maker_frame.f_code is code:
                return None
        frame, depth = own_caller(sys._getframe(2), 2)  # noqa: SLF001
        if frame is None:
            return None
        if frame.f_code is code:
            self._known.learn_depth(key, depth)
            return None
        if is_method_of_manager(frame):
            return None
        outer: FrameType | None = frame
        made_in = None if code is None else function_of(code)
        while outer is not None and code is not None:
            if outer.f_code is code or function_of(outer.f_code) == made_in:
                return None
            outer = outer.f_back
        while is_given(frame, query):
            giver, _ = own_caller(frame.f_back, 0)
            if giver is None:
                break
            frame = giver
        return self._place(frame, own=True)

    def stack_hash(self, found: Learnt, inner: int = 0, origin: Origin | None = None) -> int:
        """Return the hash of who called the place ``found``, out to who called the view.

        ``inner`` counts the frames between this call and that of ``find()``.
        One loop has the same callers in each of its turns; a helper that is called
        from two lines has others. Two querysets that are read by one line, as by chain(),
        are no loop either: ``origin`` tells them apart.
        """
        awaiting = AWAITING.get()
        stack = 0 if awaiting is None else awaiting.stack
        if origin is not None:
            stack ^= id(origin.place)
        if not found.depth:
            return stack
        frame: FrameType | None = sys._getframe(found.depth + inner)  # noqa: SLF001
        owners = OWNERS
        while frame is not None:
            code = frame.f_code
            owner = owners.get(code.co_filename)
            if owner is None:
                owner = owner_of(code.co_filename)
            if owner is _BORDER:
                break
            stack = hash((stack, id(code), frame.f_lasti))
            frame = frame.f_back
        return stack

    def find_starting(self) -> Learnt | None:
        """Return who starts a thread or a task: the line around the library's own frames."""
        inner = sys._getframe(1)  # noqa: SLF001
        depth = 1
        while inner.f_back is not None and depth <= _MAX_STARTING:
            if owner_of(inner.f_back.f_code.co_filename) not in (_MACHINERY, _BORDER):
                break
            inner = inner.f_back
            depth += 1
        return self._walk(inner.f_back, inner.f_code, depth + 1)[0]

    def _walk(  # noqa: C901  # one loop over frames, on the hot path
        self, frame: FrameType | None, inner: CodeType, depth: int = 2
    ) -> tuple[Learnt | None, FrameType | None]:
        """Return the innermost own frame or node; else the package's, else who awaits.

        With it the frame, where it is one of own Python. ``depth`` is that of ``frame``,
        counted from what the caller's caller calls first.
        """
        package: _Package | None = None
        node: AnyPlace | None = None  # that renders the package's line
        overridden: Learnt | None = None
        overriding: CodeType | None = None
        is_in_template = False
        while frame is not None:
            code = frame.f_code
            owner = OWNERS.get(code.co_filename)
            if owner is None:
                owner = owner_of(code.co_filename)
            if owner is _MACHINERY:  # most of them; render_annotated() is a package's
                pass
            elif code is RENDER:
                place = self._template_place(frame.f_locals["self"])
                if place is not None and place.own:
                    found = Learnt(depth, code, inner, frame.f_locals["self"], place)
                    found.is_choices = package is not None and gives_choices(package[1])
                    return found, None
                if place is not None and package is not None and not is_in_template:
                    # Nearer than the line of Django's that renders it.
                    is_in_template = True
                    node = place
            elif owner is _OWN:
                found = Learnt(depth, code, inner, frame.f_lasti, self._own_place(frame))
                # super().save() in a model's save(): who calls that has a loop to change.
                # Ours may stand between, where a model's base class or a patch is ours.
                passes = inner is overriding or (
                    inner.co_name in _WRITES and OWNERS.get(inner.co_filename) is _MACHINERY
                )
                if not passes or code.co_name != inner.co_name:
                    found.is_choices = package is not None and gives_choices(package[1])
                    return found, frame
                overridden, overriding = overridden or found, code
            elif owner is _BORDER:
                break
            elif package is None:
                package = depth, frame, inner
                is_in_template = not code.co_filename.startswith(_TEMPLATES)
            inner = code
            frame = frame.f_back
            depth += 1
        return overridden or self._of_nobody(package, node), None

    def _of_nobody(self, package: _Package | None, node: AnyPlace | None) -> Learnt | None:
        """Return who awaits where no own line stands in the stack, else the package's line."""
        awaiting = AWAITING.get()
        if awaiting is not None:
            # The line that awaits this thread is nobody's frame and cannot be learnt.
            return Learnt(0, None, None, None, awaiting.place)
        if package is None:
            return None
        depth, frame, inner = package
        place = node or self._place(frame, own=False)
        found = Learnt(depth, frame.f_code, inner, frame.f_lasti, place)
        found.is_choices = gives_choices(frame)
        return found
