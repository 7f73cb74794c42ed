"""Fill the shop from the command line."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shop.management.progress import ProgressBar
from shop.procedures.seed_shop import NoCategoriesError, ShopNotEmptyError, seed_shop

ALBUMS = {"s": 200, "m": 5_000, "l": 50_000}


class Command(BaseCommand):
    """Invent albums and all around them."""

    help = "Fill the shop with invented records, the same each time."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the size and what to do with a shop that has data."""
        sizes = ", ".join(f"{size}: {albums:,}" for size, albums in ALBUMS.items())
        parser.add_argument(
            "--size", choices=ALBUMS, default="s", help=f"number of albums ({sizes})"
        )
        filled = parser.add_mutually_exclusive_group()
        filled.add_argument(
            "--replace", action="store_true", help="delete what the shop has, then fill it"
        )
        filled.add_argument(
            "--if-empty", action="store_true", help="do nothing if the shop has data of any size"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Fill the shop and tell how long it took."""
        albums = ALBUMS[options["size"]]
        progress = ProgressBar(self.stderr, "rows")
        begun = time.perf_counter()
        try:
            rows = seed_shop(albums, replace=options["replace"], show_progress=progress.show)
        except ShopNotEmptyError as error:
            if options["if_empty"]:
                return
            msg = (
                f"The shop has data, and nothing was added to it: {error}."
                " Allowed are --replace (delete all that, then fill the shop)"
                " and --if-empty (leave it as it is)."
            )
            raise CommandError(msg) from None
        except NoCategoriesError:
            msg = (
                "There are no categories, which migrate loads: delete the database and run"
                " manage.py migrate."
            )
            raise CommandError(msg) from None
        seconds = time.perf_counter() - begun
        self.stdout.write(f"Seeded {albums:,} albums ({rows:,} rows) in {seconds:.1f} s.")
