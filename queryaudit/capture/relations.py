"""Record relations that are loaded because an attribute was read."""

from collections.abc import Callable
from typing import Any

from django.db.models import Model

from queryaudit.capture.rows import ROWS, relation_label, tag_joined
from queryaudit.capture.scope import scope
from queryaudit.errors import log_once
from queryaudit.hooks import descriptors
from queryaudit.recording.recorder import CURRENT, Load, Recorder


def record_forward(proceed: Callable[..., Any]) -> Callable[..., Any]:
    """Tell the statement which relation it loads, and the loaded row where it came from."""

    def get_object(self: Any, instance: Model) -> Any:
        recorder = CURRENT.get()
        if recorder is None or not recorder.is_open:
            return proceed(self, instance)
        load = _begin_load(recorder, self.field, instance)
        if load is None:
            return proceed(self, instance)
        outer, scope.load = scope.load, load
        try:
            related = proceed(self, instance)
        finally:
            scope.load = outer
        try:
            rowset = load[0]
            rowset.rows += 1
            state = related._state  # noqa: SLF001
            state.__dict__[ROWS] = rowset
            if "fields_cache" in state.__dict__:  # a base manager that joins by itself
                tag_joined(related, recorder, rowset)
        except Exception:  # noqa: BLE001
            log_once("tagging a related row")
        return related

    return get_object


def _begin_load(recorder: Recorder, field: Any, instance: Model) -> Load | None:
    """Return what is loaded for which row; None for rows nobody recorded."""
    try:
        rowset = instance._state.__dict__.get(ROWS)  # noqa: SLF001
        if rowset is None:
            return None
        if rowset.audit != recorder.number:
            rowset = recorder.own_rows(rowset)
            if rowset is None:
                return None
        child = rowset.children.get(field.name)
        if child is None:
            child = recorder.follow(rowset, field.name, relation_label(field))
        return child, instance.pk, field.remote_field.model
    except Exception:  # noqa: BLE001
        log_once("following a relation")
        return None


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


def install() -> None:
    """Watch foreign keys and one-to-ones being loaded."""
    descriptors.load_forward.subscribe(record_forward)
    descriptors.reload.subscribe(forget_origin)


def uninstall() -> None:
    """Stop watching."""
    descriptors.load_forward.unsubscribe(record_forward)
    descriptors.reload.unsubscribe(forget_origin)
