"""Where audits stay. What is kept and read by these functions costs no page an error."""

import os
from collections.abc import Callable
from typing import TypeVar

from queryaudit import conf
from queryaudit.errors import QueryAuditError
from queryaudit.findings.record import AuditRecord
from queryaudit.stores.base import Store
from queryaudit.stores.choice import current, default_path
from queryaudit.stores.health import Failure
from queryaudit.stores.health import health as _health  # a module has the name
from queryaudit.stores.history import history as _history

__all__ = ["current", "default_path", "keep", "problem", "read", "recent", "refresh_history"]

_Found = TypeVar("_Found")


def keep(record: AuditRecord) -> bool:
    """Write ``record`` to the current store; False where it had to be dropped.

    After a write that failed, the records of the next seconds are dropped at once: a
    server that does not answer would hold up the queue for each of them.
    """
    if _health.drops_for_now():
        return False
    try:
        current().write(record)
    except (OSError, QueryAuditError) as error:
        _health.fails("writing", str(error), dropped=1)
        return False
    _health.works("writing")
    return True


def read(audit_id: str) -> AuditRecord | None:
    """Return the record of that id, None where there is none or ``problem`` says why."""
    return _ask(lambda store: store.read(audit_id), None)


def recent(limit: int = 50) -> list[AuditRecord]:
    """Return up to ``limit`` records, the newest first; none where ``problem`` says why."""
    return _ask(lambda store: store.recent(limit), [])


def refresh_history() -> None:
    """Begin the history anew where that is due, and the store answers."""
    if _history.is_due():
        records = recent(conf.get().keep)
        if records or problem() is None:
            _history.begin(records)


def problem() -> Failure | None:
    """Return what keeps this process from keeping or reading audits, None where nothing does.

    ``str()`` of it is a sentence for the page.
    """
    return _health.problem()


def _ask(question: Callable[[Store], _Found], otherwise: _Found) -> _Found:
    try:
        found = question(current())
    except (OSError, QueryAuditError) as error:
        _health.fails("reading", str(error))
        return otherwise
    _health.works("reading")
    return found


for _forget in (current.cache_clear, _health.forget):
    conf.when_changed(_forget)
    if hasattr(os, "register_at_fork"):
        # Not on Windows, which does not fork. Locks and connections belong to the parent.
        os.register_at_fork(after_in_child=_forget)
