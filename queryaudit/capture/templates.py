"""Record which templates were rendered, and when: the part of a request that is not SQL."""

from collections.abc import Callable
from functools import wraps
from time import perf_counter
from typing import Any

from queryaudit.errors import log_once
from queryaudit.hooks import templates
from queryaudit.recording.recorder import CURRENT


def record_rendering(proceed: Callable[..., Any]) -> Callable[..., Any]:
    """Note when a template began and how long it took, also when it fails."""

    @wraps(proceed)
    def render(self: Any, context: Any = None, request: Any = None) -> Any:
        recorder = CURRENT.get()
        if recorder is None or not recorder.is_open:
            return proceed(self, context, request)
        start = perf_counter()
        try:
            return proceed(self, context, request)
        finally:
            try:
                seconds = perf_counter() - start
                recorder.record_rendering(str(self.template.name or ""), start, seconds)
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
