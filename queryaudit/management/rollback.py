"""Take back what pages write, on every database that can be reached."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Final

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, InterfaceError, connections, transaction

# What a rollback does not reach.
KEPT: Final = "mail, caches, files, DynamoDB and what async views write by other connections"


def reachable() -> list[str]:
    """Return the aliases of the databases that answer: no page writes the others either."""
    found = []
    for alias in connections:
        try:
            connections[alias].ensure_connection()
        except (DatabaseError, InterfaceError, ImproperlyConfigured):
            continue
        found.append(alias)
    return found


@contextmanager
def taken_back(aliases: Sequence[str]) -> Iterator[None]:
    """Roll back what the block writes on the databases ``aliases``."""
    with ExitStack() as stack:
        for alias in aliases:
            block = transaction.atomic(using=alias)
            # As in Django's own test cases: a view may have a durable block of its own.
            block._from_testcase = True  # type: ignore[attr-defined]  # noqa: SLF001
            stack.enter_context(block)
        try:
            yield
        finally:
            for alias in aliases:
                transaction.set_rollback(True, using=alias)
