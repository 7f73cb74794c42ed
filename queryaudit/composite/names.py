"""Several columns in one look-up: ``filter(**{"company,country_code": (1, "JP")})``."""

from typing import Any, NamedTuple

from django.core.exceptions import FieldDoesNotExist
from django.db.models import F, Model, Q

from queryaudit.composite.keys import Fields, Key, read_key
from queryaudit.composite.lookups import KEY_LOOKUPS, named_in
from queryaudit.errors import CompositeNameError
from queryaudit.hooks.composite import Tuple

_ANY_COLUMNS = {"exact", "in"}  # what columns that are no key can be asked for


class Columns(NamedTuple):
    """What a name with commas stands for."""

    name: str  # as it was written
    prefix: str  # the relations that lead to the columns, "tracks__", or nothing
    model: type[Model]  # that has the columns
    fields: Fields
    lookup: str  # "in"; nothing where the values are to be equal

    @property
    def are_the_key(self) -> bool:
        """Whether the columns are the primary key, in its order."""
        return list(self.fields) == list(self.model._meta.pk_fields)

    def read(self, value: Any) -> Key:
        """Return ``value`` as the values of the columns."""
        return read_key(value, self.fields, f"{self.model._meta.label} {self.name}")


def has_commas(q: Q) -> bool:
    """Return whether a name with commas is anywhere in ``q``."""
    return any(
        has_commas(child) if isinstance(child, Q) else type(child) is tuple and "," in child[0]
        for child in q.children
    )


def rewrite(q: Q, model: type[Model], *, negated: bool = False) -> Q:
    """Return ``q`` with Django's own look-ups in place of names with commas.

    ``negated`` says that the whole will be denied. Raises CompositeNameError where a
    name is wrong and CompositeKeyError where its value is.
    """
    negated ^= q.negated
    children: list[Any] = []
    for child in q.children:
        if isinstance(child, Q):
            children.append(rewrite(child, model, negated=negated))
        elif type(child) is tuple and "," in child[0]:
            children.append(_condition(find_columns(child[0], model), child[1], model, negated))
        else:
            children.append(child)
    return Q.create(children=children, connector=q.connector, negated=q.negated)


def spread(values: dict[str, Any], model: type[Model]) -> dict[str, Any]:
    """Return keyword arguments that make a row, with one for each column of a name with commas."""
    spread_out: dict[str, Any] = {}
    for name, value in values.items():
        if "," not in name:
            spread_out[name] = value
            continue
        columns = find_columns(name, model)
        if columns.prefix or columns.lookup:
            raise CompositeNameError(
                model._meta.label, name, "columns of the row itself, to make one"
            )
        for field, part in zip(columns.fields, columns.read(value), strict=True):
            spread_out[field.attname] = part
    return spread_out


def find_columns(name: str, model: type[Model]) -> Columns:
    """Return what ``name``, ``tracks__artist_id,album_no__in``, stands for."""
    first, *others = name.split(",")
    path, _, first = first.rpartition("__")
    *middle, last = others
    last, _, lookup = last.partition("__")
    target = model
    for step in path.split("__") if path else ():
        related = getattr(_field(name, target, step), "related_model", None)
        if related is None:
            raise CompositeNameError(target._meta.label, name, f"relations; {step} is none")
        target = related
    fields = [_field(name, target, column) for column in (first, *middle, last)]
    for field in fields:
        if not getattr(field, "column", None):
            raise CompositeNameError(
                target._meta.label, name, f"columns; {field.name} is none of one column"
            )
    columns = Columns(name, f"{path}__" if path else "", target, fields, lookup)
    if lookup == "exact":
        columns = columns._replace(lookup="")
    known = (
        {str(lookup.lookup_name) for lookup in KEY_LOOKUPS} if columns.are_the_key else _ANY_COLUMNS
    )
    if lookup and lookup not in known:
        names = ", ".join(sorted(known))
        raise CompositeNameError(target._meta.label, name, f"the look-ups {names}")
    return columns


def _field(name: str, model: type[Model], part: str) -> Any:
    try:
        return model._meta.pk if part == "pk" else model._meta.get_field(part)
    except FieldDoesNotExist:
        names = ", ".join(sorted(field.name for field in model._meta.get_fields()))
        raise CompositeNameError(model._meta.label, name, f"{names}; {part!r} is none") from None


def _condition(columns: Columns, value: Any, model: type[Model], negated: bool) -> Any:  # noqa: FBT001
    if columns.are_the_key and (columns.lookup or negated):
        suffix = f"__{columns.lookup}" if columns.lookup else ""
        if columns.lookup == "in" and not hasattr(value, "query"):
            value = [columns.read(one) for one in value]
        return f"{columns.prefix}pk{suffix}", value
    positive = _one_of(columns, value) if columns.lookup else _equal(columns, value)
    may_be_direct = not columns.prefix and not any(field.null for field in columns.fields)
    if not negated or may_be_direct:
        return positive
    # Denied column by column, rows of different relations would answer together, and NULL
    # would answer for nobody: the rows that are meant are found first.
    return "pk__in", model._base_manager.filter(positive)


def _equal(columns: Columns, value: Any) -> Q:
    parts = zip(columns.fields, columns.read(value), strict=True)
    return Q(**{f"{columns.prefix}{field.name}": part for field, part in parts})


def _one_of(columns: Columns, value: Any) -> Any:
    names = Tuple(*[F(f"{columns.prefix}{field.name}") for field in columns.fields])
    query = getattr(value, "query", None)
    return named_in(names, query if query is not None else [columns.read(one) for one in value])
