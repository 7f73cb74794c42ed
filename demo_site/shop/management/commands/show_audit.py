"""Print the audits of pages of the shop."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.test import Client

import queryaudit


class Command(BaseCommand):
    """Ask for pages as a browser does, and print what their audits found."""

    help = "Print the audits of pages, for example /slow/albums/ /fast/albums/."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the addresses."""
        parser.add_argument("paths", nargs="+", metavar="PATH", help="address within the shop")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print one audit after the other."""
        for path in options["paths"]:
            with queryaudit.audit(label=f"GET {path}") as audit:
                response = Client().get(path, headers={"host": "127.0.0.1"})
            if response.status_code != 200:
                msg = f"{path} answers {response.status_code}, not a page of the shop."
                raise CommandError(msg)
            self.stdout.write(f"\n{audit}")
