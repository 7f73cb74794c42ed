"""What is held, how often it was of use, and why it was dropped: as plain data."""

import logging
from time import monotonic
from typing import Any

from django.db import DatabaseError

from queryaudit.errors import MasterDataLimitError
from queryaudit.masterdata import coherence, held
from queryaudit.masterdata.registry import managers

_logger = logging.getLogger("queryaudit")


def stats() -> list[dict[str, Any]]:
    """Return a dict for each model and database of which rows were asked for in this process.

    ``model``, ``database``, ``coherence``: names. ``state``: "held", "empty" (not read yet, or
    dropped), "off" (others cannot be heard; ``problem`` says why), "paused" (written too often)
    or "refused" (over a limit). ``rows``, ``bytes`` (about), ``answers`` (questions remembered);
    ``hits``, ``misses``, ``loads``, ``drops``: counts. ``dropped_ago``: seconds since the last
    drop, or None; ``dropped_why``: its reason. ``read_only``: whether rows are shared.
    """
    return [_of(one) for one in held.every()]


def _of(one: held.Held) -> dict[str, Any]:
    rows, shared = one.rows, coherence.of(one.alias)
    if one.refused is not None:
        state = "refused"
    elif rows is not None:
        state = "held"
    elif shared.problem or shared.name == "off":
        state = "off"
    else:
        state = "paused" if monotonic() < one.paused_until else "empty"
    return {
        "model": one.source.label,
        "database": one.alias,
        "coherence": shared.name,
        "state": state,
        "problem": str(one.refused or shared.problem),
        "rows": 0 if rows is None else len(rows),
        "bytes": 0 if rows is None else rows.size + rows.answers_size,
        "answers": 0 if rows is None else len(rows.answers),
        "hits": one.hits,
        "misses": one.misses,
        "loads": one.loads,
        "drops": one.drops,
        "dropped_ago": None if one.dropped_at is None else monotonic() - one.dropped_at,
        "dropped_why": one.dropped_why,
        "read_only": rows is not None and rows.is_shared,
    }


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
    except (DatabaseError, MasterDataLimitError) as error:
        _logger.warning("queryaudit: %s is not held: %s", manager.model._meta.label, error)
        return 0
