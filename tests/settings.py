"""The demo's settings, with the models of the tests and databases of their own."""

import os
import socket
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from config.settings import *  # noqa: F403  # a settings module is a namespace to extend
from config.settings import DATABASES, INSTALLED_APPS, TEMPLATES

BASE_DIR = Path(__file__).resolve().parents[1]
ROOT_URLCONF = "tests.urls"
INSTALLED_APPS = [
    *INSTALLED_APPS,
    "tests.music",
    "tests.corpus",
    "tests.rawsql",
    "tests.composite",
    "tests.masterdata.apps.MasterDataTests",
    "tests.masterdata.loading.apps.Seeds",
]
DEMO_LATENCY_MS = 0.0
# Every test that wants other than the defaults says so; a busy machine makes any query slow.
QUERYAUDIT = {"LIMITS": {"SLOW_MS": 60_000}}
TEMPLATES[0]["DIRS"] = [BASE_DIR / "tests" / "templates"]

# Files, because tests read them from several threads, which an in-memory database locks out; one
# per process, so that two runs do not meet.
_FOLDER = Path(tempfile.gettempdir())
del DATABASES["default"]["OPTIONS"]  # a reader in a test's transaction would lock out the others
DATABASES["default"]["TEST"] = {"NAME": _FOLDER / f"queryaudit-tests-{os.getpid()}.sqlite3"}
DATABASES["other"] = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": ":memory:",
    "TEST": {"NAME": _FOLDER / f"queryaudit-tests-other-{os.getpid()}.sqlite3"},
}


def _answers(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=2).close()
    except OSError:
        return False
    return True


# Where a service does not answer, its tests skip and say so; with CI=true that is a failure.
POSTGRES_URL = os.environ.get(
    "QUERYAUDIT_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres"
)
_postgres = urlsplit(POSTGRES_URL)
if os.environ.get("CI") == "true" or _answers(_postgres.hostname or "", _postgres.port or 5432):
    DATABASES["postgres"] = {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": _postgres.hostname,
        "PORT": _postgres.port or 5432,
        "USER": _postgres.username,
        "PASSWORD": _postgres.password or "",
        "NAME": _postgres.path.lstrip("/"),
        "TEST": {"NAME": f"queryaudit_tests_{os.getpid()}"},
    }

REDIS_URL = os.environ.get("QUERYAUDIT_REDIS", "redis://127.0.0.1:6379/0")
_redis = urlsplit(REDIS_URL)
HAS_REDIS = os.environ.get("CI") == "true" or _answers(_redis.hostname or "", _redis.port or 6379)

MARIADB_URL = os.environ.get("QUERYAUDIT_MARIADB", "mysql://root@127.0.0.1:3306/test")
_mariadb = urlsplit(MARIADB_URL)
if os.environ.get("CI") == "true" or _answers(_mariadb.hostname or "", _mariadb.port or 3306):
    DATABASES["mariadb"] = {
        "ENGINE": "django.db.backends.mysql",
        "HOST": _mariadb.hostname,
        "PORT": _mariadb.port or 3306,
        "USER": _mariadb.username,
        "PASSWORD": _mariadb.password or "",
        "NAME": _mariadb.path.lstrip("/"),
        "TEST": {"NAME": f"queryaudit_tests_{os.getpid()}", "CHARSET": "utf8mb4"},
    }
    DATABASE_ROUTERS = ["tests.composite.routers.OnlyWing"]
