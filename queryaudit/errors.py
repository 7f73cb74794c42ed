"""What queryaudit raises, and how an error of its own stays away from the visitor."""

import logging
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import FieldError
from django.core.management.base import CommandError
from django.db.utils import NotSupportedError

__all__ = [
    "AuditUsedTwiceError",
    "BaselineError",
    "ColumnError",
    "CompositeKeyError",
    "CompositeNameError",
    "DynamoDBError",
    "FindingsError",
    "IdentifierError",
    "MasterDataError",
    "MasterDataFileError",
    "MasterDataInUseError",
    "MasterDataLimitError",
    "MissingExtraError",
    "ParameterError",
    "QueryAuditError",
    "RawSQLError",
    "ReadOnlyRowError",
    "StatementError",
    "StoreError",
    "UnansweredError",
    "UnknownQueryError",
]

_logger = logging.getLogger("queryaudit")
_told: set[str] = set()


class QueryAuditError(Exception):
    """Base of everything that queryaudit raises on purpose."""


class AuditUsedTwiceError(QueryAuditError):
    """An audit was entered a second time; each block needs an ``audit()`` of its own."""

    def __init__(self) -> None:
        super().__init__(
            "this audit has been used already: it records one block. "
            "Call queryaudit.audit() anew for each block."
        )


class BaselineError(QueryAuditError):
    """A file of known findings cannot be read as one."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f"{path} is no baseline: {reason}. `manage.py queryaudit baseline write` makes one."
        )


class FindingsError(QueryAuditError):
    """An audit that was told to raise ended with findings of severity ``error``.

    ``findings`` holds them, worst first.
    """

    def __init__(self, findings: Sequence[Any], report: str) -> None:
        super().__init__(report)
        self.findings = list(findings)


class MissingExtraError(QueryAuditError, ImportError):
    """A part was asked for that needs a package more; the extra ``extra`` brings it."""

    def __init__(self, part: str, extra: str) -> None:
        super().__init__(
            f"{part} needs a package that is not installed: pip install 'queryaudit[{extra}]'"
        )
        self.extra = extra


class StoreError(QueryAuditError, OSError):
    """A store of audits cannot be made, written or read; ``store`` is its file or address."""

    def __init__(self, store: str, reason: object) -> None:
        text = str(reason).removesuffix(".")  # it stands within a sentence
        super().__init__(f"the audit store {store} cannot be used: {text}")
        self.store = store


class RawSQLError(QueryAuditError):
    """Base of what ``queryaudit.rawsql`` raises before or after it asks the database.

    ``name`` is the parameter, identifier, column or query; ``position`` is where it stands:
    ``(line, column)`` of the SQL text, ``(number,)`` of a column, both from 1, or None.
    """

    def __init__(
        self, text: str, *, name: str = "", position: tuple[int, ...] | None = None
    ) -> None:
        super().__init__(text)
        self.name = name
        self.position = position

    def __reduce__(self) -> tuple[Any, ...]:
        # What a worker raises is pickled on its way home.
        return _rebuild, (type(self), str(self), self.name, self.position)


def _rebuild(
    cls: type[RawSQLError], text: str, name: str, position: tuple[int, ...] | None
) -> RawSQLError:
    return cls(text, name=name, position=position)


class StatementError(RawSQLError, ValueError):
    """The SQL text is no statement that can be fetched: two in one, none, no columns, a lone %."""


class ParameterError(RawSQLError, ValueError):
    """A parameter is missing, superfluous, an empty list, or of a type that cannot be sent."""


class IdentifierError(RawSQLError, ValueError):
    """An identifier is missing, superfluous, or names no field of the model."""


class ColumnError(RawSQLError, ValueError):
    """A column is doubled, has no usable name, is missing, or holds what its type refuses."""


class UnknownQueryError(RawSQLError, AttributeError):  # type: ignore[misc]  # both have a name
    """A name is neither a method nor a named query of the model's app."""

    __reduce__ = RawSQLError.__reduce__


class CompositeKeyError(QueryAuditError, ValueError):
    """A value is no key of several columns; ``field`` says of which model and field.

    ``value`` is what came, ``allowed`` what may come.
    """

    def __init__(self, field: str, value: object, allowed: str) -> None:
        super().__init__(f"{field} cannot be {_shortened(value)}; allowed: {allowed}")
        self.field = field
        self.value = value
        self.allowed = allowed


