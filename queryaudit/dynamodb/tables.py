"""Tables of the models: made, emptied and dropped, in tests only under the tests' prefix."""

from queryaudit.dynamodb import requirement  # noqa: F401  # names the extra

# isort: split

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from pynamodb.exceptions import TableDoesNotExist

from queryaudit.dynamodb import connection
from queryaudit.dynamodb.batches import write_all
from queryaudit.dynamodb.errors import DynamoDBQuerySetError
from queryaudit.dynamodb.keys import keys_of
from queryaudit.dynamodb.models import dynamodb_model_classes, full_name

# What names of tables begin with in tests, before the process or the worker.
TEST_PREFIX = "test_"


def models() -> list[Any]:
    """Return one model for each table: several may share one, and the first to have it makes it."""
    tables: dict[str, Any] = {}
    for model in dynamodb_model_classes:
        tables.setdefault(full_name(model), model)
    return list(tables.values())


def create(model: Any) -> bool:
    """Make the table of ``model`` and wait for it; return False where it was there."""
    if model.exists():
        return False
    meta = model.Meta
    capacity = getattr(meta, "read_capacity_units", None), getattr(meta, "write_capacity_units", 0)
    if meta.billing_mode == "PROVISIONED" and not all(capacity):
        msg = (
            f"the table of {model.__name__} is to be BILLING_MODE PROVISIONED: its Meta needs "
            'read_capacity_units and write_capacity_units, or billing_mode "PAY_PER_REQUEST"'
        )
        raise DynamoDBQuerySetError(msg, model=model.__name__)
    model.create_table(wait=True)
    return True


def delete(model: Any) -> bool:
    """Drop the table of ``model`` and wait; return False where there was none.

    While a test prefix is set, a table whose name lacks it is refused.
    """
    _refuse_others(model)
    try:
        model.delete_table(wait=True)
    except TableDoesNotExist:
        return False
    except Exception as error:
        if "ResourceNotFound" in str(error):
            return False
        raise
    return True


def empty(model: Any) -> int:
    """Delete all items of the table of ``model``, which must have the test prefix."""
    _refuse_others(model, is_test=True)
    names = [
        keys_of(model).stored(name) for name in (keys_of(model).hash, keys_of(model).range) if name
    ]
    found, start = [], None
    link = model._get_connection()
    while True:
        answer = link.connection.scan(
            link.table_name, attributes_to_get=names, exclusive_start_key=start
        )
        found += answer["Items"]
        start = answer.get("LastEvaluatedKey")
        if not start:
            break
    write_all(model, deletes=found)
    return len(found)


def _refuse_others(model: Any, *, is_test: bool = False) -> None:
    prefix = connection.current().prefix
    name = model._get_connection().table_name
    if (prefix or is_test) and not (prefix and name.startswith(prefix)):
        msg = (
            f"the table {name!r} of {model.__name__} is none of these tests: its name does not "
            f"begin with {prefix or TEST_PREFIX!r}. It is left as it is"
        )
        raise DynamoDBQuerySetError(msg, model=model.__name__, name=name)


class Written:
    """The tables that calls wrote to: they are emptied between tests, and no others."""

    def __init__(self) -> None:
        self._names: set[str] = set()

    def note(self, name: str) -> None:
        """Note a table by its full name."""
        self._names.add(name)

    def empty(self, among: Iterable[Any]) -> None:
        """Empty the tables that were written to; one that is not there has nothing in it."""
        names, self._names = self._names, set()
        for model in among:
            if model._get_connection().table_name in names:
                with suppress(TableDoesNotExist):  # a model made within a test
                    empty(model)


written = Written()


@contextmanager
def made_for_tests(suffix: str) -> Iterator[list[Any]]:
    """Give each model an empty table of the name ``test_<suffix>_<its own>``, dropped after."""
    outer, outer_on_write = connection.current().prefix, connection.on_write
    connection.begin_epoch(f"{TEST_PREFIX}{suffix}_")
    made = models()
    try:
        for model in made:
            delete(model)  # what a run left that was killed
            create(model)
        connection.on_write = written.note
        yield made
    finally:
        connection.on_write = outer_on_write
        for model in made:
            delete(model)
        connection.begin_epoch(outer)
