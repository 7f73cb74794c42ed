"""Why somebody sees no audit: what is switched off, missing, or out of order."""

from collections.abc import Iterator
from typing import NamedTuple

from django.conf import settings
from django.core import checks
from django.urls import NoReverseMatch, reverse

from queryaudit import conf, stores
from queryaudit.checks import MIDDLEWARE
from queryaudit.conf.settings import Settings
from queryaudit.hooks import patches

_TOOLBAR = "debug_toolbar.middleware.DebugToolbarMiddleware"


class Point(NamedTuple):
    """One thing that was looked at: whether it is well, and what it means."""

    is_well: bool
    text: str


def diagnose() -> Iterator[Point]:
    """Yield what decides whether requests are audited and who sees it."""
    configuration = conf.get()
    yield from _enabled(configuration)
    installed = "queryaudit" in settings.INSTALLED_APPS
    yield Point(installed, f"INSTALLED_APPS {'has' if installed else 'lacks'} 'queryaudit'")
    yield from _middleware()
    share = configuration.sample
    yield Point(share > 0, f"SAMPLE is {share:g}: {share:.0%} of the requests are audited")
    yield from _viewers(configuration)
    problem = stores.problem()
    where = "the default store" if configuration.store is None else configuration.store
    yield Point(problem is None, str(problem) if problem else f"audits are kept in {where}")
    for told in patches.problems():
        yield Point(False, f"a hook is switched off: {told}")  # noqa: FBT003
    yield from _checks()


def _checks() -> Iterator[Point]:
    try:
        messages = checks.run_checks()
    except Exception as error:  # noqa: BLE001  # checks load the addresses, which run what they like
        yield Point(False, f"the site's checks fail: {_line(error)}")  # noqa: FBT003
        return
    for message in messages:
        if str(message.id).startswith("queryaudit."):
            hint = f" {message.hint}" if message.hint else ""
            yield Point(message.level < checks.WARNING, f"{message.id}: {message.msg}{hint}")


def _line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else ''}"


def _enabled(configuration: Settings) -> Iterator[Point]:
    enabled = configuration.enabled
    if enabled is None:
        text = f"ENABLED is None and follows DEBUG, which is {settings.DEBUG}"
    elif isinstance(enabled, str):
        text = f"ENABLED asks {enabled} for each request"
    else:
        text = f"ENABLED is {enabled}"
    yield Point(conf.is_enabled(), text)


def _middleware() -> Iterator[Point]:
    listed = list(settings.MIDDLEWARE)
    if MIDDLEWARE not in listed:
        yield Point(False, f"MIDDLEWARE lacks {MIDDLEWARE}")  # noqa: FBT003
        return
    place = listed.index(MIDDLEWARE)
    yield Point(
        place <= 1,
        f"{MIDDLEWARE} is number {place + 1} of {len(listed)} in MIDDLEWARE"
        + ("" if place <= 1 else ": what stands before it is not audited; put it first"),
    )
    if _TOOLBAR in listed and listed.index(_TOOLBAR) < place:
        text = "the debug toolbar stands outside of it and replaces Server-Timing"
        yield Point(False, text)  # noqa: FBT003


def _viewers(configuration: Settings) -> Iterator[Point]:
    if configuration.viewers is not None:
        yield Point(True, f"VIEWERS: {configuration.viewers} decides who sees audits")  # noqa: FBT003
    elif settings.DEBUG:
        addresses = ", ".join(map(str, settings.INTERNAL_IPS)) or "none"
        text = f"VIEWERS is None: this machine and INTERNAL_IPS ({addresses}) see audits"
        yield Point(True, text)  # noqa: FBT003
    else:
        yield Point(True, "VIEWERS is None and DEBUG off: active staff see audits")  # noqa: FBT003
    try:
        text = f"the dashboard is at {reverse('queryaudit:requests')}"
        yield Point(True, text)  # noqa: FBT003
    except NoReverseMatch:
        text = 'no dashboard: path("queryaudit/", include("queryaudit.dashboard.urls"))'
        yield Point(True, text)  # noqa: FBT003
    except Exception as error:  # noqa: BLE001
        yield Point(False, f"the site's addresses cannot be loaded: {_line(error)}")  # noqa: FBT003
