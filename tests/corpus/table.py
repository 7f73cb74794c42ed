"""Print by kind what is found and named right: ``python -m tests.corpus.table``.

With ``-v``, what is wrong too. It works on an in-memory database of its own.
"""

import os
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path


@dataclass(slots=True)
class Row:
    """Counts of one kind; shares are of what was expected."""

    scenarios: int = 0
    expected: int = 0
    found: int = 0
    false: int = 0
    relation: int = 0
    use: int = 0
    queryset: int = 0
    fix: int = 0
    count: int = 0

    def cells(self) -> list[str]:
        """Return the cells of the table."""
        named = (self.relation, self.use, self.queryset, self.fix, self.count)
        return [
            str(self.scenarios),
            self._share(self.found),
            str(self.expected - self.found),
            str(self.false),
            *map(self._share, named),
        ]

    def _share(self, number: int) -> str:
        return f"{number} {number / self.expected:.2f}" if self.expected else "-"


HEAD = (
    *("kind", "scenarios", "found", "missed", "false", "relation", "line of use", "queryset"),
    *("fix", "count"),
)


def main() -> None:
    """Judge every scenario and print the table."""
    _set_up()
    from django.db import connection, transaction

    from tests.corpus import data
    from tests.corpus.scenario import all_scenarios
    from tests.corpus.verdict import Verdict, judge

    rows: defaultdict[str, Row] = defaultdict(Row)

    def count(verdict: Verdict) -> None:
        own = rows[verdict.scenario.kind]
        own.scenarios += 1
        own.false += len(verdict.false)
        for match in verdict.matches:
            row = rows[match.expected.kind]
            row.expected += 1
            row.found += match.finding is not None
            row.relation += match.relation
            row.use += match.use
            row.queryset += match.queryset
            row.fix += match.fix
            row.count += match.count

    name = connection.creation.create_test_db(verbosity=0)
    try:
        data.fill()
        transaction.commit()
        for scenario in all_scenarios():
            verdict = judge(scenario)
            count(verdict)
            for complaint in verdict.complaints if "-v" in sys.argv else ():
                print(f"{scenario.name}: {complaint}")
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
    _print([(kind, *row.cells()) for kind, row in rows.items()])


def _set_up() -> None:
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "demo_site"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django
    from django.conf import settings

    settings.DATABASES["default"]["TEST"] = {"NAME": None}  # in memory
    django.setup()


def _print(rows: list[tuple[str, ...]]) -> None:
    widths = [max(map(len, column)) for column in zip(HEAD, *rows, strict=True)]
    for cells in (HEAD, *rows):
        first, *others = (
            cell.ljust(width) if n == 0 else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        print(first, *others, sep="  ")


if __name__ == "__main__":
    main()
