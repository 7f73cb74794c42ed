"""Find the pages of a site: what can be reversed without arguments, and what pages link."""

import re
from collections import deque
from collections.abc import Iterator
from html import unescape
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from django.urls import NoReverseMatch, Resolver404, URLPattern, URLResolver, get_resolver, resolve

_LINK: Final = re.compile(r"""<a\b[^>]*\bhref\s*=\s*["']([^"'#]+)""", re.IGNORECASE)
# Pages whose visit ends the visit, or something else.
_SKIPPED: Final = re.compile(r"log[-_]?out|sign[-_]?out|delete|remove|destroy", re.IGNORECASE)
_AUDITORS: Final = {"queryaudit", "debug_toolbar", "silk"}
_SAME: Final = 5  # pages of one view that are asked: the others ask as they do


class Frontier:
    """The addresses still to be asked, each once, and a few of each view."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.asked = 0
        self._waiting: deque[str] = deque()
        self._known: set[str] = set()
        self._by_view: dict[str, int] = {}

    def add(self, path: str) -> None:
        """Take ``path`` in, unless it is known, leads nowhere or away, or ends something."""
        parts = urlsplit(path)
        if parts.scheme or parts.netloc or not parts.path.startswith("/"):
            return
        address = f"{parts.path}?{parts.query}" if parts.query else parts.path
        view = _view_of(parts.path)
        if not view or address in self._known or _SKIPPED.search(f"{address} {view}"):
            return
        self._known.add(address)
        if self._by_view.get(view, 0) < _SAME:
            self._by_view[view] = self._by_view.get(view, 0) + 1
            self._waiting.append(address)

    def add_links(self, path: str, text: str) -> None:
        """Take in what the page at ``path`` links."""
        for link in _LINK.findall(text):
            self.add(urljoin(path, unescape(link)))

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
    return path if _view_of(path) else None


def _plain(pattern: Any) -> str:
    route = getattr(pattern, "_route", None)
    if route is not None:
        return str(route)
    prefix = getattr(pattern, "language_prefix", None)
    if prefix is not None:
        return str(prefix)
    return re.sub(r"\\(.)", r"\1", str(pattern.regex.pattern).strip("^$").replace("\\Z", ""))


def _view_of(path: str) -> str:
    """Return the name of the view at ``path``; nothing for none, and for those of auditors."""
    try:
        match = resolve(path)
    except (Resolver404, NoReverseMatch):
        return ""
    if str(getattr(match.func, "__module__", "")).partition(".")[0] in _AUDITORS:
        return ""
    return match.view_name or match._func_path  # noqa: SLF001
