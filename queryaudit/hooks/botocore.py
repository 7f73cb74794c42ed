"""botocore: its public events for the auditor, and the parser that DynamoDB models go without.

Nothing of it is replaced. A session tells of its making (``register_initializer``); its clients
copy its handlers, so that boto3, PynamoDB 6 and aiobotocore are seen as well. Sessions that
were made before cannot be: ``unseen()`` counts them.
"""

import gc
import sys
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, Protocol
from weakref import WeakSet


class Watcher(Protocol):
    """Who is told of calls of DynamoDB, in the thread of the caller. It must not raise."""

    def begin(self, operation: str, params: Any, context: dict[str, Any]) -> None:
        """A call begins; ``context`` lives as long as the call does."""

    def receive(self, response: Any, context: dict[str, Any]) -> None:
        """One attempt is over: ``headers`` and ``body`` as they came, None where nothing did."""

    def end(self, operation: str, parsed: Any, context: dict[str, Any]) -> None:
        """It was answered, by an error too; ``parsed`` is None where no answer came."""


_EVENTS = (
    ("before-parameter-build.dynamodb", "begin"),
    ("response-received.dynamodb", "receive"),
    ("after-call.dynamodb", "end"),
    ("after-call-error.dynamodb", "fail"),
)
_watchers: tuple[Watcher, ...] = ()
# The labels of the models whose items are in the table of a full name.
_models: dict[str, dict[type, str]] = {}
_is_registered = False
_seen: "WeakSet[Any]" = WeakSet()


def _begin(params: Any, model: Any, context: Any, **_: Any) -> None:
    for watcher in _watchers:
        watcher.begin(model.name, params, context)


def _receive(response_dict: Any, context: Any, **_: Any) -> None:
    for watcher in _watchers:
        watcher.receive(response_dict, context)


def _end(parsed: Any, model: Any, context: Any, **_: Any) -> None:
    for watcher in _watchers:
        watcher.end(model.name, parsed, context)


def _fail(context: Any, event_name: str = "", **_: Any) -> None:
    for watcher in _watchers:
        watcher.end(event_name.rpartition(".")[2], None, context)


_HANDLERS: dict[str, Callable[..., None]] = {
    "begin": _begin,
    "receive": _receive,
    "end": _end,
    "fail": _fail,
}


def _see(session: Any) -> None:
    """Stand on the events of a session that is being made, after all other handlers.

    boto3's resources write their conditions out in a handler of the same event.
    """
    emitter = session.get_component("event_emitter")
    for event, name in _EVENTS:
        emitter.register_last(event, _HANDLERS[name], unique_id=f"queryaudit-{name}")
    _seen.add(session)


def subscribe(watcher: Watcher) -> None:
    """Tell ``watcher`` of each call from now on; without botocore nothing is done.

    Imports botocore's top package alone, which is small, and that only if it can be found.
    """
    global _watchers, _is_registered  # noqa: PLW0603
    if watcher not in _watchers:
        _watchers += (watcher,)
    if not _is_registered and ("botocore" in sys.modules or find_spec("botocore") is not None):
        from botocore import register_initializer  # noqa: PLC0415  # optional

        register_initializer(_see)
        _is_registered = True


def unsubscribe(watcher: Watcher) -> None:
    """Tell it no more. After the last, sessions that were made keep handlers that do nothing."""
    global _watchers, _is_registered  # noqa: PLW0603
    _watchers = tuple(other for other in _watchers if other is not watcher)
    if _is_registered and not _watchers:
        from botocore import unregister_initializer  # noqa: PLC0415

        unregister_initializer(_see)
        _is_registered = False


def name_table(table: str, model: type, label: str) -> None:
    """Say that the items of ``table`` are those of ``model``, which findings call ``label``."""
    _models.setdefault(table, {})[model] = label


def model_of(table: str) -> str | None:
    """Return the label of the model whose table it is, of several that of the base of all.

    None where models that are no kin share the table, or where it is of none.
    """
    owners = list(_models.get(table, {}).items())
    bases = (
        label for model, label in owners if all(issubclass(other, model) for other, _ in owners)
    )
    return next(bases, None)


def unseen() -> int:
    """Return how many sessions were made before the auditor stood there; looks at all objects."""
    module = sys.modules.get("botocore.session")
    if module is None or not _is_registered:
        return 0
    # Not isinstance(), which would have lazy objects of the site evaluate themselves.
    return sum(
        issubclass(type(one), module.Session) and one not in _seen for one in gc.get_objects()
    )
