"""Classes of rows: real named tuples, made once for each list of names."""

import keyword
from collections import Counter, namedtuple
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, cast

from queryaudit.errors import ColumnError

MAX_CLASSES: Final = 1_000  # kept


def rebuild(names: tuple[str, ...], values: tuple[Any, ...]) -> Any:
    """Return the row that was pickled, in this process or another."""
    return tuple.__new__(row_class(names), values)


def _reduce(self: Any) -> tuple[Any, ...]:
    return rebuild, (self._fields, tuple(self))


@lru_cache(MAX_CLASSES)
def row_class(names: tuple[str, ...]) -> type[Any]:
    """Return the class of rows with these columns; ColumnError if a name cannot be one."""
    refuse(names)
    made: Any = cast(Any, namedtuple)("Row", names, module=__name__)
    made.__reduce__ = _reduce
    made.__doc__ = f"A row of {', '.join(names)}."
    return made  # type: ignore[no-any-return]


def refuse(names: Sequence[str]) -> None:
    """Raise ColumnError for the first name that is doubled or cannot be an attribute."""
    counts = Counter(names)
    for number, name in enumerate(names, 1):
        if counts[name] > 1:
            others = [n for n, other in enumerate(names, 1) if other == name]
            msg = (
                f"columns {' and '.join(map(str, others))} are both named {name!r}: give one of "
                f"them an alias: ... AS other_{name if name.isidentifier() else 'name'}"
            )
            raise ColumnError(msg, name=name, position=(others[1],))
        if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_"):
            raise nameless(number, name)


def nameless(number: int, name: str) -> ColumnError:
    """Return the error of a column whose name no attribute can have."""
    alias = "n" if name.lower().startswith("count") else "name"
    shown = name if "(" in name or " " in name else repr(name)
    expression = "..." if name.isidentifier() or name == "?column?" else name
    msg = (
        f"column {number}, {shown}, has no name that an attribute can have: "
        f"give it an alias: {expression} AS {alias}"
    )
    return ColumnError(msg, name=name, position=(number,))
