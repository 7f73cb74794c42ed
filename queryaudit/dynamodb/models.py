"""``DynamoModel``: PynamoDB's model with a manager, connected as the settings say."""

from queryaudit.dynamodb import requirement  # noqa: F401  # names the extra

# isort: split

from typing import Any, ClassVar, Self

from django.apps import apps
from pynamodb.connection.base import MetaTable
from pynamodb.models import MetaModel, Model

from queryaudit import conf
from queryaudit.dynamodb import connection
from queryaudit.dynamodb.batches import Batch
from queryaudit.dynamodb.connection import RETRIES, TableConnection
from queryaudit.dynamodb.decoders import instances_decoder
from queryaudit.dynamodb.errors import MultipleObjectsReturned, ObjectDoesNotExist
from queryaudit.dynamodb.keys import order_of, serialized
from queryaudit.dynamodb.queryset import DynamoDBManager
from queryaudit.dynamodb.twins import ItemTwins
from queryaudit.hooks.botocore import name_table

__all__ = ["DynamoModel", "dynamodb_model_classes"]

# Models with a table of their own, in the order of their making; pydjamodb's name.
dynamodb_model_classes: list[type["DynamoModel"]] = []

# What the settings say of a model whose Meta does not.
_SETTINGS = {
    "host": "host",
    "region": "aws_region",
    "aws_access_key_id": "aws_access_key_id",
    "aws_secret_access_key": "aws_secret_access_key",
    "aws_session_token": "aws_session_token",
    "connect_timeout_seconds": "connect_timeout",
    "read_timeout_seconds": "read_timeout",
    "billing_mode": "billing_mode",
    "tags": "tags",
}
_KEPT = {*_SETTINGS, "max_retry_attempts"}


_EXCEPTIONS: dict[str, type[Exception]] = {
    "DoesNotExist": ObjectDoesNotExist,
    "MultipleObjectsReturned": MultipleObjectsReturned,
}


class DynamoMetaModel(MetaModel):
    """Gives each model its ``objects``, its exceptions, and a name without prefix."""

    def __init__(  # a metaclass
        cls,  # noqa: N805  # a metaclass
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        **kwargs: Any,
    ) -> None:
        meta = namespace.get("Meta")
        if meta is not None:
            own = {option for option in _KEPT if option in vars(meta)}
            meta.own_options = frozenset(own | getattr(meta, "own_options", frozenset()))
            if "table_name" in vars(meta):
                meta.bare_table_name = meta.table_name
        super().__init__(name, bases, namespace, **kwargs)
        for kind, base in _EXCEPTIONS.items():
            if kind not in namespace:
                parents = tuple(
                    getattr(parent, kind) for parent in bases if isinstance(parent, DynamoMetaModel)
                )
                names = {"__module__": cls.__module__, "__qualname__": f"{cls.__qualname__}.{kind}"}
                setattr(cls, kind, type(kind, parents or (base,), names))
        if meta is not None and is_table(cls):
            dynamodb_model_classes.append(cls)  # type: ignore[arg-type]


def is_table(model: Any) -> bool:
    """Return whether ``model`` has a table of its own: neither abstract nor a proxy."""
    meta = vars(model).get("Meta")
    if meta is None or vars(meta).get("abstract", False) or vars(meta).get("proxy", False):
        return False
    return bool(getattr(meta, "bare_table_name", ""))


