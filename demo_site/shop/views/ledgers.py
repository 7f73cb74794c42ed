"""What was sold, as a file that is sent while it is read."""

from collections.abc import Iterator

from django.http import HttpRequest, StreamingHttpResponse

from shop.pages import Page
from shop.procedures import ledgers
from shop.round_trips import RoundTrips, counting, get_round_trips


def stream_ledger(_request: HttpRequest, page: Page) -> StreamingHttpResponse:
    """Send what was sold as CSV, and below it, as comments, what a box would tell."""
    lines = _write(page, get_round_trips())
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")


def _write(page: Page, round_trips: RoundTrips) -> Iterator[str]:
    yield from counting(ledgers.export(page.variant), round_trips)
    yield f"# queries: {round_trips.count}\r\n# {page.why}\r\n# twin: {page.twin.url}\r\n"
