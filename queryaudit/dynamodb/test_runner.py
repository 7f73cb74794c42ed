"""Django's test runner with tables of DynamoDB: made before, emptied between tests, dropped.

``TEST_RUNNER = "queryaudit.dynamodb.test_runner.DynamoDBTestDiscoverRunner"``. What a test
wrote is deleted after it; so is what ``setUpClass`` wrote, after the class's first test.
"""

from queryaudit.dynamodb import requirement  # noqa: F401  # names the extra

# isort: split

import os
import unittest
from contextlib import ExitStack
from typing import Any

from django.test import runner as djangos

from queryaudit.dynamodb import connection
from queryaudit.dynamodb.tables import TEST_PREFIX, made_for_tests, models, written

__all__ = ["DynamoDBParallelTestSuite", "DynamoDBTestDiscoverRunner", "DynamoDBTestSuiteMixin"]

# Tells workers, however they are started, which run they belong to.
_RUN = "QUERYAUDIT_DYNAMODB_TEST_RUN"


class EmptiesTables:
    """A result of tests that empties the tables that a test wrote to, when the test is over."""

    def stopTest(self, test: Any) -> None:  # noqa: N802  # unittest's name
        """Empty them."""
        super().stopTest(test)  # type: ignore[misc]
        written.empty(models())


class _RemoteResult(EmptiesTables, djangos.RemoteTestResult):
    pass


class _RemoteRunner(djangos.RemoteTestRunner):
    resultclass = _RemoteResult


def _init_worker(counter: Any, *args: Any, **kwargs: Any) -> None:
    """Switch to the databases and to the tables of this worker."""
    djangos._init_worker(counter, *args, **kwargs)  # type: ignore[attr-defined]
    connection.begin_epoch(f"{TEST_PREFIX}{os.environ[_RUN]}_{djangos._worker_id}_")  # type: ignore[attr-defined]
    connection.on_write = written.note


class DynamoDBParallelTestSuite(djangos.ParallelTestSuite):
    """Tests run by several processes, each with tables of its own."""

    init_worker = _init_worker
    runner_class = _RemoteRunner


class DynamoDBTestSuiteMixin:
    """What a runner needs besides Django's; put it before the runner's class."""

    parallel_test_suite = DynamoDBParallelTestSuite
    parallel: int
    _tables: ExitStack

    def setup_databases(self, **kwargs: Any) -> Any:
        """Make databases and tables."""
        old = super().setup_databases(**kwargs)  # type: ignore[misc]
        run = os.environ[_RUN] = str(os.getpid())
        self._tables = ExitStack()
        workers = range(1, self.parallel + 1) if self.parallel > 1 else ()
        try:
            for worker in workers:
                self._tables.enter_context(made_for_tests(f"{run}_{worker}"))
            self._tables.enter_context(made_for_tests(run))
        except BaseException:
            self._tables.close()
            super().teardown_databases(old)  # type: ignore[misc]
            raise
        return old

    def teardown_databases(self, old_config: Any, **kwargs: Any) -> None:
        """Drop tables and databases."""
        try:
            self._tables.close()
        finally:
            super().teardown_databases(old_config, **kwargs)  # type: ignore[misc]

    def get_resultclass(self) -> Any:
        """Return the class of results that empties tables."""
        base = super().get_resultclass() or unittest.TextTestResult  # type: ignore[misc]
        return type(base.__name__, (EmptiesTables, base), {})


class DynamoDBTestDiscoverRunner(DynamoDBTestSuiteMixin, djangos.DiscoverRunner):  # type: ignore[misc]
    """Django's runner, with tables of DynamoDB."""
