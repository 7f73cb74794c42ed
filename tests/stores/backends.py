"""What the contract needs to know of each store: how to make one and how to spoil it."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from django.conf import settings
from redis import Redis

from queryaudit.stores.base import Store
from queryaudit.stores.memory import MemoryStore
from queryaudit.stores.redis import RedisStore
from queryaudit.stores.sqlite import SQLiteStore


class Backend(Protocol):
    """A place for the stores of one test."""

    def make(self, keep: int) -> Store:
        """Return a store; all of one backend but memory share their records."""
        ...

    def remove(self) -> None:
        """Leave nothing behind."""
        ...


class Outside(Backend, Protocol):
    """A place outside of this process, where records are bytes."""

    expression: str  # of Python: what another process makes its store with

    def overwrite(self, audit_id: str, packed: bytes) -> None:
        """Put ``packed`` where the record of that id is kept."""
        ...


class Memory:
    def make(self, keep: int) -> Store:
        return MemoryStore(keep)

    def remove(self) -> None:
        """Nothing is left when the test lets it go."""


class SQLite:
    def __init__(self, folder: Path) -> None:
        self.path = folder / "new folder" / "audits.sqlite3"
        self.expression = f"sqlite.SQLiteStore(Path({str(self.path)!r}), 100)"

    def make(self, keep: int) -> Store:
        return SQLiteStore(self.path, keep)

    def overwrite(self, audit_id: str, packed: bytes) -> None:
        with closing(sqlite3.connect(self.path)) as database, database:
            database.execute("UPDATE audit SET record = ? WHERE id = ?", (packed, audit_id))

    def remove(self) -> None:
        pass


class RedisServer:
    def __init__(self) -> None:
        self.url = with_prefix(settings.REDIS_URL, f"test-{uuid4().hex}")
        self.expression = f"redis.RedisStore({self.url!r}, 100)"

    def make(self, keep: int) -> Store:
        return RedisStore(self.url, keep)

    def overwrite(self, audit_id: str, packed: bytes) -> None:
        with Redis.from_url(settings.REDIS_URL) as client:
            client.set(f"{RedisStore(self.url, 1).prefix}:audit:{audit_id}", packed)

    def remove(self) -> None:
        with Redis.from_url(settings.REDIS_URL) as client:
            for key in client.scan_iter(f"{RedisStore(self.url, 1).prefix}*", count=1_000):
                client.delete(key)


def with_prefix(url: str, name: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}prefix={name}"
