"""The queryset of models with keys of several columns."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from django.db.models import Manager, Model, Q, QuerySet

from queryaudit.composite import bulk, names
from queryaudit.composite.fields import CompositeKey
from queryaudit.composite.references import spread_names

_M = TypeVar("_M", bound=Model)


class CompositeQuerySet(QuerySet[_M, _M]):
    """A queryset that takes names with commas and updates many rows by one join."""

    takes_column_lists = True  # read by the auditor, which suggests such names in fixes

    def _filter_or_exclude(self, negate: bool, args: Any, kwargs: Any) -> Any:  # noqa: FBT001
        if any("," in name for name in kwargs) or any(
            isinstance(q, Q) and names.has_commas(q) for q in args
        ):
            args = (names.rewrite(Q(*args, **kwargs), self.model, negated=negate),)
            kwargs = {}
        if type(keys := kwargs.get("pk__in")) is list and isinstance(
            self.model._meta.pk, CompositeKey
        ):
            kwargs = {**kwargs, "pk__in": self.model._meta.pk.read_all(keys)}
        return super()._filter_or_exclude(negate, args, kwargs)  # type: ignore[misc]

    def complex_filter(self, filter_obj: Any) -> Any:
        """Return the rows that ``filter_obj``, a Q or a dict, lets pass."""
        if isinstance(filter_obj, Q):
            filter_obj = names.rewrite(filter_obj, self.model)
        return super().complex_filter(filter_obj)

    def create(self, **kwargs: Any) -> _M:
        """Make a row and save it; a name with commas sets its columns."""
        return super().create(**names.spread(kwargs, self.model))

    def get_or_create(
        self, defaults: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> tuple[_M, bool]:
        """Return the row and whether it was made; a name with commas stands for its columns."""
        return super().get_or_create(
            names.spread(dict(defaults or {}), self.model), **names.spread(kwargs, self.model)
        )

    def update_or_create(
        self,
        defaults: Mapping[str, Any] | None = None,
        create_defaults: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> tuple[_M, bool]:
        """Return the row and whether it was made; a name with commas stands for its columns."""
        if create_defaults is not None:
            create_defaults = names.spread(dict(create_defaults), self.model)
        return super().update_or_create(
            names.spread(dict(defaults or {}), self.model),
            create_defaults,
            **names.spread(kwargs, self.model),
        )

    def update(self, **kwargs: Any) -> int:
        """Update all rows; a name with commas sets its columns. Returns how many matched."""
        return super().update(**names.spread(kwargs, self.model))

    update.alters_data = True  # type: ignore[attr-defined]

    def bulk_update(
        self, objs: Iterable[_M], fields: Iterable[str], batch_size: int | None = None
    ) -> int:
        """Write ``fields`` of all ``objs`` by one join with their values, in few statements.

        Django's way is taken where a value is an expression, the queryset is filtered,
        or a field has SQL of its own. Returns how many rows matched.
        """
        objs, fields = tuple(objs), spread_names(fields, self.model)
        if not bulk.can_join(self, objs, fields):
            return super().bulk_update(objs, fields, batch_size)
        super().bulk_update([], fields, batch_size)  # its checks of names and size
        self._for_write = True
        return bulk.update(self.db, objs, fields, batch_size)

    bulk_update.alters_data = True  # type: ignore[attr-defined]


class CompositeKeyManager(Manager[_M]):
    """A manager whose querysets take names with commas and update many rows by one join."""

    _queryset_class = CompositeQuerySet
    brings_all_rows = True  # as Django's own does: what is held of it answers references as well
