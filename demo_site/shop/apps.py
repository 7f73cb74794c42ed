"""The record shop's Django app."""

from django.apps import AppConfig


class ShopConfig(AppConfig):
    """Start counting round trips as soon as the app is loaded."""

    name = "shop"

    def ready(self) -> None:
        """Wrap every connection, open or to come."""
        from shop.round_trips import watch_connections  # noqa: PLC0415  # apps load before this

        watch_connections()
