"""By the database's own LISTEN and NOTIFY: part of the transaction that writes."""

import select
from time import monotonic
from typing import Any, Final

from django.db import connections

from queryaudit.errors import log_once
from queryaudit.masterdata.coherence.base import process_id
from queryaudit.masterdata.coherence.listener import Link, Listening

CHANNEL: Final = "queryaudit_masterdata"
CONNECT_SECONDS: Final = 5


class PostgreSQLCoherence(Listening):
    """Listen over a connection of its own to ``direct``, which goes past any pooler."""

    name = "postgresql"
    promise = "every commit through Django as it is told (LISTEN), of other clients with triggers"

    def __init__(self, alias: str, direct: str) -> None:
        super().__init__(alias)
        wrapper: Any = connections[direct]
        self._driver = wrapper.Database.__name__
        # What belongs to Django's own use of the connection is left out.
        left_out = {"context", "cursor_factory", "prepare_threshold"}
        given = wrapper.get_connection_params().items()
        self._params = {key: value for key, value in given if key not in left_out}
        self._params.setdefault("connect_timeout", CONNECT_SECONDS)
        self._params.setdefault("application_name", "queryaudit masterdata")

    def connect(self) -> Link:
        """Open a connection and listen."""
        if self._driver == "psycopg2":
            return Psycopg2Link(self._params, self.woken)
        return Psycopg3Link(self._params, self.woken)

    def before(self, connection: Any, tables: frozenset[str], *, in_transaction: bool) -> Any:
        """Notify within the transaction: heard when it is committed, and else never."""
        if in_transaction and not _is_broken(connection.connection):
            _notify(connection, tables)

    def after(
        self, connection: Any, tables: frozenset[str], token: Any, *, in_transaction: bool
    ) -> None:
        """Notify after a write that was committed by itself."""
        if not in_transaction and connection.connection is not None:
            try:
                _notify(connection, tables)
            except Exception:  # noqa: BLE001  # the write is done, and its caller told so
                log_once("telling other processes of a write")


def _notify(connection: Any, tables: frozenset[str]) -> None:
    calls = ", ".join(["pg_notify(%s, %s)"] * len(tables))
    params = [text for table in sorted(tables) for text in (CHANNEL, f"{process_id()}:{table}")]
    with connection.connection.cursor() as cursor:
        cursor.execute(f"SELECT {calls}", params)  # as many placeholders as tables


def _is_broken(driver_connection: Any) -> bool:
    """Return whether the transaction has failed, so that its commit rolls it back."""
    info = getattr(driver_connection, "info", None)
    return info is None or int(info.transaction_status) != 2  # PQTRANS_INTRANS of libpq


class Psycopg3Link:
    """A subscription by psycopg 3, of which only libpq is used: nothing blocks without end."""

    def __init__(self, params: dict[str, Any], woken: Any) -> None:
        import psycopg  # noqa: PLC0415  # the driver of the site

        self._woken = woken
        self._connection = psycopg.connect(**params, autocommit=True)
        self._libpq = self._connection.pgconn
        self._connection.execute(f"LISTEN {CHANNEL}")

    def wait(self, seconds: float) -> list[str]:
        """Return the payloads that have come."""
        if (
            self._libpq.socket
            in select.select([self._libpq.socket, self._woken], [], [], seconds)[0]
        ):
            self._libpq.consume_input()
        return self._heard()

    def ping(self, seconds: float) -> list[str]:
        """Ask for a sign of life."""
        end = monotonic() + seconds
        self._libpq.send_query(b"SELECT 1")
        heard: list[str] = []
        while True:
            while not self._libpq.is_busy():
                if self._libpq.get_result() is None:
                    return heard + self._heard()
            left = end - monotonic()
            if left <= 0 or not select.select([self._libpq.socket], [], [], left)[0]:
                raise _silent(seconds)
            self._libpq.consume_input()
            heard += self._heard()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _heard(self) -> list[str]:
        found = []
        while (notice := self._libpq.notifies()) is not None:
            found.append(notice.extra.decode())
        return found


class Psycopg2Link:
    """A subscription by psycopg2, in its asynchronous mode: nothing blocks without end."""

    def __init__(self, params: dict[str, Any], woken: Any) -> None:
        import psycopg2  # noqa: PLC0415  # the driver of the site

        self._woken = woken
        self._connection = psycopg2.connect(**params, async_=1)
        self._done(CONNECT_SECONDS)
        self._cursor = self._connection.cursor()
        self._cursor.execute(f"LISTEN {CHANNEL}")
        self._done(CONNECT_SECONDS)

    def wait(self, seconds: float) -> list[str]:
        """Return the payloads that have come."""
        if self._connection in select.select([self._connection, self._woken], [], [], seconds)[0]:
            self._connection.poll()
        return self._heard()

    def ping(self, seconds: float) -> list[str]:
        """Ask for a sign of life."""
        self._cursor.execute("SELECT 1")
        self._done(seconds)
        return self._heard()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _done(self, seconds: float) -> None:
        end = monotonic() + seconds
        while (state := self._connection.poll()) != 0:  # POLL_OK
            left = end - monotonic()
            socket = [self._connection]
            reads, writes = (socket, []) if state == 1 else ([], socket)  # POLL_READ
            if left <= 0 or not any(select.select(reads, writes, [], left)):
                raise _silent(seconds)

    def _heard(self) -> list[str]:
        notices = self._connection.notifies
        found = [notice.payload for notice in notices]
        notices.clear()
        return found


def _silent(seconds: float) -> ConnectionError:
    msg = f"the server did not answer within {seconds:g} s"
    return ConnectionError(msg)
