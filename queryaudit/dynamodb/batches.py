"""Many items at once: read by keys, written, deleted; what is left over is asked for again."""

import random
import time
from collections.abc import Iterable, Iterator
from typing import Any, Final

from pynamodb.constants import BATCH_GET_PAGE_LIMIT, BATCH_WRITE_PAGE_LIMIT, DELETE, PUT
from pynamodb.models import BatchWrite

from queryaudit.dynamodb.errors import DynamoDBQuerySetError, UnprocessedError, ValueTypeError
from queryaudit.dynamodb.keys import Serialized, check_values, keys_of, order_of, serialized
from queryaudit.dynamodb.parts import Part
from queryaudit.dynamodb.plans import UNSET, Plan
from queryaudit.dynamodb.reading import decoder_of, pages_of, request_fields

# Seconds in which a batch that the server leaves undone for lack of capacity is asked again,
# from the last time that it did a part of it; pauses double from the first, with jitter.
RETRY_SECONDS: Final = 10.0
_FIRST_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 1.0


class Batches(Part):
    """The methods of a queryset for many items."""

    def in_bulk(self, keys: Iterable[Any]) -> dict[Any, Any]:
        """Return the items with these keys by key; those that are not there are missing.

        A key is a value, or a pair with the range key. Asks for 100 a call.
        """
        plan = self._plan
        asks = plan.index or plan.asked or plan.hash_key != UNSET or plan.start is not None
        if asks or plan.is_sliced or plan.limit is not None:
            msg = (
                "in_bulk() reads by the keys of the table: no index, filter, hash key, slice, "
                "limit or resume key before it"
            )
            raise DynamoDBQuerySetError(msg, model=self.model.__name__)
        wanted: dict[Any, Serialized] = {}
        given: dict[Any, Any] = {}
        for key in keys:
            item = _key_item(self.model, key)
            identity = _identity(item)
            wanted[identity] = item
            given[identity] = _hashable(key)
        if plan.is_empty:
            return {}
        fields = request_fields(plan)
        table = keys_of(self.model)
        names = [table.stored(name) for name in (table.hash, table.range) if name]
        if fields is not None:
            fields = list(dict.fromkeys([*fields, *names]))
        found: dict[Any, Any] = {}
        decode = decoder_of(plan)
        items = list(_read(self.model, list(wanted.values()), fields, plan))
        for item, row in zip(items, decode(items), strict=True):
            found[given[_identity({name: item[name] for name in names})]] = row
        return found

    def bulk_create(self, objects: Iterable[Any]) -> list[Any]:
        """Write ``objects``, 25 a call, over what is there with the same keys; return them.

        Two of one key are an error before anything is written. Conditions and versions are
        not looked at, as in any batch of DynamoDB.
        """
        made = list(objects)
        items = []
        seen: set[Any] = set()
        for one in made:
            if type(one) is not self.model and not isinstance(one, self.model):
                msg = f"bulk_create() of {self.model.__name__} got a {type(one).__name__}"
                raise ValueTypeError(msg, model=self.model.__name__)
            item = one.serialize()
            check_values(self.model, one.attribute_values)
            key = _identity(_key_of(self.model, item))
            if key in seen:
                msg = f"bulk_create() got two {self.model.__name__} with the key {one.pk!r}"
                raise DynamoDBQuerySetError(msg, model=self.model.__name__)
            seen.add(key)
            items.append(item)
        write_all(self.model, puts=items)
        return made

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete the items, 25 a call; return how many, and by model, as Django does."""
        table = keys_of(self.model)
        names = tuple(name for name in (table.hash, table.range) if name)
        plan = self._with(fields=names, shape="instances")._plan
        stored = [table.stored(name) for name in names]
        deleted, skip = 0, plan.skip
        for page in pages_of(plan):
            keys = [{name: item[name] for name in stored} for item in page.items[skip:]]
            skip = max(0, skip - len(page.items))
            write_all(self.model, deletes=keys)
            deleted += len(keys)
        self._result = None  # what is read from now on is what is left
        return deleted, {self.model.__name__: deleted} if deleted else {}


def _key_item(model: Any, key: Any) -> Serialized:
    """Return the key as the table holds it. Raises ValueTypeError for what is none."""
    table = keys_of(model)
    names = [name for name in (table.hash, table.range) if name]
    values = list(key) if len(names) == 2 and isinstance(key, (tuple, list)) else [key]
    if len(values) != len(names):
        msg = f"a key of {model.__name__} is ({', '.join(names)}); {key!r} came"
        raise ValueTypeError(msg, model=model.__name__)
    pairs = zip(names, values, strict=True)
    return {table.stored(name): serialized(model, name, value) for name, value in pairs}


def _key_of(model: Any, item: Serialized) -> Serialized:
    table = keys_of(model)
    return {
        table.stored(name): item[table.stored(name)] for name in (table.hash, table.range) if name
    }


def _identity(item: Serialized) -> Any:
    """Return what is equal for equal keys: 1 and 1.0 are one number to DynamoDB."""
    return tuple(sorted((name, order_of(value)) for name, value in item.items()))


def _hashable(key: Any) -> Any:
    """Return a key that a dict takes: lists, as of a StringJoinAttribute, as tuples."""
    return tuple(map(_hashable, key)) if isinstance(key, (list, tuple)) else key


def _read(
    model: Any, keys: list[Serialized], fields: list[str] | None, plan: Plan
) -> Iterator[Serialized]:
    connection = model._get_connection()
    patience = Patience(f"BatchGetItem of {model.__name__}", model.__name__)
    left = keys
    while left:
        chunk, left = left[:BATCH_GET_PAGE_LIMIT], left[BATCH_GET_PAGE_LIMIT:]
        answer = connection.connection.batch_get_item(
            connection.table_name,
            [_plain(key) for key in chunk],
            consistent_read=plan.is_consistent,
            attributes_to_get=fields,
        )
        yield from answer["Responses"].get(connection.table_name, ())
        undone = answer.get("UnprocessedKeys", {}).get(connection.table_name, {}).get("Keys", [])
        left = undone + left
        patience.wait(len(chunk) - len(undone), len(undone), len(left))


def _plain(key: Serialized) -> dict[str, Any]:
    """Return a key as PynamoDB's connection takes it: it adds the types itself."""
    return {name: next(iter(value.values())) for name, value in key.items()}


