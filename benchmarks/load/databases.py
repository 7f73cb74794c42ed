"""Databases of a run's own, filled, and gone afterwards."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.load.matrix import POSTGRES_URL
from benchmarks.load.serving import ROOT, LoadError, environment


@contextmanager
def database(kind: str, size: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield LOAD_DATABASE of a filled shop, and what visitors know of it."""
    make = {"sqlite": _sqlite, "postgresql": _postgresql}[kind]
    with make() as name:
        yield name, _prepare(name, size)


def _prepare(name: str, size: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.load.prepare", size],
        cwd=ROOT,
        env=environment("off", name),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        msg = f"{name.partition(':')[0]} could not be filled: {done.stderr.strip()[-1_000:]}"
        raise LoadError(msg)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@contextmanager
def _sqlite() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="queryaudit-load-") as folder:
        yield f"sqlite:{Path(folder) / 'shop.sqlite3'}"


@contextmanager
def _postgresql() -> Iterator[str]:
    import psycopg  # noqa: PLC0415  # of the whole matrix alone
    from psycopg.sql import SQL, Identifier  # noqa: PLC0415

    name = f"queryaudit_load_{os.getpid()}"
    try:
        connection = psycopg.connect(POSTGRES_URL, autocommit=True)
    except psycopg.OperationalError as error:
        where = urlsplit(POSTGRES_URL)
        msg = (
            f"PostgreSQL does not answer at {where.hostname}:{where.port} (QUERYAUDIT_POSTGRES):"
            f" {error}"
        )
        raise LoadError(msg) from None
    with connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        try:
            yield f"postgresql:{name}"
        finally:
            connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))
