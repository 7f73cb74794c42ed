"""``audit()``: record, find, hand on. Every door goes through here."""

from queryaudit.auditing.lifecycle import RUNNING, Audit

__all__ = ["Audit", "audit", "label"]


def audit(
    *,
    deep: bool = False,
    label: str | None = None,
    explain: bool = False,
    raise_: bool | None = None,
) -> Audit:
    """Return an audit of one block, as a context manager or a decorator.

    It works with ``with``, ``async with`` and on sync and async functions, of which
    each call is an audit of its own, told to the log ``queryaudit`` when it has
    findings. ``label`` names the operation. ``raise_`` says whether findings of
    severity ``error`` raise ``FindingsError`` at the end of the outermost audit;
    None takes the setting ``RAISE``. ``deep`` watches which wide columns are read,
    ``explain`` asks the database (SQLite, PostgreSQL) for the plan of each SELECT:
    neither is for a site in production.
    """
    return Audit(deep=deep, label=label, explain=explain, raise_=raise_)


def label(operation: str) -> None:
    """Name the operation that the running audit is of, where one address has many.

    A view of GraphQL, RPC or a socket calls it once it knows; ``BUDGETS`` may name the
    operation, and the dashboard has a page for each. Without an audit it does nothing.
    Raises TypeError for what is no text, ValueError for an empty one.
    """
    given: object = operation
    if not isinstance(given, str):
        msg = f"label() takes the name of an operation, a str, not {type(given).__name__}"
        raise TypeError(msg)
    if not given.strip():
        raise ValueError("label() takes the name of an operation, not an empty text")
    audit = RUNNING.get()
    if audit is not None:
        audit.name(operation)
