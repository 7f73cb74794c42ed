"""The bytes a row that a process grows by: ``python -m benchmarks.masterdata.memory WHAT``."""

import gc
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections

from benchmarks.masterdata.models import Item, make_rows


def memory(count: int) -> tuple[float, float]:
    """Return the bytes a row of master data, and of instances with an index."""
    figures = []
    for what in ("held", "instances"):
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.masterdata.memory", what, str(count)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        figures.append(float(done.stdout))
    return figures[0], figures[1]


def _grow(what: str, count: int) -> None:
    with connections["default"].schema_editor() as editor:
        editor.create_model(Item)
    Item.objects.bulk_create(make_rows(Item, count), batch_size=2_000)
    list(Item.objects.all()[:100])
    settings.QUERYAUDIT = {"MASTERDATA": {"MAX_ROWS": count}}
    gc.collect()
    before = _resident()
    if what == "held":
        Item.cached.warm()
        Item.cached.get(code="code 7")
        Item.cached.get(pk=7)
        kept: Any = None
    else:
        rows = list(Item.objects.all())
        kept = rows, {row.code: row for row in rows}
    gc.collect()
    print((_resident() - before) * 1_024 / count)
    del kept


def _resident() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(r"VmRSS:\s+(\d+)", status)
    return int(found[1]) if found else 0


if __name__ == "__main__":
    _grow(sys.argv[1], int(sys.argv[2]))
