"""What one SQL text asks for: measured once for each text and database, then looked up."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from queryaudit.errors import StatementError
from queryaudit.rawsql.scanner import Sort, scan
from queryaudit.rawsql.slots import SLOT, flatten, slots_of

MAX_TEXTS: Final = 1_000  # kept; a program has some hundred, unless it writes values into them

_WRITING: Final = {"INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE"}
_WRITES_BELOW: Final = re.compile(
    r"\b(?:INSERT\s+INTO|DELETE\s+FROM|MERGE\s+INTO|UPDATE\s+[\w.\x00]+\s+SET"
    r"|FOR\s+(?:NO\s+KEY\s+)?UPDATE|FOR\s+(?:KEY\s+)?SHARE|LOCK\s+IN\s+SHARE\s+MODE)\b",
    re.IGNORECASE,
)
_SCHEMA: Final = {"CREATE", "ALTER", "DROP", "TRUNCATE", "RENAME", "GRANT", "REVOKE"}
_RETURNING: Final = re.compile(r"\bRETURNING\b", re.IGNORECASE)
_SELECT: Final = re.compile(r"\bSELECT\b", re.IGNORECASE)
_SELECTED: Final = re.compile(
    r"\b(?:FROM|WHERE|GROUP|HAVING|WINDOW|ORDER|LIMIT|OFFSET|FETCH|UNION|INTERSECT|EXCEPT|INTO|FOR)\b",
    re.IGNORECASE,
)
_UNNAMED: Final = re.compile(r"(?:\)|\bEND)\s*$", re.IGNORECASE)
_BOUNDED: Final = re.compile(r"\b(?:LIMIT|OFFSET|FETCH|FOR|INTO|PROCEDURE)\b", re.IGNORECASE)
_ORDERED: Final = re.compile(r"\bORDER\s+BY\b", re.IGNORECASE)


# What stands in a mask for what is no code.
_FILLERS: Final = {Sort.COMMENT: " ", Sort.QUOTED: "\x00"}


class Statement:
    """One statement: ``text`` to be run, and what has to be put into it.

    ``is_plain`` tells that parameters are all it needs: no list, no identifier.
    """

    def __init__(self, text: str, vendor: str) -> None:
        stretches = list(scan(text, vendor))
        kept, masked = [], []
        for sort, start, end in stretches:
            part = text[start:end]
            # A driver looks for placeholders in comments, too.
            kept.append(part.replace("%", " ") if sort is Sort.COMMENT else part)
            masked.append(part if sort is Sort.CODE else _FILLERS[sort] * len(part))
        self.text, self.mask = "".join(kept), "".join(masked)
        self.flat = flatten(self.mask)  # nothing of what stands in parentheses
        self._quoted = [s for s in stretches if s.sort is Sort.QUOTED]
        self._refuse_two()
        words = re.findall(r"\w+", self.mask[:200])
        if not words:
            msg = "the SQL text holds no statement"
            raise StatementError(msg)
        self.word = words[0].upper()
        self.writes = self.word in _WRITING or bool(_WRITES_BELOW.search(self.mask))
        self.brings_rows = bool(_RETURNING.search(self.mask)) or not (
            self.word in _WRITING | _SCHEMA or (self.word == "WITH" and self._ends_writing())
        )
        slots = slots_of(self.mask)
        self.slots = slots
        self.parameters = [slot for slot in slots if not slot.is_identifier]
        self.names = frozenset(slot.name for slot in self.parameters if slot.name)
        self.identifiers = frozenset(slot.name for slot in slots if slot.is_identifier)
        self.count = len(self.parameters) - sum(bool(slot.name) for slot in self.parameters)
        self.is_plain = not any(slot.is_identifier or slot.is_list for slot in slots)
        self._refuse_both()
        self.percent = self._percent()
        self.unnamed = self._unnamed()
        self.is_ordered = bool(_ORDERED.search(self.flat))
        self.is_bounded = bool(_BOUNDED.search(self.flat))
        # What most calls need to know: nothing to be told, named parameters and no more.
        self.is_fetchable = self.brings_rows and self.unnamed is None
        self.takes_names = (
            self.is_plain and self.percent is None and not self.count and not self.identifiers
        )

    def position(self, start: int) -> tuple[int, int]:
        """Return the line and the column of a place in the text, from 1."""
        before = self.text[:start]
        return before.count("\n") + 1, start - before.rfind("\n")

    def at(self, start: int) -> str:
        """Return the position in words."""
        return "line {}, column {}".format(*self.position(start))

    def _refuse_two(self) -> None:
        end = self.mask.find(";")
        if end < 0:
            return
        further = re.compile(r"[^\s;]").search(self.mask, end)
        if further is not None:
            msg = (
                f"a second statement begins at {self.at(further.start())}: "
                "fetch them one by one; values belong into parameters, not into the text"
            )
            raise StatementError(msg, position=self.position(further.start()))
        self.text, self.mask, self.flat = self.text[:end], self.mask[:end], self.flat[:end]

    def _ends_writing(self) -> bool:
        """Return whether the statement below WITH, which stands outside parentheses, writes."""
        below = re.search(
            r"\b(SELECT|VALUES|TABLE|INSERT|UPDATE|DELETE|MERGE)\b", self.flat, re.IGNORECASE
        )
        return below is not None and below[1].upper() in _WRITING

    def _refuse_both(self) -> None:
        if self.names and self.count:
            slot = next(slot for slot in self.parameters if not slot.name)
            msg = (
                f"%s at {self.at(slot.start)} stands beside named parameters "
                f"({', '.join(sorted(self.names))}): use one of both"
            )
            raise StatementError(msg, position=self.position(slot.start))
        both = self.names & self.identifiers
        if both:
            name = min(both)
            msg = f"{name!r} is a parameter and an identifier: give one of them another name"
            raise StatementError(msg, name=name)

    def _percent(self) -> StatementError | None:
        """Return the error of a % that no driver takes beside parameters."""
        for found in SLOT.finditer(self.mask):
            if found["bad"] is not None:
                return self._percent_error(found.start(), "%")
        for quoted in self._quoted:
            inside = self.text[quoted.start : quoted.end]
            for found in SLOT.finditer(inside):
                start = quoted.start + found.start()
                if found["bad"] is not None:
                    return self._percent_error(start, "%")
                if found["named"] or found["positional"]:
                    return self._percent_error(start, found[0])
        return None

    def _percent_error(self, start: int, what: str) -> StatementError:
        where, position = self.at(start), self.position(start)
        if what == "%":
            msg = f"% at {where} is no placeholder: beside parameters, write %%"
        else:
            msg = (
                f"{what} at {where} stands inside quotes: take the quotes away, the driver "
                "quotes; a % that is meant is written %%"
            )
        return StatementError(msg, position=position)

    def _unnamed(self) -> tuple[int, str] | None:
        """Return number and text of the first column that each database names as it likes."""
        select = _SELECT.search(self.flat)
        if select is None or self.word not in {"SELECT", "WITH"}:
            return None
        end = _SELECTED.search(self.flat, select.end())
        start = select.end()
        stop = end.start() if end else len(self.flat)
        for number, item in enumerate(self.flat[start:stop].split(","), 1):
            if _UNNAMED.search(item):
                return number, " ".join(self.text[start : start + len(item)].split())
            start += len(item) + 1
        return None


@lru_cache(MAX_TEXTS)
def measure(text: str, vendor: str) -> Statement:
    """Return the statement that ``text`` is to ``vendor``; StatementError if it is none or two."""
    return Statement(text, vendor)


def no_text(sql: object) -> StatementError:
    """Return the error of what is given in the place of SQL."""
    msg = f"SQL is text, not {type(sql).__name__}"
    return StatementError(msg)


def names_of(params: Mapping[str, object]) -> str:
    """Return names for a message."""
    return ", ".join(map(str, params)) or "none"
