"""The record shop's Django app."""

from django.apps import AppConfig
from django.conf import settings


class ShopConfig(AppConfig):
    """Start counting round trips as soon as the app is loaded."""

    name = "shop"

    def ready(self) -> None:
        """Wrap every connection, open or to come, and watch calls of DynamoDB where it runs."""
        from shop.round_trips import watch_calls, watch_connections  # noqa: PLC0415  # later

        watch_connections()
        if settings.DEMO_DYNAMODB:
            from shop import items  # noqa: F401, PLC0415  # manage.py dynamodb lists the models

            watch_calls()
