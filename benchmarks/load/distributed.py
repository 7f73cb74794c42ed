"""Be a worker of a master on another machine."""

import json
import sys
import tempfile
from pathlib import Path

from benchmarks.load.databases import database
from benchmarks.load.journeys import Shop, check
from benchmarks.load.matrix import QUICK
from benchmarks.load.running import work_for


def work(master: str, port: int) -> int:
    """Walk for a master elsewhere, run after run, until it is gone; return the exit code.

    What visitors know of the shop is the same everywhere: it is seeded the same.
    """
    with tempfile.TemporaryDirectory() as folder, database("sqlite", QUICK.size) as (_, told):
        check(Shop.from_dict(told))
        shop = Path(folder) / "shop.json"
        shop.write_text(json.dumps(told), encoding="utf-8")
        print(f"Waiting for the master at {master}:{port}", file=sys.stderr, flush=True)
        runs = work_for(master, port, shop)
    if not runs:
        print(f"load: no master answers at {master}:{port} (LOCUST_MASTER)", file=sys.stderr)
        return 2
    print(f"{runs} runs walked for {master}")
    return 0
