"""A record as bytes, for stores outside this process: JSON, compressed."""

import json
import zlib
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from queryaudit.findings.record import AuditRecord

_MAX_REMEMBERED: Final = 2_000


def pack(record: AuditRecord) -> bytes:
    """Return ``record`` as bytes."""
    text = json.dumps(record.to_dict(), separators=(",", ":"))
    return zlib.compress(text.encode())


def unpack(packed: bytes) -> AuditRecord | None:
    """Return the record that ``pack`` made bytes of.

    None where it did not: another version of the package wrote them, or nobody.
    """
    try:
        return AuditRecord.from_dict(json.loads(zlib.decompress(packed)))
    except (zlib.error, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


class Unpacker:
    """Unpacks records and remembers the last of them.

    A dashboard reads the whole ring again and again, and building the records takes
    some fifty times as long as fetching their bytes. Records do not change, so the bytes
    themselves are the key: a record written anew is another one.
    """

    def __init__(self, keep: int) -> None:
        self._unpack = lru_cache(maxsize=min(keep, _MAX_REMEMBERED))(unpack)

    def __call__(self, found: Iterable[bytes | None]) -> list[AuditRecord]:
        """Return the records of ``found``, in its order; what cannot be read is passed over."""
        records = (self._unpack(packed) for packed in found if packed is not None)
        return [record for record in records if record is not None]
