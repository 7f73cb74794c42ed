"""Looking rows up by keys of several columns, one or many."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import IntegerField, Model
from django.db.models.lookups import Exact

from queryaudit.composite.keys import Fields, KeySet, read_key, read_keys
from queryaudit.composite.lists import list_sql
from queryaudit.hooks.composite import (
    AND,
    ColPairs,
    RelatedExact,
    RelatedGreaterThan,
    RelatedGreaterThanOrEqual,
    RelatedIn,
    RelatedLessThan,
    RelatedLessThanOrEqual,
    Tuple,
    TupleExact,
    TupleGreaterThan,
    TupleGreaterThanOrEqual,
    TupleIn,
    TupleLessThan,
    TupleLessThanOrEqual,
    WhereNode,
    get_normalized_value,
)


def _read(value: Any, lhs: Any) -> Any:
    """Return the key that ``value`` (a tuple, a text, a row) is for the columns of ``lhs``."""
    if isinstance(value, Model) and hasattr(lhs.output_field, "path_infos"):
        value = get_normalized_value(value, lhs)
    fields: Fields = [column.output_field for column in lhs]
    field = lhs.output_field
    return read_key(value, fields, f"{field.model._meta.label}.{field.name}")


def _read_all(values: Iterable[Any], lhs: Any) -> KeySet:
    """Return the keys that ``values`` are for the columns of ``lhs``, once each."""
    if not isinstance(values, KeySet):
        values = [value for value in values if value is not None]  # NULL equals nothing
        if hasattr(lhs.output_field, "path_infos"):  # a relation, which rows stand for
            values = [get_normalized_value(v, lhs) if isinstance(v, Model) else v for v in values]
    fields: Fields = [column.output_field for column in lhs]
    field = lhs.output_field
    return read_keys(values, fields, f"{field.model._meta.label}.{field.name}")


_SURE = 2**15  # the smallest integer column holds what is nearer to zero


def _find_holdable(keys: Any, lhs: Any, connection: Any) -> Any:
    """Return those of ``keys`` whose numbers the columns can hold; EmptyResultSet where none is.

    Databases refuse others with an error, each in its own way.
    """
    for number, column in enumerate(lhs):
        field: Any = column.output_field
        while field.remote_field:
            field = field.target_field
        if not isinstance(field, IntegerField):
            continue
        least, most = connection.ops.integer_field_range(field.get_internal_type())
        if least is None or most is None:
            continue
        parts = [key[number] for key in keys if type(key[number]) is int]
        if parts and (min(parts) < least or max(parts) > most):
            keys = [
                key for key in keys if type(key[number]) is not int or least <= key[number] <= most
            ]
    if not keys:
        raise EmptyResultSet
    return keys


class _ReadsKey:
    """A comparison with one key, which may be a text."""

    lhs: Any
    rhs: Any

    def rhs_is_direct_value(self) -> bool:
        return not hasattr(self.rhs, "as_sql")

    def get_prep_lookup(self) -> Any:
        """Return the key; None goes on as it is, Django makes it ``isnull``."""
        if self.rhs is None:
            return None
        if isinstance(self.lhs, ColPairs) and self.rhs_is_direct_value():
            self.rhs = _read(self.rhs, self.lhs)
        return super().get_prep_lookup()  # type: ignore[misc]


class KeyExact(_ReadsKey, TupleExact):
    """``pk=(1, "JP")`` and ``pk="1,JP"``."""

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """Compile to Django's comparison; a number that no column holds equals nothing."""
        if self.rhs_is_direct_value() and any(
            type(part) is int and not -_SURE <= part < _SURE for part in self.rhs
        ):
            _find_holdable([self.rhs], self.lhs, connection)
        return super().as_sql(compiler, connection)


class KeyGreaterThan(_ReadsKey, TupleGreaterThan):
    """``pk__gt``: the rows after that key."""


class KeyGreaterThanOrEqual(_ReadsKey, TupleGreaterThanOrEqual):
    """``pk__gte``."""


class KeyLessThan(_ReadsKey, TupleLessThan):
    """``pk__lt``."""


class KeyLessThanOrEqual(_ReadsKey, TupleLessThanOrEqual):
    """``pk__lte``."""


