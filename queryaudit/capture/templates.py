"""Record which templates were rendered, and when: the part of a request that is not SQL."""

from collections.abc import Callable
from functools import wraps
from time import perf_counter
from typing import Any, Final

from queryaudit.capture.scope import threads
from queryaudit.errors import log_once
from queryaudit.hooks import templates
from queryaudit.recording.recorder import CURRENT

_TOOLBAR: Final = "debug_toolbar/"  # its templates are no part of the page


def record_rendering(proceed: Callable[..., Any]) -> Callable[..., Any]:
    """Note when a template began and how long it took, also when it fails."""

    @wraps(proceed)
    def render(self: Any, context: Any = None, request: Any = None) -> Any:
        recorder, scope = CURRENT.get(), threads.scope
        # The widgets of a form are templates within one.
        if recorder is None or scope.in_template or not recorder.is_open:
            return proceed(self, context, request)
        scope.in_template = True
        start = perf_counter()
        try:
            return proceed(self, context, request)
        finally:
            scope.in_template = False
            try:
                seconds = perf_counter() - start
                name = str(self.template.name or "")
                if not name.startswith(_TOOLBAR):
                    recorder.record_rendering(name, start, seconds)
            except Exception:  # noqa: BLE001
                log_once("recording a template")

    return render


def install() -> None:
    """Watch templates being rendered."""
    for patch in templates.render:
        patch.subscribe(record_rendering)


def uninstall() -> None:
    """Stop watching."""
    for patch in templates.render:
        patch.unsubscribe(record_rendering)
