"""``manage.py rawsql stubs``: what editors know of the queries in SQL files."""

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS, connections

from queryaudit.rawsql.stubs import stub_of


class Command(BaseCommand):
    """Write type stubs of the named queries, or tell which are out of date."""

    help = "Write type stubs of the queries in <app>/sql/*.sql, for editors and type checkers."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what can be asked."""
        parser.add_argument("action", choices=["stubs"], help="write <app>/sql/__init__.pyi")
        parser.add_argument("apps", nargs="*", metavar="APP", help="labels of apps (all)")
        parser.add_argument(
            "--database", default=DEFAULT_DB_ALIAS, metavar="ALIAS", help="which describes columns"
        )
        parser.add_argument(
            "--check", action="store_true", help="write nothing; exit 1 if a stub is out of date"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write or compare the stubs."""
        unknown = [label for label in options["apps"] if label not in apps.app_configs]
        if unknown:
            msg = f"{unknown[0]!r} is no installed app: {', '.join(apps.app_configs)}"
            raise CommandError(msg, returncode=2)
        if options["database"] not in connections:
            msg = f"{options['database']!r} is no alias: {', '.join(connections)}"
            raise CommandError(msg, returncode=2)
        stale = 0
        for label in options["apps"] or apps.app_configs:
            made = stub_of(label, options["database"])
            if made is None:
                continue
            path, text = made
            is_current = path.exists() and path.read_text(encoding="utf-8") == text
            if options["check"]:
                stale += not is_current
                state = "up to date" if is_current else "out of date"
                self.stdout.write(f"{path}: {state}")
            else:
                path.write_text(text, encoding="utf-8")
                self.stdout.write(f"{path}: {'unchanged' if is_current else 'written'}")
        if stale:
            msg = "Stubs are out of date: run manage.py rawsql stubs."
            raise CommandError(msg)
