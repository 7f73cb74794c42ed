"""The demo's settings, with the models of the tests and databases of their own."""

import os
import tempfile
from pathlib import Path

from config.settings import *  # noqa: F403  # a settings module is a namespace to extend
from config.settings import DATABASES, INSTALLED_APPS, TEMPLATES

BASE_DIR = Path(__file__).resolve().parents[1]
ROOT_URLCONF = "tests.urls"
INSTALLED_APPS = [*INSTALLED_APPS, "tests.music"]
DEMO_LATENCY_MS = 0.0
TEMPLATES[0]["DIRS"] = [BASE_DIR / "tests" / "templates"]

# Files, because tests read them from several threads, which an in-memory database locks out; one
# per process, so that two runs do not meet.
_FOLDER = Path(tempfile.gettempdir())
DATABASES["default"]["TEST"] = {"NAME": _FOLDER / f"queryaudit-tests-{os.getpid()}.sqlite3"}
DATABASES["other"] = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": ":memory:",
    "TEST": {"NAME": _FOLDER / f"queryaudit-tests-other-{os.getpid()}.sqlite3"},
}
