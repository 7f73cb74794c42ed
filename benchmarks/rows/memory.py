"""How much a process grows by reading rows: ``python -m benchmarks.rows.memory WAY ALIAS ROWS``."""

import resource
import sys
from collections import deque
from typing import Any


def read(way: str, alias: str, most: int) -> Any:
    """Read ``most`` rows in one way."""
    from django.db import connections  # noqa: PLC0415

    from benchmarks.rows.models import Plain  # noqa: PLC0415

    sql = "SELECT id, title, size, ratio, note FROM rows_plain WHERE id <= %(most)s"
    rows = Plain.rows.using(alias)
    if way == "fetch":
        return rows.fetch(sql, {"most": most})
    if way == "iterator":
        return deque(rows.iterator(sql, {"most": most}), maxlen=0)
    with connections[alias].cursor() as cursor:
        cursor.execute(sql, {"most": most})
        return cursor.fetchall()


def main() -> None:
    """Print by how many kilobytes the peak grew."""
    import django  # noqa: PLC0415  # the environment names its settings

    django.setup()
    way, alias, most = sys.argv[1], sys.argv[2], int(sys.argv[3])
    read(way, alias, 3_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    kept = read(way, alias, most)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    del kept


if __name__ == "__main__":
    main()
