"""What becomes of an audit that has ended: judged, compared, told in the log, and kept."""

import logging
from typing import Final

from queryaudit import stores
from queryaudit.auditing import Audit
from queryaudit.findings.record import AuditRecord
from queryaudit.reports import console, opentelemetry
from queryaudit.stores.history import history

_MAX_SEEN: Final = 10_000

_logger = logging.getLogger("queryaudit")
_seen: dict[str, None] = {}  # ids that the console has explained; the oldest goes first


def keep(audit: Audit) -> None:
    """Judge ``audit``, tell it in the log and write it to the store; the writer's work."""
    stores.refresh_history()
    record = history.compare(audit.to_record())
    history.add(record)
    _print(record)
    opentelemetry.measure(record)
    stores.keep(record)


def _print(record: AuditRecord) -> None:
    """Log one line for a request with findings, and each finding in full the first time."""
    line = console.render_line(record)
    if not line:
        return
    new = {finding.id for finding in record.findings} - _seen.keys()
    _seen.update(dict.fromkeys(new))
    while len(_seen) > _MAX_SEEN:
        del _seen[next(iter(_seen))]
    text = "\n".join(filter(None, (line, console.render_fixes(record, new))))
    _logger.warning("%s", console.coloured(text) if _are_terminals() else text)


def _are_terminals() -> bool:
    """Return whether all that is logged here goes to terminals with colours, and nowhere else."""
    logger: logging.Logger | None = _logger
    handlers: list[logging.Handler] = []
    while logger is not None:
        handlers += logger.handlers
        logger = logger.parent if logger.propagate else None
    if not handlers and logging.lastResort is not None:
        handlers = [logging.lastResort]
    streams = [getattr(handler, "stream", None) for handler in handlers]
    return bool(streams) and all(stream and console.has_colours(stream) for stream in streams)
