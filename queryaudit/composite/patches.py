"""Where Django knows one column only: exclude() across a reference, update() and cleaning of one.

All are patched with the first model that has a composite reference, and do nothing for
others.
"""

from collections.abc import Callable
from copy import copy
from functools import partial, wraps
from itertools import takewhile
from typing import Any

from django.db.models.lookups import Exact

from queryaudit.composite import references
from queryaudit.hooks.composite import (
    AND,
    ColPairs,
    ResolvedOuterRef,
    WhereNode,
    bulk_update,
    clean_fields,
    compares_first_column_only,
    constrained_values,
    save,
    trim_subquery,
    update_values,
    write_reference,
)

# The names that composite references have, so that an update of others costs one look.
_names: set[str] = set()


def patch_django(name: str) -> None:
    """Put all patches in place, once, for a reference of that name."""
    _names.add(name)
    update_values.subscribe(_spread_references)
    clean_fields.subscribe(references.clean_references)
    constrained_values.subscribe(references.hide_references)
    save.subscribe(references.save_columns)
    bulk_update.subscribe(references.update_columns)
    if compares_first_column_only():
        trim_subquery.subscribe(_compare_every_column)


def write_texts_in_xml() -> None:
    """Patch Django's XML, which writes ``str()`` of the row where it has no other column."""
    write_reference.subscribe(references.write_key)


def _spread_references(add_update_values: Callable[..., Any]) -> Callable[..., Any]:
    """An update of a reference is an update of its columns."""

    @wraps(add_update_values)
    def wrapper(self: Any, values: dict[str, Any]) -> Any:
        if not _names.isdisjoint(values):
            columns: dict[str, Any] = {}
            for name, value in values.items():
                field = self.get_meta().get_field(name)
                has_columns = hasattr(field, "columns_of")
                columns |= field.columns_of(value) if has_columns else {name: value}
            values = columns
        return add_update_values(self, values)

    return wrapper


def _compare_every_column(trim_start: Callable[..., Any]) -> Callable[..., Any]:
    """The subquery of an exclude() is bound to its row by all columns of the reference.

    Django's ``split_exclude`` binds the first; the others are bound here.
    """

    @wraps(trim_start)
    def wrapper(self: Any, names_with_path: Any) -> Any:
        prefix, contains_louter = trim_start(self, names_with_path)
        steps = [step for _, paths in names_with_path for step in paths]
        field = next(step.join_field.field for step in steps if step.m2m)
        if hasattr(field, "columns_of"):
            *path, _first = prefix.split("__")
            pairs = zip(self.select[1:], field.foreign_related_fields[1:], strict=True)
            for column, outer in pairs:
                name = "__".join([*path, outer.name])
                exact = column.target.get_lookup("exact")
                self.where.add(exact(column, ResolvedOuterRef(name)), AND)
            self.select = (_compared_by_key(self.select[0], prefix), *self.select[1:])
            if contains_louter and _ends_in_reference(steps):
                prefix = "__".join(path)  # Django asks whether it is NULL: not one column alone
        return prefix, contains_louter

    return wrapper


def _ends_in_reference(steps: list[Any]) -> bool:
    """Return whether the way to the rows that are looked for leads over a composite reference."""
    way = list(takewhile(lambda step: not step.m2m, steps))
    return bool(way) and hasattr(way[-1].join_field, "columns_of")


def _compared_by_key(column: Any, outer: str) -> Any:
    """Return ``column`` so that Django, which compares whole keys by its look-up, can do so.

    It does where the outer query has joined the same table already, and asks the first
    column's field for the comparison.
    """
    target = copy(column.target)
    target.get_lookup = partial(_comparison, column.target, outer)
    return type(column)(column.alias, target)


def _comparison(field: Any, outer: str, name: str) -> Any:
    return partial(_compare, field.get_lookup(name), outer)


def _compare(lookup: Any, outer: str, left: Any, right: Any) -> Any:
    if isinstance(right, ResolvedOuterRef):
        right = ResolvedOuterRef(outer)
    if not isinstance(left, ColPairs):
        return lookup(left, right)
    pairs: list[Any] = [Exact(*pair) for pair in zip(left, right, strict=True)]
    return WhereNode(pairs, AND)
