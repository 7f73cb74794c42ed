"""Record relations that are loaded because an attribute was read."""

from collections.abc import Callable
from typing import Any

from django.db.models import Model

from queryaudit.capture import steps
from queryaudit.capture.joins import tag_joined
from queryaudit.capture.reads import note_one
from queryaudit.capture.scope import ROWS, threads
from queryaudit.errors import log_once
from queryaudit.hooks import descriptors
from queryaudit.recording.recorder import CURRENT, Load, Recorder
from queryaudit.recording.rowsets import RowSet, Step


def record_forward(proceed: Callable[..., Any]) -> Callable[..., Any]:
    """Tell the statement which relation it loads, and the loaded row where it came from."""

    def get_object(self: Any, instance: Any) -> Any:
        recorder = CURRENT.get()
        if recorder is None or not recorder.is_open:
            return proceed(self, instance)
        field = self.field
        # The commonest load by far: what _begin_load() does, without its calls.
        try:
            rows = instance._state.queryaudit_rows  # noqa: SLF001
        except AttributeError:  # a state that is not Django's
            rows = None
        child = rows and rows.audit == recorder.number and rows.children.get(field.name)
        if not child:
            load = _begin_load(recorder, steps.forward, field, field.name, instance)
            if load is None:
                return proceed(self, instance)
            child = load[0]
        # What _load() does, without packing arguments for it.
        scope = threads.scope
        outer, scope.load = scope.load, (child, instance, field.remote_field.model)
        try:
            related = proceed(self, instance)
        finally:
            scope.load = outer
        if related is None or child.brings is not False:
            _tag(related, recorder, child)
            return related
        try:
            # What is left of _tag() where nothing is joined, without its call.
            child.rows += 1
            related._state.queryaudit_rows = child  # noqa: SLF001
        except Exception:  # noqa: BLE001
            log_once("tagging a related row")
        return related

    return get_object


def record_reverse(proceed: Callable[..., Any]) -> Callable[..., Any]:
    """Do the same for a one-to-one from its other side."""

    def __get__(self: Any, instance: Model | None, cls: Any = None) -> Any:  # noqa: N807
        recorder = CURRENT.get()
        if recorder is None or instance is None or not recorder.is_open:
            return proceed(self, instance, cls)
        related = self.related
        if related.is_cached(instance):
            note_one(instance, related.cache_name)
            return proceed(self, instance, cls)
        load = _begin_load(
            recorder, steps.reverse_one, related, related.get_accessor_name(), instance
        )
        if load is None:
            return proceed(self, instance, cls)
        load = load[0], load[1], related.related_model
        return _load(recorder, load, proceed, self, instance, cls)

    return __get__


def record_generic(proceed: Callable[..., Any]) -> Callable[..., Any]:
    """Do the same for a generic key, whose row may be of any model."""

    def __get__(self: Any, instance: Model | None, cls: Any = None) -> Any:  # noqa: N807
        recorder = CURRENT.get()
        if recorder is None or instance is None or not recorder.is_open:
            return proceed(self, instance, cls)
        field = getattr(self, "field", self)  # a descriptor of its own since Django 6.1
        if field.is_cached(instance):
            note_one(instance, field.cache_name)
            return proceed(self, instance, cls)
        load = _begin_load(recorder, steps.generic, field, field.name, instance)
        if load is None:
            return proceed(self, instance, cls)
        related = _load(recorder, load, proceed, self, instance, cls)
        if related is not None:
            load[0].targets |= {type(related).__name__}
        return related

    return __get__


def record_column(proceed: Callable[..., Any]) -> Callable[..., Any]:
    """Tell the statement which left out column it loads."""
    is_djangos = descriptors.load_column.is_djangos(proceed)

    def __get__(self: Any, instance: Model | None, cls: Any = None) -> Any:  # noqa: N807
        # Keys of relations come here when they are loaded, twice for each relation that is
        # followed: the answer is what Django's own would be, so it costs nobody anything.
        if is_djangos and instance is not None:
            try:
                return instance.__dict__[self.field.attname]
            except KeyError:
                pass
        recorder = CURRENT.get()
        if (
            recorder is None
            or instance is None
            or self.field.attname in instance.__dict__
            or not recorder.is_open
        ):
            return proceed(self, instance, cls)
        key = f"{self.field.name} column"
        load = _begin_load(recorder, steps.column, self.field, key, instance, "column")
        if load is None:
            return proceed(self, instance, cls)
        outer, threads.scope.load = threads.scope.load, (load[0], load[1], type(instance))
        try:
            return proceed(self, instance, cls)
        finally:
            threads.scope.load = outer

    return __get__


def _begin_load(
    recorder: Recorder,
    make_step: Callable[[Any], Step],
    field: Any,
    name: str,
    instance: Model,
    form: str = "rows",
) -> Load | None:
    """Return what is loaded for which row; None for rows nobody recorded."""
    try:
        rowset = getattr(instance._state, ROWS, None)  # noqa: SLF001
        if rowset is None:
            return None
        if rowset.audit != recorder.number:
            rowset = recorder.own_rows(rowset)
            if rowset is None:
                return None
        child = rowset.children.get(name)
        if child is None:
            child = recorder.follow(rowset, make_step(field), form)
        return child, instance, None
    except Exception:  # noqa: BLE001
        log_once("following a relation")
        return None


def _load(recorder: Recorder, load: Load, proceed: Callable[..., Any], *arguments: Any) -> Any:
    """Load with ``load`` in scope, and hang its record on the row that comes."""
    scope = threads.scope
    outer, scope.load = scope.load, load
    try:
        related = proceed(*arguments)
    finally:
        scope.load = outer
    _tag(related, recorder, load[0])
    return related


def _tag(related: Any, recorder: Recorder, rowset: RowSet) -> None:
    """Hang the record of a relation on the row that it led to."""
    try:
        if related is not None:
            rowset.rows += 1
            state = related._state  # noqa: SLF001
            state.queryaudit_rows = rowset
            if rowset.brings is None or rowset.targets:
                # A base manager may join by itself, and does so for all rows of a model.
                rowset.brings = bool(state.__dict__.get("fields_cache"))
            if rowset.brings:
                tag_joined(related, recorder, rowset, {})
    except Exception:  # noqa: BLE001
        log_once("tagging a related row")


def forget_origin(proceed: Callable[..., None]) -> Callable[..., None]:
    """Take a row that is read anew out of the rows it came with.

    Reading it anew drops its relations, so that no edit of its queryset would spare
    the queries that follow.
    """

    def refresh_from_db(
        self: Any, using: Any = None, fields: Any = None, from_queryset: Any = None
    ) -> None:
        proceed(self, using, fields, from_queryset)
        if fields is None:
            self._state.__dict__.pop(ROWS, None)

    return refresh_from_db


_HOOKS = (
    (descriptors.load_forward, record_forward),
    (descriptors.read_reverse, record_reverse),
    (descriptors.read_generic, record_generic),
    (descriptors.load_column, record_column),
    (descriptors.reload, forget_origin),
)


def install() -> None:
    """Watch relations and columns being loaded."""
    for hook, watcher in _HOOKS:
        hook.subscribe(watcher)


def uninstall() -> None:
    """Stop watching."""
    for hook, watcher in _HOOKS:
        hook.unsubscribe(watcher)
