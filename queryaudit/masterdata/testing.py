"""Master data for tests that flush their database."""

from typing import TYPE_CHECKING, Any

from django.db import DEFAULT_DB_ALIAS

from queryaudit.masterdata.loading import environments
from queryaudit.masterdata.loading.environments import Kind
from queryaudit.masterdata.loading.history import (
    History,
    chosen_keys,
    environment_wanted,
    folded,
)
from queryaudit.masterdata.loading.planning import compared
from queryaudit.masterdata.loading.problems import Problems
from queryaudit.masterdata.loading.writing import write

if TYPE_CHECKING:
    from django.test import TransactionTestCase as _Base
else:
    _Base = object

__all__ = ["MasterDataMixin", "load_master_data"]

_known: dict[tuple[Any, ...], Any] = {}


def load_master_data(using: str = DEFAULT_DB_ALIAS) -> int:
    """Load what all migrations have loaded, test data as well; return how many rows it took.

    What is there and right is left. Repairs are not made again. The journal is not touched.
    Raises MasterDataFileError.
    """
    environment = environments.current()
    history = History(using)
    known = (using, environment, *history.applied)
    if known not in _known:
        several = history.read(history.applied, environment_wanted(environment, Kind.TEST))
        registry = history.registry(history.applied)
        problems = Problems()
        rows = folded(several, registry, problems)
        problems.refuse("master data")
        _known.clear()
        _known[known] = rows, registry, chosen_keys(several)
    rows, registry, keys = _known[known]
    plan = compared(rows, registry, using, keys, "master data")
    write(plan, "master data")
    return len(plan.inserts) + len(plan.updates) + len(plan.deletes)


class MasterDataMixin(_Base):
    """A TransactionTestCase whose tests each find the master data: another's flush took it."""

    def setUp(self) -> None:
        """Load what is missing, in each database of the test."""
        for alias in sorted(type(self).databases):
            load_master_data(alias)
        super().setUp()
