"""A site whose requests are kept in a store that a test breaks and repairs."""

import time
from collections.abc import Callable

import pytest
from django.test import Client

from queryaudit import stores
from queryaudit.stores.health import health
from queryaudit.stores.writer import writer

VISITS = 5


class Site:
    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self._caplog = caplog

    def visit(self, times: int = VISITS) -> float:
        """Ask for a page and return the seconds that the slowest answer took."""
        slowest = 0.0
        for _ in range(times):
            start = time.perf_counter()
            assert Client().get("/some/0/").status_code == 200
            slowest = max(slowest, time.perf_counter() - start)
        return slowest

    def is_kept(self) -> bool:
        """Ask for one more page and return whether the newest record is of it."""
        before = time.time()
        self.visit(1)
        assert writer.drain()
        return any(record.started_at >= before for record in stores.recent(1))

    def told(self) -> list[str]:
        """What the log says of stores."""
        return [
            record.getMessage() for record in self._caplog.records if record.name == "queryaudit"
        ]

    def drill(
        self, reason: str, break_it: Callable[[], object], repair_it: Callable[[], object]
    ) -> None:
        """Break the store, have visitors, look what is said, repair it and look again.

        No visitor waits: half of the shortest time that a store waits for anything.
        """
        assert self.is_kept()
        assert stores.problem() is None
        break_it()
        assert self.visit() < 0.5
        assert writer.drain()
        problem = stores.problem()
        assert problem is not None
        assert reason in str(problem)
        assert (problem.part, problem.dropped) == ("writing", VISITS)
        (told,) = self.told()
        assert f"queryaudit: no audits are kept: {problem.reason}. Requests go on." in told
        repair_it()
        health._paused_until = 0.0  # as if the seconds had passed
        assert self.is_kept()
        assert stores.problem() is None
        assert self.told() == [told]
