"""Record what master data in local memory answers: reads that would have been queries."""

from queryaudit.hooks.events import CacheRead, cache_reads
from queryaudit.recording.recorder import CURRENT


def note_read(read: CacheRead) -> None:
    """Count one read under its model."""
    recorder = CURRENT.get()
    if recorder is not None and recorder.is_open:
        recorder.memory.add(read.source, read.outcome, read.rows)


def install() -> None:
    """Listen to master data."""
    cache_reads.subscribe(note_read)


def uninstall() -> None:
    """Listen no more."""
    cache_reads.unsubscribe(note_read)
