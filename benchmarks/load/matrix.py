"""What is run: tools, servers, databases, variants, how many visitors and how long."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

VARIANTS: Final = ("slow", "fast")
TOOLS: Final = ("off", "on", "panel", "toolbar", "silk")
SERVERS: Final = ("gunicorn", "uvicorn")
DATABASES: Final = ("sqlite", "postgresql")
POSTGRES_URL: Final = os.environ.get(
    "QUERYAUDIT_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres"
)


@dataclass(frozen=True)
class Effort:
    """How many visitors come, how often each asks a second, and for how long."""

    users: int
    rate: float  # requests a second of each visitor
    seconds: float  # of a run, warm-up included
    warm_up: float  # seconds dropped at the beginning
    scaling_users: tuple[int, ...]  # visitors who do not wait, for requests a second against users
    scaling_seconds: float  # of each such run, warm-up included
    size: str  # of the shop, as manage.py seed knows it


# Sixteen requests a second keep one of two cores busy by a third on slow pages: a queue would hide
# what pages differ by.
QUICK: Final = Effort(4, 4.0, 13.0, 2.0, (1, 2, 4, 8), 6.0, "m")
FULL: Final = Effort(4, 4.0, 17.0, 2.0, (1, 2, 4, 8, 16), 10.0, "m")
TINY: Final = Effort(2, 8.0, 5.0, 0.5, (1, 2), 2.0, "s")


@dataclass(frozen=True)
class Stand:
    """What is served beside each other: one server and database, with each tool."""

    server: str
    database: str
    tools: tuple[str, ...]

    @property
    def name(self) -> str:
        """As tables say it."""
        return f"{self.server}, {self.database}"

    def cells(self) -> list[tuple[str, str]]:
        """Return tool and variant of each run, in order."""
        return [(tool, variant) for tool in self.tools for variant in VARIANTS]

    def there_and_back(self) -> Iterator[tuple[int, str, str]]:
        """Yield the runs as (half, tool, variant): A B B A."""
        for half, cells in enumerate((self.cells(), self.cells()[::-1])):
            for tool, variant in cells:
                yield half, tool, variant


def stands(servers: Sequence[str], databases: Sequence[str], tools: Sequence[str]) -> list[Stand]:
    """Return every server with every database; the auditor off is always among the tools."""
    chosen = tuple(tool for tool in TOOLS if tool == "off" or tool in tools)
    return [Stand(server, database, chosen) for server in servers for database in databases]
