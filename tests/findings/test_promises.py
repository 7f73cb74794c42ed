"""What a request is promised to be left with, where an advice stands for other fixes."""

import pytest

from queryaudit.findings.base import Finding
from queryaudit.findings.edits import Edit
from queryaudit.findings.locations import Location
from queryaudit.findings.promises import expected_count


def _finding(kind: str, edit: str, saves: int | None, *lines: int) -> Finding:
    return Finding(
        kind=kind,
        id=f"{kind}-{edit}-{lines}",
        relation=None,
        uses=tuple(Location("a.py", line, "/a.py", "") for line in lines),
        queryset_at=None,
        origin="",
        count=10,
        duration=0.1,
        edit=Edit(id=edit, at=None, saves=saves),
    )


@pytest.mark.parametrize(
    ("findings", "left"),
    [
        ([], 40),
        ([("n_plus_one", "a", 9, 1), ("n_plus_one", "a", 9, 2)], 31),
        # The advice answers both loops by one statement, and is made instead of them.
        ([("n_plus_one", "a", 9, 1), ("n_plus_one", "b", 9, 2), ("advice", "c", 20, 1, 2)], 20),
        ([("n_plus_one", "a", None, 1), ("advice", "c", 20, 1, 2)], 20),
        # The fixes save more, and are made instead of it.
        ([("n_plus_one", "a", 9, 1), ("n_plus_one", "b", 9, 2), ("advice", "c", 17, 1, 2)], 22),
        # What it does not answer stays: an edit for other lines as well, a write, a budget.
        ([("n_plus_one", "a", 9, 1), ("n_plus_one", "a", 9, 7), ("advice", "c", 20, 1)], 11),
        ([("write_in_loop", "a", None, 1), ("advice", "c", 20, 1)], None),
        ([("query_budget", "a", 0), ("duplicate", "b", 5, 1), ("advice", "c", 20, 1)], 20),
        ([("advice", "c", 20, 1), ("advice", "d", 5, 1)], 15),
        # An advice that promises nothing is beside the fixes.
        ([("n_plus_one", "a", 9, 1), ("advice", "c", 0, 1)], 31),
    ],
)
def test_of_an_advice_and_what_it_stands_for_the_better_counts(
    findings: list[tuple[str, str, int | None]], left: int | None
) -> None:
    assert expected_count([_finding(*one) for one in findings], 40) == left
