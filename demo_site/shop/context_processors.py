"""What every template of the shop may use."""

from django.http import HttpRequest

from shop.round_trips import RoundTrips, get_round_trips


def show_round_trips(_request: HttpRequest) -> dict[str, RoundTrips]:
    """Give templates the running count: printed at the end of a page, it is the whole count."""
    return {"round_trips": get_round_trips()}
