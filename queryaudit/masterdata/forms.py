"""Select boxes from memory."""

from typing import Any

from django.core.exceptions import ValidationError
from django.forms import ModelChoiceField, ModelMultipleChoiceField

from queryaudit.masterdata.manager import MasterData
from queryaudit.masterdata.querysets import MasterDataSet


def _set_of(rows: Any) -> MasterDataSet[Any]:
    """Return the rows of ``MasterData`` or a set of it; TypeError for anything else."""
    if isinstance(rows, MasterDataSet):
        return rows
    if isinstance(rows, MasterData):
        return rows.all()
    msg = (
        f"{type(rows).__name__} is no master data; allowed: Country.cached, "
        "Country.cached.filter(...)"
    )
    raise TypeError(msg)


class MasterDataChoiceField(ModelChoiceField):  # type: ignore[type-arg]
    """A ModelChoiceField of ``Country.cached`` or a set of it; asks nothing once rows are held.

    It shows what the rows are when the form is made, and validates by memory as well.
    """

    def __init__(self, rows: Any, **options: Any) -> None:
        super().__init__(queryset=_set_of(rows), **options)  # type: ignore[arg-type]


class MasterDataMultipleChoiceField(ModelMultipleChoiceField):  # type: ignore[type-arg]
    """The same of ModelMultipleChoiceField."""

    def __init__(self, rows: Any, **options: Any) -> None:
        super().__init__(queryset=_set_of(rows), **options)  # type: ignore[arg-type]

    def _check_values(self, value: Any) -> Any:
        # Django finds out by filter(), which asks nothing here and so refuses nothing.
        name = self.to_field_name or "pk"
        rows: Any = self.queryset
        meta = rows.model._meta
        column: Any = meta.pk if name == "pk" else meta.get_field(name)
        while column.remote_field is not None:
            column = column.target_field
        for one in value if isinstance(value, (list, tuple)) else ():
            try:
                column.get_prep_value(one)
            except (ValueError, TypeError, ValidationError):
                raise ValidationError(
                    self.error_messages["invalid_pk_value"],
                    code="invalid_pk_value",
                    params={"pk": one},
                ) from None
        return super()._check_values(value)  # type: ignore[misc]
