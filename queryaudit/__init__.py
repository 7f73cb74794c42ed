"""Show and remove every needless database round trip of a Django request.

The names below are loaded when first used: ``import queryaudit`` needs neither
settings nor apps.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from queryaudit.auditing import Audit, audit, label
    from queryaudit.errors import QueryAuditError
    from queryaudit.findings.base import Finding
    from queryaudit.recording.ignores import ignore

__all__ = ["Audit", "Finding", "QueryAuditError", "audit", "ignore", "label"]
__version__ = "0.1.0"

_HOMES = {
    "Audit": "queryaudit.auditing",
    "Finding": "queryaudit.findings.base",
    "QueryAuditError": "queryaudit.errors",
    "audit": "queryaudit.auditing",
    "ignore": "queryaudit.recording.ignores",
    "label": "queryaudit.auditing",
}


def __getattr__(name: str) -> Any:
    try:
        home = _HOMES[name]
    except KeyError:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg) from None
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
