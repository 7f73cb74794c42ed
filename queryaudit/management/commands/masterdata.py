"""``manage.py masterdata``: what is held and loaded, and triggers that tell of other clients."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS, connections, transaction

from queryaudit.management.loading import LoadingCommands
from queryaudit.masterdata import coherence, triggers
from queryaudit.masterdata.registry import managers
from queryaudit.masterdata.stats import stats, warm


class Command(LoadingCommands, BaseCommand):
    """One method a subcommand: ``declare_NAME`` declares it, ``do_NAME`` runs it."""

    help = "Show, check, freeze and dump master data, and install triggers on PostgreSQL."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the subcommands: one for each ``declare_...`` method."""
        chosen = parser.add_subparsers(dest="what", required=True)
        for name in dir(self):
            if name.startswith("declare_"):
                getattr(self, name)(chosen)

    def handle(self, *args: Any, what: str, **options: Any) -> None:  # noqa: ARG002
        """Run one of them."""
        getattr(self, f"do_{what}")(**options)

    def declare_status(self, chosen: Any) -> None:
        """Declare ``status``."""
        chosen.add_parser("status", help="tell what is held, and what is loaded")

    def do_status(self, **_: Any) -> None:
        """Read the rows as a process of the site would, and print what came of it."""
        warm()
        found = stats()
        if not found:
            self.stdout.write("No model has a MasterDataManager.")
            self.show_loads()
            return
        columns = ("model", "database", "coherence", "state", "rows", "bytes", "problem")
        lines = [columns, *(tuple(_shown(one[name]) for name in columns) for one in found)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        for line in lines:
            cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
            self.stdout.write("  ".join(cells).rstrip())
        self.show_loads()

    def declare_triggers(self, chosen: Any) -> None:
        """Declare ``triggers``."""
        parser = chosen.add_parser("triggers", help="triggers of PostgreSQL")
        parser.add_argument("action", choices=("install", "remove", "show"))
        parser.add_argument("--database", default=DEFAULT_DB_ALIAS, help="an alias of DATABASES")

    def do_triggers(self, *, action: str, database: str, **options: Any) -> None:
        """Install, remove or print them."""
        if database not in connections.settings:
            known = ", ".join(connections.settings)
            msg = f"{database!r} is no alias of DATABASES; allowed: {known}"
            raise CommandError(msg)
        connection: Any = connections[database]
        if connection.vendor != "postgresql":
            msg = f"{database!r} is {connection.vendor}; triggers that notify are PostgreSQL's"
            raise CommandError(msg)
        if not managers():
            msg = "no model has a MasterDataManager"
            raise CommandError(msg)
        make = triggers.remove_sql if action == "remove" else triggers.install_sql
        statements = make(connection)
        if action == "show":
            self.stdout.write(";\n".join(statements) + ";")
            return
        with transaction.atomic(using=database), connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        if options.get("verbosity", 1):
            said = "installed" if action == "install" else "removed"
            how = coherence.choice(database)
            self.stdout.write(f"{len(statements) - 1} triggers {said}; {database!r} uses {how}.")


def _shown(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
