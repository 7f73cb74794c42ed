"""The demo's settings, on a database of the tests' own."""

import os
import tempfile
from pathlib import Path

from config.settings import *  # noqa: F403  # a settings module is a namespace to extend
from config.settings import DATABASES

DEMO_LATENCY_MS = 0.0

# A file, because tests read it from several threads, which an in-memory database locks out; one
# per process, so that two runs do not meet.
DATABASES["default"]["TEST"] = {
    "NAME": Path(tempfile.gettempdir()) / f"shop-tests-{os.getpid()}.sqlite3"
}
