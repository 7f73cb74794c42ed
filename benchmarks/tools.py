"""Other tools that watch queries, as their documentation sets them up. Nothing is imported here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final


@dataclass(frozen=True)
class Peer:
    """What one tool adds to the settings; ``module`` is what it cannot run without.

    ``note`` says where it sees less than the others. What a tool prints goes nowhere: the
    speed of a terminal is not the tool's.
    """

    module: str
    apps: tuple[str, ...] = ()
    middleware: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    urls: tuple[str, ...] = ()
    note: str = ""


NOBODY: Final = Peer("django")
PEERS: Final[Mapping[str, Peer]] = {
    "zeal": Peer(
        "zeal",
        ("zeal",),
        ("zeal.middleware.zeal_middleware",),
        {"ZEAL_RAISE": False, "ZEAL_SHOW_ALL_CALLERS": False},
    ),
    "query-doctor": Peer(
        "query_doctor",
        ("query_doctor",),
        ("query_doctor.middleware.QueryDoctorMiddleware",),
        {"QUERY_DOCTOR": {"ENABLED": True, "REPORTERS": ["log"]}},
    ),
    "nplusone": Peer(
        "nplusone",
        ("nplusone.ext.django",),
        ("nplusone.ext.django.NPlusOneMiddleware",),
        {"NPLUSONE_RAISE": False},
    ),
    "toolbar, SQL panel": Peer(
        "debug_toolbar",
        ("debug_toolbar",),
        ("debug_toolbar.middleware.DebugToolbarMiddleware",),
        {
            "DEBUG_TOOLBAR_CONFIG": {
                "SHOW_TOOLBAR_CALLBACK": "benchmarks.peers.always",
                "IS_RUNNING_TESTS": False,
            },
            "DEBUG_TOOLBAR_PANELS": ["debug_toolbar.panels.sql.SQLPanel"],
        },
        urls=("debug_toolbar.urls",),
    ),
    "silk": Peer("silk", ("silk",), ("silk.middleware.SilkyMiddleware",), urls=("silk.urls",)),
    "OpenTelemetry": Peer(
        "opentelemetry.instrumentation.django",
        note="a span a request; its spans of SQLite need another version of its own parts",
    ),
}
