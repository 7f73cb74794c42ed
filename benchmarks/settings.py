"""The record shop's settings as a live site has them, on a database of the benchmark's own.

The toolbar is out, and so is the shop's count of round trips: it is an execute wrapper
itself, and what every page pays makes the share of the auditor look smaller.
"""

import os

from config.settings import *  # noqa: F403  # a settings module is a namespace to extend
from config.settings import DATABASES, INSTALLED_APPS, MIDDLEWARE

from benchmarks.tools import PEERS

DEBUG = False  # else Django keeps every statement in connection.queries
DEMO_LATENCY_MS = 0.0
ROOT_URLCONF = "benchmarks.urls"
INSTALLED_APPS = [app for app in INSTALLED_APPS if app != "debug_toolbar"]
_OTHERS = {
    "shop.middleware.RoundTripsMiddleware",
    "debug_toolbar.middleware.DebugToolbarMiddleware",
}
MIDDLEWARE = [path for path in MIDDLEWARE if path not in _OTHERS]
# One other tool in a process of its own: see benchmarks.peers.
_peer = PEERS.get(os.environ.get("BENCHMARK_PEER", ""))
if _peer is not None:
    INSTALLED_APPS = [*INSTALLED_APPS, *_peer.apps]
    MIDDLEWARE = [*_peer.middleware, *MIDDLEWARE]
    globals().update(_peer.settings)

DATABASES["default"]["NAME"] = os.environ["BENCHMARK_DATABASE"]
QUERYAUDIT = {"ENABLED": True, "STORE": "memory"}
# What an audit tells is written to nowhere: a terminal's speed is not the auditor's.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"nowhere": {"class": "logging.NullHandler"}},
    "loggers": {"queryaudit": {"handlers": ["nowhere"], "propagate": False}},
}