def write_all(
    model: Any, *, puts: list[Serialized] | None = None, deletes: list[Serialized] | None = None
) -> None:
    """Write and delete by batches of 25 until nothing is left."""
    connection = model._get_connection()
    patience = Patience(f"BatchWriteItem of {model.__name__}", model.__name__)
    left = [{"PutRequest": {"Item": item}} for item in puts or ()]
    left += [{"DeleteRequest": {"Key": key}} for key in deletes or ()]
    while left:
        chunk, left = left[:BATCH_WRITE_PAGE_LIMIT], left[BATCH_WRITE_PAGE_LIMIT:]
        answer = connection.connection.batch_write_item(
            connection.table_name,
            put_items=[one["PutRequest"]["Item"] for one in chunk if "PutRequest" in one],
            delete_items=[one["DeleteRequest"]["Key"] for one in chunk if "DeleteRequest" in one],
        )
        undone = answer.get("UnprocessedItems", {}).get(connection.table_name, [])
        left = undone + left
        patience.wait(len(chunk) - len(undone), len(undone), len(left))


class Batch(BatchWrite[Any]):
    """PynamoDB's ``with model.batch_write() as batch``, which gives up after few tries."""

    def commit(self) -> None:
        """Write what is pending until nothing is left."""
        pending, self.pending_operations = self.pending_operations, []
        write_all(
            self.model,
            puts=[one["item"].serialize() for one in pending if one["action"] == PUT],
            deletes=[
                # An object to delete needs its key alone.
                _key_of(self.model, one["item"].serialize(null_check=False))
                for one in pending
                if one["action"] == DELETE
            ],
        )


class Patience:
    """The pauses between the calls of one batch, and their end."""

    def __init__(self, doing: str, model: str) -> None:
        self._doing = doing
        self._model = model
        self._pause = _FIRST_PAUSE
        self._since = time.monotonic()

    def wait(self, done: int, undone: int, left: int) -> None:
        """Wait if a part of the last call was left undone.

        Raises UnprocessedError where nothing was done for ``RETRY_SECONDS``.
        """
        if done:
            self._since = time.monotonic()
            self._pause = _FIRST_PAUSE
        if not undone:
            return
        if time.monotonic() - self._since > RETRY_SECONDS:
            msg = (
                f"{self._doing} left {left} items undone: the server did none of them for "
                f"{RETRY_SECONDS:.0f} s, for lack of capacity"
            )
            error = UnprocessedError(msg, model=self._model)
            error.unprocessed = left
            raise error
        time.sleep(self._pause * random.uniform(0.5, 1.0))  # noqa: S311  # a pause is no secret
        self._pause = min(_LONGEST_PAUSE, self._pause * 2)
