"""The keys of a table and of its indexes."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, Final

from pynamodb.attributes import Attribute

from queryaudit.dynamodb.errors import DynamoDBQuerySetError, UnknownIndexError, ValueTypeError

Serialized = dict[str, Any]  # {"S": "text"}
# Numbers of DynamoDB: what does not fit is refused by the server, for what it is by us.
_MAX_DIGITS: Final = 38
_MAX_EXPONENT: Final = 125
_MIN_EXPONENT: Final = -130


@dataclass(frozen=True, slots=True)
class Keys:
    """What a table or an index is read by.

    ``hash`` and ``range`` are names of the model's attributes; ``range`` is "" where there is
    none. ``is_global`` tells an index that cannot be read consistently.
    """

    model: Any
    index: str
    hash: str
    range: str
    is_global: bool

    @property
    def where(self) -> str:
        """The table or index in words: ``Reading`` or ``Reading.by_day``."""
        return f"{self.model.__name__}.{self.index}" if self.index else str(self.model.__name__)

    def attribute(self, name: str) -> Attribute[Any]:
        """Return the model's attribute of that name."""
        return self.model.get_attributes()[name]  # type: ignore[no-any-return]

    def stored(self, name: str) -> str:
        """Return the name that the attribute has in the table."""
        return self.attribute(name).attr_name

    def resume_names(self) -> tuple[str, ...]:
        """Return the names in the table of what a resume key holds, its own table's included."""
        table = keys_of(self.model)
        names = [self.hash, self.range, table.hash, table.range]
        return tuple(dict.fromkeys(self.stored(name) for name in names if name))

    def resume_key(self, item: Serialized) -> Serialized:
        """Return the key to go on after ``item``."""
        return {name: item[name] for name in self.resume_names()}


@cache
def keys_of(model: Any, index: str = "") -> Keys:
    """Return the keys of ``model``'s table, or of the index that its attribute names.

    Raises UnknownIndexError for another name.
    """
    if not index:
        if not model._hash_keyname:
            msg = f"{model.__name__} has no attribute with hash_key=True, so no table"
            raise DynamoDBQuerySetError(msg, model=model.__name__)
        return Keys(model, "", model._hash_keyname, model._range_keyname or "", is_global=False)
    found = indexes_of(model).get(index)
    if found is None:
        allowed = ", ".join(indexes_of(model)) or "none, it has no index"
        msg = f"{model.__name__} has no index {index!r}; allowed: {allowed}"
        raise UnknownIndexError(msg, model=model.__name__, name=index)
    hashed = ranged = ""
    stored = {attribute.attr_name: name for name, attribute in model.get_attributes().items()}
    for name, attribute in found.Meta.attributes.items():
        own = stored.get(attribute.attr_name, name)
        if attribute.is_hash_key:
            hashed = own
        elif attribute.is_range_key:
            ranged = own
    is_global = type(found).__mro__[1:] and any(
        base.__name__ == "GlobalSecondaryIndex" for base in type(found).__mro__
    )
    return Keys(model, index, hashed, ranged, bool(is_global))


def indexes_of(model: Any) -> dict[str, Any]:
    """Return the indexes of ``model`` by the names of its attributes.

    PynamoDB copies them when it makes the class: those of the class body are not bound.
    """
    bound = {id(index): index for index in model._indexes.values()}
    return {
        name: getattr(model, name) for name in dir(model) if id(getattr(model, name, None)) in bound
    }


def serialized(model: Any, name: str, value: Any) -> Serialized:
    """Return ``value`` as the table holds it: ``{"S": "text"}``.

    Raises ValueTypeError for what the attribute does not take.
    """
    attribute = model.get_attributes()[name]
    kind = attribute.attr_type
    try:
        given = attribute.serialize(value)
    except Exception as error:  # attributes are the site's own, too
        raise _wrong_type(model, name, value, kind) from error
    expected = {"S": str, "N": str, "B": bytes}.get(kind)
    # PynamoDB's attributes take what json.dumps() takes: numbers written as text, true, null.
    if expected is not None and not isinstance(given, expected):
        raise _wrong_type(model, name, value, kind)
    if kind == "N" and not is_number(given):
        raise _wrong_type(model, name, value, kind)
    return {kind: given}


def is_number(text: str) -> bool:
    """Return whether DynamoDB takes ``text`` for a number: at most 38 digits, 1E-130 to 1E+126."""
    try:
        number = Decimal(text)
    except ArithmeticError:
        return False
    if not number.is_finite() or number.adjusted() > _MAX_EXPONENT:
        return False
    digits = "".join(map(str, number.as_tuple().digits)).strip("0")
    return len(digits) <= _MAX_DIGITS and (not digits or number.adjusted() >= _MIN_EXPONENT)


_KINDS = {"S": "text", "N": "a number of at most 38 digits", "B": "bytes", "BOOL": "True or False"}


def _wrong_type(model: Any, name: str, value: Any, kind: str) -> ValueTypeError:
    attribute = type(model.get_attributes()[name]).__name__
    shown = repr(value)
    return ValueTypeError(
        f"{model.__name__}.{name} cannot be {shown if len(shown) < 100 else shown[:97] + '...'} "
        f"({type(value).__name__}); {attribute} takes {_KINDS.get(kind, kind)}",
        model=model.__name__,
        name=name,
    )


def order_of(value: Serialized) -> Any:
    """Return what compares as DynamoDB orders keys: text by its UTF-8, numbers by value."""
    ((kind, given),) = value.items()
    if kind == "N":
        return Decimal(given)
    # Text compares by code points in Python, which is the order of its UTF-8.
    return given


def check_values(model: Any, values: dict[str, Any]) -> None:
    """Raise ValueTypeError for a value that its attribute does not hold; None is PynamoDB's."""
    attributes = model.get_attributes()
    for name, value in values.items():
        if value is not None and attributes[name].attr_type in _KINDS:
            serialized(model, name, value)
