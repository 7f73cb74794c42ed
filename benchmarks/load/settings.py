"""The record shop's settings as a live site has them, with one tool beside it.

LOAD_TOOL: ``off``, ``on`` (the middleware; nobody sees audits), ``timed`` (the same; everybody sees
``Server-Timing``), ``panel`` (on, with our panel alone in the toolbar), ``toolbar`` (its own
panels), ``silk``. LOAD_DATABASE: ``sqlite:FILE`` or ``postgresql:NAME``. LOAD_SERVER: ``gunicorn``
or ``uvicorn``.
"""

import os
from typing import Any
from urllib.parse import urlsplit

from config.settings import *  # noqa: F403  # a settings module is a namespace to extend
from config.settings import INSTALLED_APPS, MIDDLEWARE
from debug_toolbar.settings import PANELS_DEFAULTS

from benchmarks.load.matrix import DATABASES as KINDS
from benchmarks.load.matrix import POSTGRES_URL, TOOLS


def everybody(_request: object) -> bool:
    """Show what there is to see."""
    return True


TOOL = os.environ["LOAD_TOOL"]
if TOOL not in {*TOOLS, "timed"}:
    msg = f"LOAD_TOOL is {TOOL!r}; allowed: {', '.join(TOOLS)}, timed"
    raise ValueError(msg)

DEBUG = False  # else Django keeps every statement in connection.queries
DEMO_LATENCY_MS = 0.0
DEMO_DYNAMODB = ""
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "benchmarks.load.urls"
_TOOLS_OF_THE_DEMO = {
    "queryaudit.middleware.QueryAuditMiddleware",
    "debug_toolbar.middleware.DebugToolbarMiddleware",
    "shop.middleware.RoundTripsMiddleware",
}
MIDDLEWARE = [path for path in MIDDLEWARE if path not in _TOOLS_OF_THE_DEMO]
# silk's tables are there for all, so that all ask the same database.
INSTALLED_APPS = [*INSTALLED_APPS, "silk"]
QUERYAUDIT = {"ENABLED": TOOL in {"on", "timed", "panel"}, "STORE": "memory"}
if TOOL in {"panel", "toolbar"}:
    MIDDLEWARE.insert(0, "debug_toolbar.middleware.DebugToolbarMiddleware")
if TOOL == "silk":
    MIDDLEWARE.insert(0, "silk.middleware.SilkyMiddleware")
if QUERYAUDIT["ENABLED"]:
    MIDDLEWARE.insert(0, "queryaudit.middleware.QueryAuditMiddleware")
if TOOL == "timed":
    QUERYAUDIT["VIEWERS"] = "benchmarks.load.settings.everybody"

DEBUG_TOOLBAR_CONFIG = {
    "SHOW_TOOLBAR_CALLBACK": "benchmarks.load.settings.everybody",  # type: ignore[dict-item]  # the shop has other keys
}
# Ours alone, or as a site has that sets nothing.
DEBUG_TOOLBAR_PANELS = (
    ["queryaudit.panel.QueryAuditPanel"] if TOOL == "panel" else list(PANELS_DEFAULTS)
)

# What an audit tells is written to nowhere: a terminal's speed is not the auditor's.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"nowhere": {"class": "logging.NullHandler"}},
    "loggers": {"queryaudit": {"handlers": ["nowhere"], "propagate": False}},
}

_kind, _, _name = os.environ["LOAD_DATABASE"].partition(":")
if _kind not in KINDS:
    msg = f"LOAD_DATABASE begins with {_kind!r}; allowed: {', '.join(KINDS)}"
    raise ValueError(msg)
_postgres = urlsplit(POSTGRES_URL)
_databases: dict[str, dict[str, Any]] = {
    "sqlite": {
        "ENGINE": "django.db.backends.sqlite3",
        # As sites that serve writers from SQLite have it.
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL",
        },
    },
    "postgresql": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": _postgres.hostname,
        "PORT": _postgres.port or 5432,
        "USER": _postgres.username,
        "PASSWORD": _postgres.password or "",
    },
}
_database = _databases[_kind]
_database["NAME"] = _name
# Under ASGI a request has a thread, thus a connection, of its own.
_database["CONN_MAX_AGE"] = 0 if os.environ.get("LOAD_SERVER") == "uvicorn" else None
DATABASES = {"default": _database}
