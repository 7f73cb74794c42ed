"""Where a connection's transaction ends, and what passes Django's cursor but no execute wrapper."""

from queryaudit.hooks.patches import Patch

_BASE = "django.db.backends.base.base:BaseDatabaseWrapper"

# Run for each transaction that ends; a rollback to a savepoint is none of them.
commit = Patch(f"{_BASE}._commit", ("self",))
rollback = Patch(f"{_BASE}._rollback", ("self",))

# Runs where a connection is closed, which rolls back what was not committed.
close = Patch(f"{_BASE}._close", ("self",))

# Runs where autocommit is turned on or off: some drivers commit when it is turned on.
set_autocommit = Patch(
    f"{_BASE}.set_autocommit",
    ("self", "autocommit", "force_begin_transaction_with_broken_autocommit"),
)

# Runs for a stored procedure, which no execute wrapper sees.
call_procedure = Patch(
    "django.db.backends.utils:CursorWrapper.callproc", ("self", "procname", "params", "kparams")
)

# Runs for all else that a cursor of the driver can do: fetchmany(), and copy() as well.
read_cursor = Patch("django.db.backends.utils:CursorWrapper.__getattr__", ("self", "attr"))
