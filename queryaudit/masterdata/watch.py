"""See every write of this process, and where its transaction ends.

An execute wrapper stands on each connection. What it cannot see is covered: stored procedures
and ``copy()`` of a driver's cursor drop what is held of the database, and so does a statement
that cannot be read.
"""

import logging
from collections.abc import Callable
from contextlib import contextmanager
from functools import wraps
from threading import Lock
from typing import Any, Final
from weakref import finalize

from django.db.backends.signals import connection_created

from queryaudit.hooks import connections, transactions
from queryaudit.masterdata import coherence
from queryaudit.masterdata.effects import Effect, Kind, effect_of
from queryaudit.masterdata.generations import ALL, generations
from queryaudit.masterdata.references import referring

_ATTRIBUTE: Final = "_queryaudit_masterdata"
# Of a driver's cursor: what writes and passes no execute(). All of it counts when it is over.
_PASSING: Final = {"copy", "copy_from", "copy_expert", "executescript", "stream"}

_logger = logging.getLogger("queryaudit")
_lock = Lock()
_installed = False
_moved: set[str] = set()  # databases of which a connection was sent to other tables
_addresses: dict[str, tuple[object, ...]] = {}


class Transaction:
    """What one connection has done that is not committed yet."""

    __slots__ = ("__weakref__", "alias", "began", "is_raw", "own", "tables")

    def __init__(self, alias: str) -> None:
        self.alias = alias
        self.tables: set[str] = set()
        self.began: int | None = None  # generations.now before its first statement
        self.is_raw = False  # begun by a statement, so that Django does not know of it
        # Rows that it read and may not hand on to others, by what holds them, and when.
        self.own: dict[Any, tuple[Any, int]] = {}

    def is_open(self, connection: Any) -> bool:
        """Return whether a statement of ``connection`` would be part of a transaction."""
        return connection.connection is not None and (not connection.autocommit or self.is_raw)

    def wrote(self, tables: frozenset[str]) -> bool:
        """Return whether any of ``tables`` has changes that others do not see yet."""
        return bool(self.tables) and (ALL in self.tables or not tables.isdisjoint(self.tables))

    def mark(self, tables: set[str] | frozenset[str]) -> None:
        """Note that ``tables`` are changed, and shade what is held of them."""
        new = tables - self.tables
        if new:
            self.tables |= new
            generations.open(self.alias, new)

    def end(self, why: str) -> None:
        """Drop what was written, whether it was committed or not; begin anew."""
        tables, self.tables, self.began, self.is_raw = self.tables, set(), None, False
        self.own.clear()
        if tables:
            generations.bump(self.alias, None if ALL in tables else tables, why)
            generations.close(self.alias, tables)


def transaction_of(connection: Any) -> Transaction:
    """Return what ``connection`` is in the midst of; a new one where nobody noticed its end."""
    found = connection.__dict__.get(_ATTRIBUTE)
    if found is None:
        found = connection.__dict__[_ATTRIBUTE] = Transaction(connection.alias)
        # A thread may end and let its connection go: its writes are never committed then.
        finalize(connection, found.end, "a connection went away").atexit = False
    elif (found.tables or found.began is not None) and not found.is_open(connection):
        found.end("a transaction ended")
    return found  # type: ignore[no-any-return]


def is_moved(alias: str) -> bool:
    """Return whether a connection of ``alias`` was sent to another schema, role or database."""
    return alias in _moved


def watch_statement(
    execute: Callable[..., Any],
    sql: Any,
    params: Any,
    many: bool,  # noqa: FBT001  # Django's own signature
    context: dict[str, Any],
) -> Any:
    """Run the statement and drop what it writes: at once, or at the end of its transaction."""
    connection = context["connection"]
    text = sql if type(sql) is str else connections.text_of(sql, context)
    effect = effect_of(text, connection.vendor)
    transaction = transaction_of(connection)
    if transaction.began is None and (
        effect.kind is Kind.BEGINS or transaction.is_open(connection)
    ):
        transaction.began = generations.now
    if effect.kind is Kind.READS:
        return execute(sql, params, many, context)
    if effect.kind in {Kind.WRITES, Kind.UNREADABLE}:
        return _write(effect, connection, transaction, lambda: execute(sql, params, many, context))
    return _control(
        effect, connection, transaction, text, lambda: execute(sql, params, many, context)
    )


def _write(
    effect: Effect, connection: Any, transaction: Transaction, run: Callable[[], Any]
) -> Any:
    is_readable = effect.kind is Kind.WRITES
    tables = referring(effect) if is_readable else frozenset({ALL})
    why = "a write" if is_readable else "a statement that cannot be read"
    if transaction.is_open(connection):
        transaction.mark(tables)
        try:
            return run()
        finally:
            if not is_readable:  # MariaDB commits before it changes a schema
                generations.bump(connection.alias, None, why)
    shared = coherence.shared(connection.alias, tables)
    before = shared.before(connection) if shared else None
    try:
        return run()
    finally:
        # Also after an error: the server may have done it before the answer was lost.
        generations.bump(connection.alias, tables if is_readable else None, why)
        if shared:
            shared.after(connection, before)


