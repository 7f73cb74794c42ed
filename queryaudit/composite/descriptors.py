"""The two ends of a reference as attributes of rows."""

from typing import Any

from django.db.models import Q, Window
from django.db.models.functions import RowNumber
from django.db.models.lookups import GreaterThan, LessThanOrEqual
from django.utils.functional import cached_property

from queryaudit.composite.keys import Key
from queryaudit.composite.lookups import KeyIn
from queryaudit.hooks import descriptors
from queryaudit.hooks.composite import (
    ColPairs,
    ForwardManyToOneDescriptor,
    ReverseManyToOneDescriptor,
)

WAITING = "composite_rows_not_saved"


def waiting_row(instance: Any, field: Any) -> Any:
    """Return the row that was assigned before it had its key; None where there is none.

    Columns that were set since decide.
    """
    row, columns = instance._state.__dict__.get(WAITING, {}).get(field.name, (None, None))
    return row if row is not None and field.get_local_related_value(instance) == columns else None


class ForwardDescriptor(ForwardManyToOneDescriptor):  # type: ignore[type-arg]
    """``track.album``: follows its columns when they change, and empties what may be empty."""

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is not None:
            related = self.field.get_cached_value(instance, default=self)
            if related is not self and not self._fits(instance, related):
                self.field.delete_cached_value(instance)
        return super().__get__(instance, cls)

    def _fits(self, instance: Any, related: Any) -> bool:
        columns = self.field.get_local_related_value(instance)
        if waiting_row(instance, self.field) is related is not None:
            return True  # not saved yet, so that its key is not whole
        if related is None:
            return None in columns
        return bool(columns == self.field.get_foreign_related_value(related))

    def __set__(self, instance: Any, value: Any) -> None:
        if isinstance(value, Key):  # of a row that formsets are about to save
            self.field.set_columns(instance, value)
            return
        waiting = instance._state.__dict__.setdefault(WAITING, {})
        waiting.pop(self.field.name, None)
        if value is not None:
            super().__set__(instance, value)
            columns = self.field.get_local_related_value(instance)
            if None in self.field.get_foreign_related_value(value):
                waiting[self.field.name] = value, columns
            return
        for attname in self.field.columns_of(None):
            setattr(instance, attname, None)
        self.field.set_cached_value(instance, None)

    def get_prefetch_querysets(self, instances: Any, querysets: Any = None) -> Any:
        """Return the query for the rows that ``instances`` refer to, as Django describes it."""
        asked = descriptors.prefetch_composite.around(ForwardDescriptor._prefetch)
        return asked(self, instances, querysets)

    def _prefetch(self, instances: Any, querysets: Any = None) -> Any:
        if querysets and len(querysets) != 1:
            raise ValueError("a prefetch of a foreign key takes one queryset")
        queryset: Any = querysets[0] if querysets else self.get_queryset(instance=instances[0])
        queryset._add_hints(instance=instances[0])
        fields = [
            queryset.query.resolve_ref(field.name).target
            for field in self.field.foreign_related_fields
        ]
        columns = ColPairs(queryset.model._meta.db_table, fields, fields, self.field)
        key_of = self.field.get_local_related_value
        queryset = queryset.filter(KeyIn(columns, list({key_of(row) for row in instances})))
        queryset.query.clear_ordering()
        return (
            queryset,
            self.field.get_foreign_related_value,
            key_of,
            True,
            self.field.cache_name,
            False,
        )


def first_of_each(queryset: Any, columns: list[str]) -> Any:
    """Return a sliced queryset as one that takes its slice of the rows of each owner.

    As Django does it for a foreign key of one column, by numbering the rows within ``columns``.
    """
    query = queryset.query
    order_by = [one for one, _ in query.get_compiler(using=queryset.db).get_order_by()]
    number = Window(RowNumber(), partition_by=columns, order_by=order_by or None)
    wanted = Q(GreaterThan(number, query.low_mark))
    if query.high_mark is not None:
        wanted &= Q(LessThanOrEqual(number, query.high_mark))
    unsliced = queryset._chain()
    unsliced.query.clear_limits()
    unsliced.query.add_q(wanted, reuse_all=True)
    return unsliced


class ReverseDescriptor(ReverseManyToOneDescriptor):  # type: ignore[type-arg]
    """``album.tracks``, whose rows are taken out one by one, too, when asked to."""

    @cached_property
    def related_manager_cls(self) -> Any:
        """The manager of the rows that refer to one row."""
        field: Any = self.rel.field

        class CompositeRelatedManager(super().related_manager_cls):  # type: ignore[misc]
            def _clear(self, queryset: Any, bulk: bool) -> None:  # noqa: FBT001
                if bulk:
                    super()._clear(queryset, bulk)
                    return
                self._remove_prefetched_objects()
                emptied = [one.attname for one in field.emptied_fields]
                for row in queryset:
                    setattr(row, field.name, None)
                    row.save(update_fields=emptied)

            _clear.alters_data = True  # type: ignore[attr-defined]

            def get_prefetch_querysets(self, instances: Any, querysets: Any = None) -> Any:
                if querysets and querysets[0].query.is_sliced:
                    columns = [column.name for column in field.local_related_fields]
                    querysets = [first_of_each(querysets[0], columns), *querysets[1:]]
                return super().get_prefetch_querysets(instances, querysets)

        return CompositeRelatedManager
