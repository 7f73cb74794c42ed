"""What a page of the demonstration is: one side of a pair."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from django.urls import reverse

Variant: TypeAlias = Literal["slow", "fast"]


@dataclass(frozen=True)
class Pair:
    """Two pages which show the same and ask the database differently."""

    path: str  # what follows /slow/ and /fast/
    title: str
    summary: str  # one sentence for the list of all pairs
    mistake: str  # two sentences: what is wrong with the slow page
    repair: str  # two sentences: what repaired it on the fast page
    view: Callable[..., Any]  # called with the request and the page, sync or async

    @property
    def slow(self) -> "Page":
        """The page with the mistake."""
        return Page(self, "slow")

    @property
    def fast(self) -> "Page":
        """The page without."""
        return Page(self, "fast")


@dataclass(frozen=True)
class Page:
    """One of the two pages of a pair."""

    pair: Pair
    variant: Variant

    @property
    def route(self) -> str:
        """The page's address in the table of addresses, which is its name there, too."""
        return f"{self.variant}/{self.pair.path}"

    @property
    def url(self) -> str:
        """The address to link."""
        return reverse(self.route)

    @property
    def twin(self) -> "Page":
        """The other page of the pair."""
        return self.pair.fast if self.variant == "slow" else self.pair.slow

    @property
    def why(self) -> str:
        """Two sentences: what is wrong here, or what repaired it."""
        return self.pair.mistake if self.variant == "slow" else self.pair.repair
