"""Databases of the benchmark's own: a file of SQLite, and a database of PostgreSQL."""

import os
from urllib.parse import urlsplit

SECRET_KEY = "benchmarks"  # noqa: S105  # of no site
INSTALLED_APPS = ["benchmarks.rows"]
USE_TZ = True
DEBUG = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
POSTGRES_URL = urlsplit(
    os.environ.get("QUERYAUDIT_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
)
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("BENCHMARK_DATABASE", ":memory:"),
    },
    "postgres": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": POSTGRES_URL.hostname,
        "PORT": POSTGRES_URL.port or 5432,
        "USER": POSTGRES_URL.username,
        "PASSWORD": POSTGRES_URL.password or "",
        "NAME": os.environ.get("BENCHMARK_POSTGRES", "postgres"),
    },
}
