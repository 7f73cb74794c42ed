"""What is held, how often it was of use, and why it was dropped: as plain data."""

import logging
from typing import Any

from django.db import DatabaseError

from queryaudit.errors import QueryAuditError
from queryaudit.masterdata import places
from queryaudit.masterdata.registry import managers

_logger = logging.getLogger("queryaudit")


def stats() -> list[dict[str, Any]]:
    """Return a dict for each model and database of which rows were asked for in this process.

    ``model`` is the label of the model, raw query or DynamoDB model, ``kind`` "model", "raw SQL"
    or "dynamodb"; ``database``, ``coherence``: names; ``promise``: how old an answer may be, in
    words. ``state``: "held", "empty" (not read yet, or dropped), "off" (others cannot be heard;
    ``problem`` says why), "paused" (written too often) or "refused" (over a limit). ``rows``,
    ``bytes`` (about), ``answers`` (questions remembered); ``hits``, ``misses``, ``loads``,
    ``drops``: counts. ``dropped_ago``: seconds since the last drop, or None; ``dropped_why``:
    its reason. ``read_only``: whether rows are shared.
    """
    return [one.stats() for one in places.every()]


def clear() -> None:
    """Forget all rows of this process; they are read again when needed."""
    for manager in managers():
        manager.clear()


def warm() -> int:
    """Read the rows of all models that are not held yet; return how many rows are held then.

    For the start of a process, after it was forked: a child begins with nothing. What cannot
    be read, a table that no migration has made yet, is told in the log.
    """
    return sum(map(_warm, managers()))


def _warm(manager: Any) -> int:
    try:
        return int(manager.warm())
    except (DatabaseError, QueryAuditError) as error:
        _logger.warning("queryaudit: %s is not held: %s", manager.label, error)
        return 0
