"""Fill the tables of DynamoDB from the command line."""

import time
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    """Make the tables and write prices and play counts of the newest albums."""

    help = "Make and fill the tables in DynamoDB, for a shop that has albums."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Fill the tables and tell how long it took."""
        if not settings.DEMO_DYNAMODB:
            msg = "DEMO_DYNAMODB is not set: `make demo DYNAMODB=1` starts a server and sets it."
            raise CommandError(msg)
        from shop.procedures.fill_items import fill_items  # noqa: PLC0415  # connects to a server

        begun = time.perf_counter()
        call_command("dynamodb", "create", stdout=self.stdout)
        items = fill_items()
        seconds = time.perf_counter() - begun
        self.stdout.write(f"Wrote {items:,} items to DynamoDB in {seconds:.1f} s.")
