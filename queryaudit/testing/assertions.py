"""The same for unittest: a mixin for test cases."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from warnings import warn

from queryaudit.auditing import Audit
from queryaudit.testing.expectations import Expectation
from queryaudit.testing.growth import Growth, measure_growth


class QueryAuditMixin:
    """Assertions for unittest's and Django's test cases, each around a block of code.

    The blocks give the audit, whose counts and findings may be read as well.
    """

    failureException: type[BaseException] = AssertionError  # unittest's name

    @contextmanager
    def assertMaxQueries(  # noqa: N802  # as unittest names assertions
        self, count: int, *, allow: Sequence[str] = ()
    ) -> Iterator[Audit]:
        """Fail where the block asks more than ``count`` queries, with what it asks too often."""
        yield from self._expect(Expectation(max_queries=count, allow=tuple(allow)))

    @contextmanager
    def assertNoFindings(self, *, allow: Sequence[str] = ()) -> Iterator[Audit]:  # noqa: N802
        """Fail where the block has findings of severity error or warning.

        ``allow`` names relations or ids that may be there; a name that no finding has is
        told by a warning.
        """
        yield from self._expect(Expectation(no_findings=True, allow=tuple(allow)))

    def assertQueriesDoNotGrow(  # noqa: N802
        self,
        make: Callable[[int], object],
        ask: Callable[[], object],
        *,
        small: int = 2,
        large: int = 6,
    ) -> Growth:
        """Fail where ``ask()`` costs more queries once ``make(n)`` has made more rows."""
        growth = measure_growth(make, ask, small=small, large=large)
        if growth.grows:
            raise self.failureException(growth.failure)
        return growth

    def _expect(self, expected: Expectation) -> Iterator[Any]:
        with Audit(raise_=False) as audit:
            yield audit
        failure = expected.failure_of(audit)
        if failure:
            raise self.failureException(failure)
        for name in expected.stale(audit):
            warn(f"allow names {name!r}, and no finding has that relation or id", stacklevel=4)
