"""Frozen files are what was loaded from them: told by ``migrate``, before it does anything."""

from collections.abc import Sequence

from django.core import checks

from queryaudit.errors import MasterDataFileError
from queryaudit.masterdata.loading.loads import changed_files


def check_files(
    *, databases: Sequence[str] | None = None, **_: object
) -> list[checks.CheckMessage]:
    """Name the frozen files that were changed after they were loaded into ``databases``."""
    found: list[checks.CheckMessage] = []
    for alias in databases or ():
        try:
            problems = changed_files(alias)
        except MasterDataFileError as error:
            problems = error.problems
        found += [
            checks.Error(str(problem), id="queryaudit.masterdata.E006") for problem in problems
        ]
    return found
