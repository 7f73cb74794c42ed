"""One item for each table that is held in memory: a number that grows with every write to it."""

from queryaudit.dynamodb import requirement  # noqa: F401  # names the extra

# isort: split

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from queryaudit.dynamodb.models import DynamoModel


class TableVersion(DynamoModel):
    """How often a table was written, by its full name; ``manage.py dynamodb create`` makes it."""

    class Meta:
        table_name = "queryaudit_versions"

    table = UnicodeAttribute(hash_key=True)
    number = NumberAttribute(default=0)


def version_of(table: str) -> int:
    """Return the number of ``table``, 0 before the first write: one consistent GetItem."""
    try:
        return int(TableVersion.objects.consistent().get(table=table).number)
    except TableVersion.DoesNotExist:
        return 0


def bump(table: str) -> None:
    """Add one to the number of ``table``: one UpdateItem, of which no two are lost."""
    TableVersion(table).update(actions=[TableVersion.number.add(1)])
