"""How much a process grows by reading rows: ``python -m benchmarks.rows.memory WAY ALIAS ROWS``."""

import re
import sys
from collections import deque
from pathlib import Path
from typing import Any


def read(way: str, alias: str, most: int) -> Any:
    """Read ``most`` rows in one way."""
    from django.db import connections  # noqa: PLC0415

    from benchmarks.rows.models import Plain  # noqa: PLC0415

    columns = "id, title, size, ratio, note, year, artist, weight"
    sql = f"SELECT {columns} FROM rows_plain WHERE id <= %(most)s"  # noqa: S608
    rows = Plain.rows.using(alias)
    if way == "fetch":
        return rows.fetch(sql, {"most": most})
    if way == "iterator":
        return deque(rows.iterator(sql, {"most": most}), maxlen=0)
    with connections[alias].cursor() as cursor:
        cursor.execute(sql, {"most": most})
        return cursor.fetchall()


def peak() -> int:
    """Return the most memory this process had, in kilobytes.

    Linux's own note of it: what getrusage() tells begins with that of the parent process.
    """
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text(encoding="ascii"))
    return int(found[1]) if found else 0


def main() -> None:
    """Print by how many kilobytes the peak grew."""
    import django  # noqa: PLC0415  # the environment names its settings

    django.setup()
    way, alias, most = sys.argv[1], sys.argv[2], int(sys.argv[3])
    read(way, alias, 3_000)
    before = peak()
    kept = read(way, alias, most)
    print(peak() - before)
    del kept


if __name__ == "__main__":
    main()
