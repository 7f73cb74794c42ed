"""Record relations that are loaded because an attribute was read."""

from collections.abc import Callable
from typing import Any

from django.db.models import Model

from queryaudit.capture.rows import ROWS, relation_label, tag_joined
from queryaudit.capture.scope import scope
from queryaudit.errors import log_once
from queryaudit.hooks import descriptors
from queryaudit.recording.events import RowSet
from queryaudit.recording.recorder import CURRENT, Recorder


def record_forward(proceed: Callable[..., Any]) -> Callable[..., Any]:
    """Tell the statement which relation it loads, and the loaded row where it came from."""

    def get_object(self: Any, instance: Model) -> Any:
        recorder = CURRENT.get()
        load = None if recorder is None else _begin_load(recorder, self.field, instance)
        if recorder is None or load is None:
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


def _begin_load(recorder: Recorder, field: Any, instance: Model) -> tuple[RowSet, object] | None:
    """Return the relation's record and the instance's key; None for rows nobody recorded."""
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
        return child, instance.pk
    except Exception:  # noqa: BLE001
        log_once("following a relation")
        return None


def install() -> None:
    """Watch foreign keys and one-to-ones being loaded."""
    descriptors.load_forward.subscribe(record_forward)


def uninstall() -> None:
    """Stop watching."""
    descriptors.load_forward.unsubscribe(record_forward)
