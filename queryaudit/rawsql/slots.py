"""Find the places of a statement that something is put into."""

import re
from typing import Final, NamedTuple

SLOT: Final = re.compile(
    r"%(?:\((?P<named>[^()\s]+)\)s|(?P<positional>s)|(?P<percent>%)|(?P<bad>))"
    r"|\{(?P<identifier>[^\W\d]\w*)\}"
)
_IN: Final = re.compile(r"\b(?P<negated>NOT\s+)?IN\s*$", re.IGNORECASE)
_NEAR: Final = 200  # characters before a slot
_CLAUSE: Final = re.compile(
    r"\b(?:SELECT|FROM|WHERE|GROUP|HAVING|ORDER|LIMIT|PARTITION|ON)\b", re.IGNORECASE
)


class Slot(NamedTuple):
    """A place in the text that something is put into.

    ``begin`` is where ``IN`` or ``NOT IN`` begins that a list may follow, or ``start``.
    """

    name: str  # "" where parameters go by position
    start: int
    end: int
    begin: int
    is_identifier: bool = False
    is_list: bool = False
    is_negated: bool = False
    is_ordering: bool = False  # stands in an ORDER BY


def slots_of(mask: str) -> list[Slot]:
    """Return the slots of a text whose quoted parts and comments are masked."""
    return [_slot(mask, found) for found in SLOT.finditer(mask) if _is_slot(found)]


def _slot(mask: str, found: "re.Match[str]") -> Slot:
    start, end = found.span()
    name = found["identifier"]
    if name:
        clauses = _CLAUSE.findall(_inner(mask[:start]))
        return Slot(
            name, start, end, start, is_identifier=True,
            is_ordering=bool(clauses) and clauses[-1].upper() == "ORDER",
        )  # fmt: skip
    # Near by, unless a comment stands between: a long text has many slots.
    near = max(0, start - _NEAR)
    if not mask[near:start].strip():
        near = 0
    asked = _IN.search(mask[near:start])
    return Slot(
        found["named"] or "", start, end, near + asked.start() if asked else start,
        is_list=asked is not None, is_negated=bool(asked and asked["negated"]),
    )  # fmt: skip


def _is_slot(found: "re.Match[str]") -> bool:
    return found["percent"] is None and found["bad"] is None


def flatten(mask: str) -> str:
    """Return ``mask`` with spaces for all that stands in parentheses."""
    depth, flat = 0, []
    for character in mask:
        depth -= character == ")"
        flat.append(character if depth <= 0 else " ")
        depth += character == "("
    return "".join(flat)


def _inner(before: str) -> str:
    """Return what stands before a place within its own parentheses."""
    depth = 0
    for position in range(len(before) - 1, -1, -1):
        depth += (before[position] == ")") - (before[position] == "(")
        if depth < 0:
            return flatten(before[position + 1 :])
    return flatten(before)
