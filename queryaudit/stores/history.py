"""Which findings of a view are new: what its last requests had and had not.

On its first day an old site has hundreds of findings that were always there. A finding is new
where an earlier request of the same view, by the same method, was without it.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from threading import Lock
from typing import Final

from queryaudit import conf
from queryaudit.findings.record import AuditRecord

MAX_VIEWS: Final = 1_000
MAX_REQUESTS: Final = 50  # of one view

_Key = tuple[str, str]


class History:
    """The ids of findings by view, of this process and of what the store had when it began."""

    def __init__(self) -> None:
        self._views: dict[_Key, deque[frozenset[str]]] = {}
        self._has_begun = False
        self._lock = Lock()

    def compare(self, record: AuditRecord) -> AuditRecord:
        """Return ``record`` with what is new in it."""
        with self._lock:
            earlier = list(self._views.get(_key_of(record), ()))
        new = {}
        for finding in record.findings:
            for number, ids in enumerate(reversed(earlier), start=1):
                if finding.id not in ids:
                    new[finding.id] = number
                    break
        return replace(record, new=new) if new else record

    def begin(self, read: Callable[[int], list[AuditRecord]]) -> None:
        """Read what the store has, the first time: an earlier process may have written it.

        ``read`` is asked for so many records, the newest first.
        """
        if not self._has_begun:
            self._has_begun = True
            for record in reversed(read(conf.get().keep)):
                self.add(record)

    def add(self, record: AuditRecord) -> None:
        """Remember what a request had; pages of errors tell nothing about their view."""
        if record.status >= HTTPStatus.BAD_REQUEST:
            return
        key = _key_of(record)
        with self._lock:
            known = self._views.pop(key, None)
            if known is None:
                known = deque(maxlen=MAX_REQUESTS)
            self._views[key] = known  # last, as the one that was asked last
            known.append(frozenset(finding.id for finding in record.findings))
            while len(self._views) > MAX_VIEWS:
                del self._views[next(iter(self._views))]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._views.clear()
            self._has_begun = False


def _key_of(record: AuditRecord) -> _Key:
    return record.view or record.label, record.method


history = History()
conf.when_changed(history.clear)