class DynamoModel(ItemTwins, Model, metaclass=DynamoMetaModel):
    """A model whose items are in a table of DynamoDB.

    Attributes are PynamoDB's. ``Meta.table_name`` is the bare name; prefix, address and
    keys come from ``QUERYAUDIT["DYNAMODB"]`` unless Meta has its own. Two objects are equal
    if they are of one model and have the same key.
    """

    objects: ClassVar[DynamoDBManager] = DynamoDBManager()
    MultipleObjectsReturned: ClassVar[type[MultipleObjectsReturned]] = MultipleObjectsReturned

    class Meta:
        abstract = True

    @classmethod
    def _get_connection(cls) -> TableConnection:
        found = cls.__dict__.get("_connection")
        if found is None or found.epoch is not connection.epoch:
            with connection.lock:
                now = connection.current()
                found = cls.__dict__.get("_connection")
                if found is None or found.epoch is not now:
                    found = _connect(cls, now)
                    cls._connection = found
        return found

    @classmethod
    def from_raw_data(cls, data: dict[str, Any]) -> Self:
        """Return the object of an item as PynamoDB's own reads bring it."""
        (made,) = instances_decoder(cls)([data])
        return made  # type: ignore[no-any-return]

    @classmethod
    def batch_write(cls, auto_commit: bool = True) -> Batch:  # noqa: FBT001, FBT002  # PynamoDB's
        """Return a batch of writes, sent by 25 when the block ends, until nothing is left."""
        return Batch(cls, auto_commit=auto_commit)

    def key(self) -> tuple[Any, ...]:
        """Return the values of hash key and range key."""
        names = [self._hash_keyname, self._range_keyname]
        return tuple(getattr(self, name) for name in names if name)

    @property
    def pk(self) -> Any:
        """The key: one value, or a pair with the range key."""
        key = DynamoModel.key(self)  # an attribute may be called key
        return key[0] if len(key) == 1 else key

    def _identity(self) -> tuple[Any, ...] | None:
        names = [name for name in (self._hash_keyname, self._range_keyname) if name]
        values = [self.attribute_values.get(name) for name in names]
        if not names or any(value is None for value in values):
            return None
        pairs = zip(names, values, strict=True)
        return tuple(order_of(serialized(type(self), name, value)) for name, value in pairs)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DynamoModel) or type(self) is not type(other):
            return NotImplemented
        identity = self._identity()
        return self is other if identity is None else identity == other._identity()

    def __hash__(self) -> int:
        identity = self._identity()
        if identity is None:
            msg = f"{type(self).__name__} without its key cannot be hashed"
            raise TypeError(msg)
        return hash((type(self), identity))


def _connect(model: Any, now: connection.Epoch) -> TableConnection:
    """Write what the settings say into ``Meta``, and connect; called under the lock.

    PynamoDB looks unprocessed items up by ``Meta.table_name``: the full name must stand there.
    """
    meta = getattr(model, "Meta", None)
    bare = getattr(meta, "bare_table_name", "")
    if not bare:
        msg = f"{model.__name__} has no Meta.table_name"
        raise AttributeError(msg)
    settings = conf.get().dynamodb
    own: frozenset[str] = meta.own_options  # type: ignore[union-attr]
    for option, name in _SETTINGS.items():
        if option not in own:
            setattr(meta, option, getattr(settings, name) or None)
    if "max_retry_attempts" not in own:
        meta.max_retry_attempts = RETRIES  # type: ignore[union-attr]
    meta.table_name = full_name(model)  # type: ignore[union-attr]
    if meta.tags:  # type: ignore[union-attr]
        meta.tags = {  # type: ignore[union-attr]
            key: text.replace("{table_name}", meta.table_name)  # type: ignore[union-attr]
            for key, text in meta.tags.items()  # type: ignore[union-attr]
        }
    name_table(meta.table_name, model, _label(model))  # type: ignore[union-attr]
    return TableConnection(model, _meta_table(model), now)


def _label(model: Any) -> str:
    """Return the name of a model as findings tell it: ``app.Model``."""
    app = apps.get_containing_app_config(model.__module__) if apps.apps_ready else None
    return f"{app.label if app else model.__module__.partition('.')[0]}.{model.__name__}"


def full_name(model: Any) -> str:
    """Return the name of the table: prefix of tests, prefix of the settings, bare name."""
    prefix = conf.get().dynamodb.table_prefix
    name = f"{prefix}-{model.Meta.bare_table_name}" if prefix else model.Meta.bare_table_name
    return f"{connection.current().prefix}{name}"


def _meta_table(model: Any) -> MetaTable:
    schema = model._get_schema()

    def indexes(kind: str) -> list[dict[str, Any]]:
        return [
            {"IndexName": one["index_name"], "KeySchema": one["key_schema"]} for one in schema[kind]
        ]

    return MetaTable(
        {
            "TableName": model.Meta.table_name,
            "KeySchema": schema["key_schema"],
            "AttributeDefinitions": schema["attribute_definitions"],
            "GlobalSecondaryIndexes": indexes("global_secondary_indexes"),
            "LocalSecondaryIndexes": indexes("local_secondary_indexes"),
        }
    )
