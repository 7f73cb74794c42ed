"""The demo's settings, for any machine: a busy one may take 100 ms for a query."""

from config.settings import *  # noqa: F403  # a settings module is a namespace to extend
from config.settings import QUERYAUDIT

QUERYAUDIT = {**QUERYAUDIT, "LIMITS": {"SLOW_MS": 60_000}, "ADVICE": {"MIN_REQUESTS": 1_000_000}}
