"""Another process of the site, which a test tells what to do line by line.

``python -m tests.masterdata.other ALIAS=NAME ...``: reads expressions from its input, and
answers each with a line of JSON.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class Other:
    """That process, from the side of the test; a context manager."""

    def __init__(self, masterdata: dict[str, Any] | None = None, dynamodb: str = "") -> None:
        from django.db import connections

        from queryaudit.dynamodb.connection import current

        names = {
            alias: str(connections[alias].settings_dict["NAME"]) for alias in connections.settings
        }
        environment = {
            **os.environ,
            "PYTHONPATH": f"{ROOT}:{ROOT / 'demo_site'}",
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "OTHER_NAMES": json.dumps(names),
            "OTHER_MASTERDATA": json.dumps(masterdata or {}),
            "OTHER_DYNAMODB": json.dumps([_dynamodb(dynamodb), current().prefix]),
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.masterdata.other"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT,
        )  # fmt: skip

    def ask(self, expression: str) -> Any:
        """Have it evaluate ``expression``; return what came of it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(expression.replace("\n", " ") + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert "error" not in answer, answer["error"]
        return answer["value"]

    def __enter__(self) -> "Other":
        assert self.ask("1 + 1") == 2
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()


def _dynamodb(address: str) -> dict[str, str]:
    from tests.dynamodb.conftest import SETTINGS

    return {"HOST": address, **SETTINGS} if address else {}


def main() -> None:
    """Answer until the input ends."""
    import django
    from django.conf import settings

    for alias, name in json.loads(os.environ["OTHER_NAMES"]).items():
        settings.DATABASES[alias]["NAME"] = name
    dynamodb, prefix = json.loads(os.environ["OTHER_DYNAMODB"])
    settings.QUERYAUDIT = {
        "MASTERDATA": json.loads(os.environ["OTHER_MASTERDATA"]),
        "DYNAMODB": dynamodb,
    }
    django.setup()
    from django.db import connections, transaction

    from queryaudit import masterdata
    from queryaudit.dynamodb.connection import begin_epoch
    from queryaudit.masterdata import registry
    from tests.masterdata.contract.declared import DECLARED, Price
    from tests.masterdata.models import Country, Rate, Region

    begin_epoch(prefix)
    for one in DECLARED:
        registry.declare(one)
    known = {
        "Country": Country, "Region": Region, "Rate": Rate, "Price": Price,
        "connections": connections, "transaction": transaction, "masterdata": masterdata,
    }  # fmt: skip
    for line in sys.stdin:
        try:
            answer = {"value": eval(line, known)}  # noqa: S307  # a test's own words
        except Exception as error:  # noqa: BLE001
            answer = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
