"""Find the pages of a site: what can be reversed without arguments, and what pages link."""

import re
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from html import unescape
from typing import Any, Final
from urllib.parse import unquote, urljoin, urlsplit

from django.urls import (
    NoReverseMatch,
    Resolver404,
    ResolverMatch,
    URLPattern,
    URLResolver,
    get_resolver,
    resolve,
)

_LINK: Final = re.compile(
    r"""<a\s(?:[^>]*\s)?href\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE
)
# Pages whose visit ends the visit, or something else: by address, name or view.
_SKIPPED: Final = re.compile(
    r"(log|sign)[-_]?(out|off)|delete|remove|destroy|erase|purge|wipe|unsubscribe|deactivate",
    re.IGNORECASE,
)
_AUDITORS: Final = {"queryaudit", "debug_toolbar", "silk"}
_SAME: Final = 5  # pages of one pattern that are asked: the others ask as they do


class Frontier:
    """The addresses still to be asked, each once, and a few of each view."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.asked = 0
        self._waiting: deque[str] = deque()
        self._known: set[str] = set()
        self._by_route: dict[str, int] = {}

    def add(self, path: str) -> None:
        """Take ``path`` in, unless it is known, leads nowhere or away, or ends something."""
        try:
            parts = urlsplit(path)
        except ValueError:  # "http://[nothing"
            return
        if parts.scheme or parts.netloc or not parts.path.startswith("/"):
            return
        # One address, however it is quoted.
        address = unquote(parts.path) + (f"?{parts.query}" if parts.query else "")
        match = _match_of(unquote(parts.path))
        if match is None or address in self._known:
            return
        words = f"{address} {match.view_name} {match._func_path}"  # noqa: SLF001
        if _SKIPPED.search(words):
            return
        self._known.add(address)
        if self._by_route.get(match.route, 0) < _SAME:
            self._by_route[match.route] = self._by_route.get(match.route, 0) + 1
            self._waiting.append(address)

    def add_links(self, path: str, text: str) -> None:
        """Take in what the page at ``path`` links."""
        for link in _LINK.findall(text):
            self.add_link(path, unescape("".join(link)))

    def add_link(self, path: str, link: str) -> None:
        """Take in where ``link`` leads from the page at ``path``."""
        with suppress(ValueError):  # no address at all
            self.add(urljoin(path, link.strip()))

    def __iter__(self) -> Iterator[str]:
        """Yield addresses until none is left or enough have been asked."""
        while self._waiting and self.asked < self.most:
            self.asked += 1
            yield self._waiting.popleft()

    @property
    def left(self) -> int:
        """How many are still to be asked."""
        return min(len(self._waiting), self.most - self.asked)

    @property
    def cut(self) -> int:
        """How many were found and are not asked, since they are too many."""
        return len(self._waiting) - self.left


def plain_addresses(apps: list[str]) -> Iterator[str]:
    """Yield the addresses that take no arguments; of ``apps`` alone, where any are named."""
    resolver: Any = get_resolver()
    for pattern, prefix in _patterns(resolver, ()):
        try:
            view = pattern.lookup_str
        except AttributeError:
            view = ""
        if apps and not any(view.startswith(f"{app}.") for app in apps):
            continue
        path = _reversed(prefix, pattern)
        if path is not None:
            yield path


def _patterns(resolver: Any, prefix: tuple[Any, ...]) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from _patterns(pattern, (*prefix, pattern))
        elif isinstance(pattern, URLPattern):
            yield pattern, prefix


def _reversed(prefix: tuple[Any, ...], pattern: Any) -> str | None:
    """Return the path that the patterns make, where none of them has an argument."""
    parts = [*prefix, pattern]
    if any(part.pattern.regex.groups for part in parts):
        return None
    path = "/" + "".join(_plain(part.pattern) for part in parts)
    return path if _match_of(path) else None


def _plain(pattern: Any) -> str:
    route = getattr(pattern, "_route", None)
    if route is not None:
        return str(route)
    prefix = getattr(pattern, "language_prefix", None)
    if prefix is not None:
        return str(prefix)
    return re.sub(r"\\(.)", r"\1", str(pattern.regex.pattern).strip("^$").replace("\\Z", ""))


def _match_of(path: str) -> ResolverMatch | None:
    """Return what is at ``path``; None for nothing, and for the pages of auditors."""
    try:
        match = resolve(path)
    except (Resolver404, NoReverseMatch):
        return None
    room = str(getattr(match.func, "__module__", "")).partition(".")[0]
    return None if room in _AUDITORS else match
