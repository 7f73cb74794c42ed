"""The audit of one test's call."""

from collections.abc import Generator
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any
from warnings import warn

import pytest

from queryaudit.auditing import Audit
from queryaudit.pytest_plugin.markers import expectation_of

_KEY = pytest.StashKey[Audit]()


class QueryAuditWarning(pytest.PytestWarning):
    """A marker names what is no longer there."""


def audit_of(item: pytest.Item) -> Audit:
    """Return the audit of a test's call, made when it is first asked for.

    A test that has ended is run again, by a plugin that repeats what failed.
    """
    audit = item.stash.get(_KEY, None)
    if audit is None or audit.has_ended:
        run: Any = item.config.pluginmanager.get_plugin("queryaudit-run")
        known = None if run is None else run.known
        audit = item.stash[_KEY] = Audit(label=item.nodeid, raise_=False, known=known)
    return audit


def audited(item: pytest.Item, run: Any) -> Generator[None, object, object]:
    """Run the call within its audit; fail the test afterwards where it is not as expected."""
    __tracebackhide__ = True
    audit = audit_of(item)
    _enter_coroutine(item, audit)
    with audit:
        answer = yield  # a test that fails on its own leaves here, and stays as it is
    _check_hooks(audit)
    failure = _failure_of(item, audit, run)
    if failure:
        pytest.fail(failure, pytrace=False)
    return answer


def _failure_of(item: pytest.Item, audit: Audit, run: Any) -> str:
    expected = expectation_of(item)
    failure = expected.failure_of(audit)
    for name in expected.stale(audit):
        text = f"{item.nodeid}: allow names {name!r}, and no finding has that relation or id"
        warn(QueryAuditWarning(text), stacklevel=1)
    return failure if run is None else run.judge(item, audit, expected) or failure


def _enter_coroutine(item: Any, audit: Audit) -> None:
    """Have an async test run within the audit wherever its loop runs it.

    The loop of a plugin may have a context that began before the test.
    """
    function = getattr(item, "obj", None)
    if not iscoroutinefunction(function):
        return

    @wraps(function)
    async def within(*args: Any, **kwargs: Any) -> Any:
        with audit.active():
            return await function(*args, **kwargs)

    item.obj = within


def _check_hooks(audit: Audit) -> None:
    """Fail a test whose queries could not be seen: that it counts none would be no news."""
    from queryaudit.capture import missing  # noqa: PLC0415  # beside the test that asks for it

    problems = missing()
    if problems:
        text = "; ".join(problems)
        msg = f"queryaudit was not installed while {audit.label} ran, so nothing is known: {text}"
        raise RuntimeError(msg)
