"""Select boxes from memory."""

from typing import Any

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
