"""``manage.py dynamodb``: the tables of the site's DynamoDB models."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from queryaudit.errors import DynamoDBError


class Command(BaseCommand):
    """Create, delete or describe the tables."""

    help = "Create, delete or describe the tables of DynamoDB models."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what can be asked."""
        parser.add_argument("action", choices=["create", "delete", "describe"])
        parser.add_argument("models", nargs="*", metavar="MODEL", help="names of models (all)")
        parser.add_argument(
            "--noinput",
            "--no-input",
            action="store_false",
            dest="interactive",
            help="delete without asking",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do it for each table; several models may share one."""
        from queryaudit.dynamodb import tables  # noqa: PLC0415  # needs the extra
        from queryaudit.dynamodb.models import dynamodb_model_classes, full_name  # noqa: PLC0415

        known = {model.__name__: model for model in dynamodb_model_classes}
        unknown = [name for name in options["models"] if name not in known]
        if unknown:
            msg = f"{unknown[0]!r} is no DynamoDB model: {', '.join(known) or 'there is none'}"
            raise CommandError(msg, returncode=2)
        models = [known[name] for name in options["models"]] or tables.models()
        names = [full_name(model) for model in models]
        if options["action"] == "delete" and options["interactive"] and names:
            self.stdout.write(f"This deletes with all items: {', '.join(names)}")
            if self._ask() != "yes":
                msg = "Nothing was deleted."
                raise CommandError(msg)
        from pynamodb.exceptions import PynamoDBException  # noqa: PLC0415  # needs the extra

        try:
            for model, name in zip(models, names, strict=True):
                self.stdout.write(f"{name}: {_DOINGS[options['action']](tables, model)}")
        except (DynamoDBError, PynamoDBException) as error:
            raise CommandError(str(error)) from error

    def _ask(self) -> str:
        try:
            return input("Type yes to go on: ")
        except EOFError:
            return ""  # nobody is there to say so


def _create(tables: Any, model: Any) -> str:
    return "created" if tables.create(model) else "is there"


def _delete(tables: Any, model: Any) -> str:
    return "deleted" if tables.delete(model) else "is not there"


def _describe(_tables: Any, model: Any) -> str:
    if not model.exists():
        return "is not there"
    found = model.describe_table()
    keys = [(one["AttributeName"], one["KeyType"].lower()) for one in found["KeySchema"]]
    indexes = [
        one["IndexName"]
        for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")
        for one in found.get(kind, ())
    ]
    key = ", ".join(f"{name} ({kind})" for name, kind in keys)
    return (
        f"{found['TableStatus'].lower()}, {found['ItemCount']:,} items, "
        f"{found['TableSizeBytes']:,} bytes, key {key}, indexes {', '.join(indexes) or 'none'}"
    )


_DOINGS = {"create": _create, "delete": _delete, "describe": _describe}
