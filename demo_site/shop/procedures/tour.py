"""Walk all pairs and measure both pages of each, as a visitor would ask for them."""

from collections.abc import Iterable
from dataclasses import dataclass
from time import perf_counter

from django.test import Client

import queryaudit
from queryaudit import Finding
from shop.pages import Page, Pair


@dataclass(frozen=True)
class Measured:
    """One page: its round trips, how many are left once its findings are repaired, its seconds."""

    page: Page
    round_trips: int
    left: int | None
    seconds: float
    findings: tuple[Finding, ...]

    @property
    def best_fix(self) -> str:
        """The code that spares most round trips; "" without findings."""
        best = max(self.findings, key=_spared_by, default=None)
        return best.fix if best else ""


def _spared_by(finding: Finding) -> int:
    return 0 if finding.left is None else finding.count - finding.left


@dataclass(frozen=True)
class Stop:
    """One pair on the way."""

    pair: Pair
    slow: Measured
    fast: Measured

    @property
    def times_faster(self) -> float:
        """How many times as long the slow page took."""
        return self.slow.seconds / self.fast.seconds


def walk(pairs: Iterable[Pair], host: str) -> list[Stop]:
    """Ask for both pages of each pair at ``host``, twice each, and measure the second time.

    The first fills what memory holds, and what Python and Django remember.
    """
    return [Stop(pair, _measure(pair.slow, host), _measure(pair.fast, host)) for pair in pairs]


def _measure(page: Page, host: str) -> Measured:
    client = Client(headers={"host": host})
    _ask(client, page)
    with queryaudit.audit(label=page.url, raise_=False) as audit:
        begun = perf_counter()
        _ask(client, page)
        seconds = perf_counter() - begun
    left = audit.expected_count
    calls = [finding.calls_left for finding in audit.findings if finding.noun == "call"]
    if left is None or None in calls:
        left = None
    else:
        left += sum(filter(None, calls)) if calls else audit.dynamodb_calls
    round_trips = audit.query_count + audit.dynamodb_calls
    return Measured(page, round_trips, left, seconds, tuple(audit.findings))


def _ask(client: Client, page: Page) -> None:
    response = client.get(page.url)
    if response.streaming:
        response.getvalue()