class CompositeNameError(QueryAuditError, FieldError):
    """A look-up ``name`` with commas names no columns of ``model``, or what they cannot do."""

    def __init__(self, model: str, name: str, allowed: str) -> None:
        super().__init__(f"{model} cannot be looked up by {name!r}; allowed: {allowed}")
        self.model = model
        self.name = name
        self.allowed = allowed


class MasterDataError(QueryAuditError):
    """Base of what ``queryaudit.masterdata`` raises; ``name`` is the model or source."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(f"{name}: {text}")
        self.name = name
        self._text = text

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild_master_data, (type(self), self.name, self._text, self.__dict__)


def _rebuild_master_data(cls: Any, name: str, text: str, values: dict[str, Any]) -> Any:
    error = cls.__new__(cls, name, text)
    MasterDataError.__init__(error, name, text)
    error.__dict__.update(values)
    return error


class MasterDataLimitError(MasterDataError):
    """A table is too large to be held; ``setting`` names the limit, ``limit`` its value."""

    def __init__(self, name: str, setting: str, limit: int, came: str) -> None:
        super().__init__(
            name,
            f"{came}, and QUERYAUDIT['MASTERDATA'][{setting!r}] is {limit:,}. Nothing of it is "
            "held: read it by its own manager, narrow it by MasterDataManager(queryset=...), or "
            "raise the limit.",
        )
        self.setting = setting
        self.limit = limit


class MasterDataFileError(MasterDataError, CommandError):
    """Files of master data cannot be loaded; ``problems`` names each thing that is wrong.

    ``path``, ``line``, ``model``, ``key``, ``field`` and ``value`` are those of the first, as
    far as it has them. Nothing of the data set was written. ``manage.py`` shows the text alone.
    """

    def __init__(
        self, name: str, problems: Sequence[Any], done: str = "Nothing was written."
    ) -> None:
        shown = [f"  {problem}" for problem in problems[:20]]
        if len(problems) > len(shown):
            shown.append(f"  and {len(problems) - len(shown):,} more")
        super().__init__(name, "\n".join(["master data cannot be loaded", *shown, done]))
        self.problems = list(problems)
        for attribute in ("path", "line", "model", "key", "field", "value"):
            setattr(self, attribute, getattr(self.problems[0], attribute))


class MasterDataInUseError(MasterDataError, CommandError):
    """Rows cannot go, because other rows refer to them; ``rows`` says which, a text each."""

    def __init__(self, name: str, rows: Sequence[str], done: str = "Nothing was written.") -> None:
        shown = [f"  {row}" for row in rows[:20]]
        if len(rows) > len(shown):
            shown.append(f"  and {len(rows) - len(shown):,} more")
        text = "rows that others refer to would be deleted"
        super().__init__(name, "\n".join([text, *shown, done]))
        self.rows = list(rows)


class ReadOnlyRowError(MasterDataError, TypeError):
    """A row that all readers share was to be changed; ``attribute`` says where."""

    def __init__(self, name: str, attribute: str) -> None:
        super().__init__(
            name,
            f"{attribute} belongs to a row of read_only=True, which all readers share; "
            "copy.copy(row) may be changed",
        )
        self.attribute = attribute


class UnansweredError(MasterDataError, NotSupportedError):
    """A question that master data does not answer; the text says which and what to do."""


class DynamoDBError(QueryAuditError):
    """Base of what ``queryaudit.dynamodb`` raises; its ``errors`` has the kinds.

    ``model`` and ``name`` say what it is about, as far as there is one: the label of the model,
    its attribute, index or table.
    """

    def __init__(self, text: str, *, model: str = "", name: str = "") -> None:
        super().__init__(text)
        self.model = model
        self.name = name

    def __reduce__(self) -> tuple[Any, ...]:
        # botocore's exceptions do not all pickle: the text says what they say.
        state = {name: value for name, value in vars(self).items() if name != "cause"}
        return _rebuild_dynamodb, (type(self), str(self), self.model, self.name), state


def _rebuild_dynamodb(cls: type[DynamoDBError], text: str, model: str, name: str) -> DynamoDBError:
    return cls(text, model=model, name=name)


def _shortened(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:97]}..."


def log_once(doing: str) -> None:
    """Log the exception being handled, once a process for each ``doing``.

    Called where the auditor runs inside other people's requests: there its
    errors are told to the log and never to the visitor.
    """
    if doing not in _told:
        _told.add(doing)
        _logger.error(
            "queryaudit failed while %s; the request goes on. "
            "This is told once; the audit may be incomplete.",
            doing,
            exc_info=True,  # noqa: LOG014  # callers are exception handlers
        )
