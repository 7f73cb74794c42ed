"""The audit of one test's call."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any
from unittest import TestCase
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
    around = _within_method if _is_unittest(item) else _within_call
    with around(item, audit):
        answer = yield  # a test that fails on its own leaves here, and stays as it is
    if not audit.has_ended or getattr(item, "_excinfo", None):
        return answer  # so does one of unittest's, which leaves nowhere
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


def _is_unittest(item: pytest.Item) -> bool:
    return isinstance(getattr(item, "instance", None), TestCase)


@contextmanager
def _within_call(item: Any, audit: Audit) -> Iterator[None]:
    """Audit the call. An async test runs within the audit wherever its loop runs it.

    The loop of a plugin may have a context that began before the test.
    """
    function = getattr(item, "obj", None)
    if not iscoroutinefunction(function):
        with audit:
            yield
        return

    @wraps(function)
    async def within(*args: Any, **kwargs: Any) -> Any:
        with audit.active():
            return await function(*args, **kwargs)

    item.obj = within
    try:
        with audit:
            yield
    finally:
        item.obj = function  # it may be run again, in another audit


@contextmanager
def _within_method(item: Any, audit: Audit) -> Iterator[None]:
    """Audit the method of a unittest's case: setUp and tearDown are no part of it."""
    original, function = item.obj, getattr(item.instance, item.name)

    @wraps(function)
    def within(*args: Any, **kwargs: Any) -> Any:
        with audit:
            return function(*args, **kwargs)

    @wraps(function)
    async def within_coroutine(*args: Any, **kwargs: Any) -> Any:
        with audit:
            return await function(*args, **kwargs)

    # pytest sets the method of some cases from the item, and leaves it to others, and to
    # pytest-django, to look it up by its name.
    item.obj = within_coroutine if iscoroutinefunction(function) else within
    setattr(item.instance, item.name, item.obj)
    try:
        yield
    finally:
        item.obj = original
        vars(item.instance).pop(item.name, None)


def _check_hooks(audit: Audit) -> None:
    """Fail a test whose queries could not be seen: that it counts none would be no news."""
    from queryaudit.capture import missing  # noqa: PLC0415  # beside the test that asks for it

    problems = missing()
    if problems:
        text = "; ".join(problems)
        msg = f"queryaudit was not installed while {audit.label} ran, so nothing is known: {text}"
        raise RuntimeError(msg)
