"""Which findings of a view are new: what its last requests had and had not.

On its first day an old site has hundreds of findings that were always there. A finding is new
where an earlier request of the same view, by the same method, was without it.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from http import HTTPStatus
from threading import Lock
from time import monotonic
from typing import Final

from queryaudit import conf
from queryaudit.findings.record import AuditRecord
from queryaudit.stores.baseline import known_ids

MAX_VIEWS: Final = 1_000
MAX_REQUESTS: Final = 50  # of one view
REFRESH_SECONDS: Final = 30.0  # how often it is begun anew, with what other processes have kept

Key = tuple[str, str]


class History:
    """The ids of findings by view: of what the store has, and of this process since."""

    def __init__(self) -> None:
        self._views: dict[Key, deque[frozenset[str]]] = {}
        self._begun_at: float | None = None
        self._lock = Lock()

    def is_due(self) -> bool:
        """Return whether it is to be begun, or begun anew."""
        begun_at = self._begun_at
        return begun_at is None or monotonic() - begun_at > REFRESH_SECONDS

    def begin(self, records: Iterable[AuditRecord]) -> None:
        """Begin anew with what the store has, the newest first: several processes write it."""
        views: dict[Key, deque[frozenset[str]]] = {}
        for record in reversed(list(records)):
            _add(views, record)
        with self._lock:
            self._views = views
            self._begun_at = monotonic()

    def compare(self, record: AuditRecord) -> AuditRecord:
        """Return ``record`` with what is new in it, and what a baseline knows."""
        with self._lock:
            earlier = list(self._views.get(key_of(record), ()))
        known = known_ids()
        new = {}
        for finding in record.findings:
            if finding.id in known:
                continue
            for number, ids in enumerate(reversed(earlier), start=1):
                if finding.id not in ids:
                    new[finding.id] = number
                    break
        found = tuple(finding.id for finding in record.findings if finding.id in known)
        return replace(record, new=new, known=found) if new or found else record

    def add(self, record: AuditRecord) -> None:
        """Remember what a request had."""
        with self._lock:
            _add(self._views, record)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._views = {}
            self._begun_at = None


def key_of(record: AuditRecord) -> Key:
    """Return what requests are compared by: their view, else their label, and their method."""
    return record.view or record.label, record.method


def tells(record: AuditRecord) -> bool:
    """Return whether a request shows what its view asks: redirects and errors do not."""
    is_page = HTTPStatus.OK <= record.status < HTTPStatus.MULTIPLE_CHOICES
    return record.status == 0 or (is_page and record.status != HTTPStatus.NO_CONTENT)


def _add(views: dict[Key, deque[frozenset[str]]], record: AuditRecord) -> None:
    if not tells(record):
        return
    key = key_of(record)
    known = views.pop(key, None)
    if known is None:
        known = deque(maxlen=MAX_REQUESTS)
    views[key] = known  # last, as the one that was asked last
    known.append(frozenset(finding.id for finding in record.findings))
    while len(views) > MAX_VIEWS:
        del views[next(iter(views))]


history = History()
conf.when_changed(history.clear)
