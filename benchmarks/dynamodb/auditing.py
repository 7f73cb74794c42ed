"""What an audit of calls costs: the time of the auditor's own handlers."""

from collections.abc import Callable
from time import perf_counter
from typing import Any

from benchmarks.dynamodb.site import models


def measure_audit(calls: int, rounds: int) -> dict[str, float]:
    """Return the auditor's own time of a call in microseconds: that of its handlers.

    They are clocked within real calls, as botocore calls them, in turns with some that do
    nothing: what is left when these are taken off is the auditor's.
    """
    from queryaudit.capture import dynamodb  # noqa: PLC0415

    ours, _ = models()
    watcher = dynamodb._watcher  # noqa: SLF001
    handlers = watcher.begin, watcher.receive, watcher.end
    ways: dict[str, Callable[[int], Any]] = {
        "gets in a loop": lambda n: ours.objects.get(sensor="s1", number=n),
        "one key again": lambda _: ours.objects.get(sensor="s1", number=0),
        "queries in a loop": lambda n: ours.objects.filter(sensor="s1", number=n).count(),
    }
    found = {}
    for name, ask in ways.items():
        best = [1e9, 1e9]
        for number in range(2 * max(6, rounds // 3)):
            is_bare = number % 2
            chosen = (_nothing, _nothing, _nothing) if is_bare else handlers
            seconds = _clock_audit(ask, calls, watcher, chosen)
            best[is_bare] = min(best[is_bare], seconds / calls * 1e6)
        found[name] = best[0] - best[1]
    return found


def _nothing(*_: Any) -> None:
    pass


def _clock_audit(
    ask: Callable[[int], Any], calls: int, watcher: Any, handlers: tuple[Any, ...]
) -> float:
    """Return the seconds that the handlers took for so many calls of one audit."""
    import queryaudit  # noqa: PLC0415
    from benchmarks.clocks import unseen  # noqa: PLC0415

    spent = 0.0

    def clocked(handler: Callable[..., None]) -> Callable[..., None]:
        @unseen
        def clock(*args: Any) -> None:
            nonlocal spent
            begin = perf_counter()
            handler(*args)
            spent += perf_counter() - begin

        return clock

    with queryaudit.audit() as audit:
        watcher.begin, watcher.receive, watcher.end = map(clocked, handlers)
        try:
            for number in range(calls):
                ask(number)
        finally:
            del watcher.begin, watcher.receive, watcher.end
    if audit.dynamodb_calls != (0 if _nothing in handlers else calls):
        msg = f"{audit.dynamodb_calls} of {calls} calls were counted"
        raise RuntimeError(msg)
    return spent