class KeyIn(TupleIn):
    """``pk__in`` of any number of keys: one list that each database reads at once."""

    def get_prep_lookup(self) -> Any:
        """Return the keys, once each. Columns named by expressions come with keys already read."""
        if not self.rhs_is_direct_value():
            return super().get_prep_lookup()
        if not isinstance(self.lhs, ColPairs):
            return list(dict.fromkeys(self.rhs))
        return list(_read_all(self.rhs, self.lhs))

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """Compile to one list of keys, or to Django's SQL where keys hold expressions."""
        if not self.rhs_is_direct_value():
            return super().as_sql(compiler, connection)
        keys = [key for key in self.rhs if None not in key]  # NULL equals nothing
        keys = _find_holdable(keys, self.lhs, connection)
        if len(keys) == 1:  # a comparison, which every planner and every auditor knows
            equal: list[Any] = [Exact(*pair) for pair in zip(self.lhs, keys[0], strict=True)]
            return compiler.compile(WhereNode(equal, AND))
        listed = list_sql([column.output_field for column in self.lhs], keys, connection)
        if listed is None:
            return super().as_sql(compiler, connection)
        lhs_sql, lhs_params = self.process_lhs(compiler, connection)
        sql, params = listed
        return f"{lhs_sql} IN {sql}", [*lhs_params, *params]


def _known_columns(compiled: Any, lhs: Any, compiler: Any) -> Any:
    """Return the condition so that a NULL among its columns makes it false, not unknown.

    Denied by exclude(), it is true then: such a row refers to no row at all.
    """
    sql, params = compiled
    nullable = [column for target, column in zip(lhs.targets, lhs, strict=True) if target.null]
    tests = [f"{compiler.compile(column)[0]} IS NOT NULL" for column in nullable]
    return (f"({' AND '.join([sql, *tests])})", params) if tests else (sql, params)


class RelatedKeyExact(_ReadsKey, RelatedExact):
    """``album=`` a row, a key, a key's text, or ``OuterRef("pk")``."""

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """Compile to a comparison of all columns."""
        if not isinstance(self.lhs, ColPairs):
            return super().as_sql(compiler, connection)
        if isinstance(self.rhs, ColPairs):
            pairs: list[Any] = [Exact(*pair) for pair in zip(self.lhs, self.rhs, strict=True)]
            compiled = compiler.compile(WhereNode(pairs, AND))
        else:
            if self.rhs_is_direct_value():
                _find_holdable([self.rhs], self.lhs, connection)
            compiled = super().as_sql(compiler, connection)
        return _known_columns(compiled, self.lhs, compiler)


class RelatedKeyIn(RelatedIn):
    """``album__in=`` rows, keys, or texts of keys."""

    def get_prep_lookup(self) -> Any:
        """Return rows as their keys."""
        if isinstance(self.lhs, ColPairs) and self.rhs_is_direct_value():
            return list(_read_all(self.rhs, self.lhs))
        return super().get_prep_lookup()

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """Compile as ``pk__in`` does."""
        if not isinstance(self.lhs, ColPairs):
            return super().as_sql(compiler, connection)
        if self.rhs_is_direct_value():
            compiled = compiler.compile(KeyIn(self.lhs, KeySet.fromkeys(self.rhs)))
        else:
            compiled = super().as_sql(compiler, connection)
        return _known_columns(compiled, self.lhs, compiler)


class _ComparesReference(_ReadsKey):
    """A row with a NULL among the columns refers to no row, which is neither before nor after."""

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """Compile to Django's comparison, false where a column is NULL."""
        compiled = super().as_sql(compiler, connection)  # type: ignore[misc]
        if not isinstance(self.lhs, ColPairs):
            return compiled
        return _known_columns(compiled, self.lhs, compiler)


class RelatedKeyGreaterThan(_ComparesReference, RelatedGreaterThan):
    """``album__gt``: by the columns of the key, in its order."""


class RelatedKeyGreaterThanOrEqual(_ComparesReference, RelatedGreaterThanOrEqual):
    """``album__gte``."""


class RelatedKeyLessThan(_ComparesReference, RelatedLessThan):
    """``album__lt``."""


class RelatedKeyLessThanOrEqual(_ComparesReference, RelatedLessThanOrEqual):
    """``album__lte``."""


def named_in(columns: Tuple, keys: Any) -> KeyIn:
    """Return the condition that ``columns``, expressions, are together one of ``keys``."""
    return KeyIn(columns, keys)


RELATED_LOOKUPS = (
    *(RelatedKeyExact, RelatedKeyIn, RelatedKeyGreaterThan, RelatedKeyGreaterThanOrEqual),
    *(RelatedKeyLessThan, RelatedKeyLessThanOrEqual),
)
KEY_LOOKUPS = (
    *(KeyExact, KeyIn, KeyGreaterThan, KeyGreaterThanOrEqual),
    *(KeyLessThan, KeyLessThanOrEqual),
)