def _control(
    effect: Effect, connection: Any, transaction: Transaction, text: str, run: Callable[[], Any]
) -> Any:
    if effect.kind is Kind.MOVES:
        if connection.alias not in _moved:
            _moved.add(connection.alias)
            _logger.warning(
                "queryaudit: a connection of %r was sent to another schema, role or database by "
                "%.60s: no master data of it is held from now on.",
                connection.alias,
                text,
            )
        generations.bump(connection.alias, None, "a connection was sent to other tables")
        return run()
    if effect.kind is Kind.REMAKES:
        coherence.forget()
        return run()
    if effect.kind is Kind.BEGINS:
        transaction.is_raw = connection.autocommit
        return run()
    is_commit = effect.kind is Kind.COMMITS
    return _end(connection, run, is_commit=is_commit)


def _end(connection: Any, run: Callable[[], Any], *, is_commit: bool) -> Any:
    transaction = connection.__dict__.get(_ATTRIBUTE)
    if transaction is None or not transaction.tables:
        try:
            return run()
        finally:
            if transaction is not None:
                transaction.end("")
    shared = coherence.shared(connection.alias, transaction.tables) if is_commit else None
    before = shared.before(connection, in_transaction=True) if shared else None
    try:
        return run()
    finally:
        transaction.end("a commit" if is_commit else "a rollback")
        if shared:
            shared.after(connection, before)


def _commit(proceed: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(proceed)
    def wrapper(self: Any) -> Any:
        return _end(self, lambda: proceed(self), is_commit=True)

    return wrapper


def _rollback(proceed: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(proceed)
    def wrapper(self: Any) -> Any:
        return _end(self, lambda: proceed(self), is_commit=False)

    return wrapper


def _set_autocommit(proceed: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(proceed)
    def wrapper(self: Any, autocommit: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return proceed(self, autocommit, *args, **kwargs)
        finally:
            if autocommit:
                transaction_of(self)  # which ends what the driver has committed by this

    return wrapper


def _call_procedure(proceed: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(proceed)
    def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
        unread = Effect(Kind.UNREADABLE)
        transaction = transaction_of(self.db)
        return _write(unread, self.db, transaction, lambda: proceed(self, *args, **kwargs))

    return wrapper


def _read_cursor(proceed: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(proceed)
    def wrapper(self: Any, attr: str) -> Any:
        found = proceed(self, attr)
        return _passing(self.db, found, attr) if attr in _PASSING else found

    return wrapper


def _passing(connection: Any, function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Return ``function`` of a driver's cursor, followed by the drop of all of the database."""
    unread, transaction = Effect(Kind.UNREADABLE), transaction_of(connection)

    @contextmanager
    def entered(*args: Any, **kwargs: Any) -> Any:
        with function(*args, **kwargs) as inner:
            yield inner

    @wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        return _write(unread, connection, transaction, lambda: function(*args, **kwargs))

    @contextmanager
    def copied(*args: Any, **kwargs: Any) -> Any:
        if transaction.is_open(connection):
            transaction.mark({ALL})
        try:
            with entered(*args, **kwargs) as inner:
                yield inner
        finally:
            _write(unread, connection, transaction, lambda: None)

    return copied if name == "copy" else called


def _note_connection(*, connection: Any, **_: object) -> None:
    """Begin anew with each connection; another database under the same name drops everything."""
    transaction = connection.__dict__.get(_ATTRIBUTE)
    if transaction is not None:
        transaction.end("a connection was lost")
    settings = connection.settings_dict
    address = tuple(str(settings.get(key)) for key in ("ENGINE", "NAME", "HOST", "PORT", "USER"))
    if _addresses.setdefault(connection.alias, address) != address:
        _addresses[connection.alias] = address
        _moved.discard(connection.alias)
        generations.bump(connection.alias, None, "another database", is_write=False)
        coherence.forget(connection.alias)


def install() -> None:
    """Stand on every connection; the second call changes nothing."""
    global _installed  # noqa: PLW0603
    with _lock:
        if _installed:
            return
        connections.subscribe(watch_statement)
        connection_created.connect(_note_connection, dispatch_uid="queryaudit.masterdata")
        transactions.commit.subscribe(_commit)
        transactions.rollback.subscribe(_rollback)
        transactions.close.subscribe(_rollback)
        transactions.set_autocommit.subscribe(_set_autocommit)
        transactions.call_procedure.subscribe(_call_procedure)
        transactions.read_cursor.subscribe(_read_cursor)
        _installed = True
