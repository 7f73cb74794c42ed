"""The pytest plugin: budgets and findings of tests. Nothing happens until it is asked for.

pytest loads this in every run, also where Django is not used: it imports neither Django
nor the rest of the package before a test, a fixture or an option asks for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from queryaudit.auditing import Audit

_MARKER = (
    "queryaudit(max_queries=None, no_n_plus_one=False, no_findings=False, allow=()): audit the "
    "queries of the test's call and fail where they are not so."
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    group = parser.getgroup("queryaudit", "queries of Django's database")
    group.addoption(
        "--queryaudit",
        action="store_true",
        help="audit every test; fail those whose site code has findings of severity error",
    )
    group.addoption(
        "--queryaudit-report",
        action="store_true",
        help="tell the ten worst findings of all audited tests at the end",
    )
    group.addoption(
        "--queryaudit-write-budgets",
        action="store_true",
        help="write @pytest.mark.queryaudit(max_queries=...) above each test that has none",
    )
    group.addoption(
        "--queryaudit-baseline",
        metavar="FILE",
        help="findings whose ids stand in FILE pass; those that are repaired are named",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker and, where an option asks for it, what watches the whole run."""
    config.addinivalue_line("markers", _MARKER)
    options = ("queryaudit", "queryaudit_report", "queryaudit_write_budgets", "queryaudit_baseline")
    if any(config.getoption(option) for option in options):
        from queryaudit.pytest_plugin.run import Run

        config.pluginmanager.register(Run(config), "queryaudit-run")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Refuse a marker with wrong keywords before any test runs."""
    marker = item.get_closest_marker("queryaudit")
    if marker is not None:
        from queryaudit.pytest_plugin.markers import check_marker

        check_marker(item, marker)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Audit the test's call alone: neither its fixtures nor what comes after."""
    run: Any = item.config.pluginmanager.get_plugin("queryaudit-run")
    is_marked = item.get_closest_marker("queryaudit") is not None
    is_asked = "query_audit" in getattr(item, "fixturenames", ())
    if not (is_marked or is_asked or run is not None):
        return (yield)
    from queryaudit.pytest_plugin.calls import audited

    return (yield from audited(item, run))


@pytest.fixture
def query_audit(request: pytest.FixtureRequest) -> Audit:
    """The audit of this test's call; counts and findings may be read while it runs."""
    from queryaudit.pytest_plugin.calls import audit_of

    return audit_of(request.node)


@pytest.fixture
def query_scaling() -> Callable[..., Any]:
    """A function: ``query_scaling(make, ask, small=2, large=6)`` fails where queries grow.

    ``make(n)`` makes n rows more, ``ask()`` calls the page.
    """
    from queryaudit.testing.growth import measure_growth

    def scale(
        make: Callable[[int], object],
        ask: Callable[[], object],
        *,
        small: int = 2,
        large: int = 6,
    ) -> Any:
        __tracebackhide__ = True
        growth = measure_growth(make, ask, small=small, large=large)
        if growth.grows:
            pytest.fail(growth.failure, pytrace=False)
        return growth

    return scale
