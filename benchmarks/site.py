"""The record shop on a database of its own, seeded, and gone afterwards."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DEMO_SITE = Path(__file__).resolve().parents[1] / "demo_site"


@contextmanager
def seeded_shop() -> Iterator[None]:
    """Set Django up once in this process, on a small shop in a temporary file, without hooks."""
    sys.path.insert(0, str(DEMO_SITE))
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
    os.environ["LATENCY"] = "0"
    with tempfile.TemporaryDirectory(prefix="queryaudit-bench-") as folder:
        os.environ["BENCHMARK_DATABASE"] = str(Path(folder) / "shop.sqlite3")
        _set_up()
        try:
            yield
        finally:
            _close()


def _set_up() -> None:
    import django  # noqa: PLC0415  # Django is configured by the lines above

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from django.db.backends.signals import connection_created  # noqa: PLC0415

    from queryaudit import capture  # noqa: PLC0415

    capture.uninstall()
    connection_created.disconnect(dispatch_uid="shop.round_trips")
    call_command("migrate", verbosity=0)
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        call_command("seed", "--size=s", stdout=nowhere, stderr=nowhere)
    connection.execute_wrappers.clear()


def _close() -> None:
    from django.db import connections  # noqa: PLC0415

    from queryaudit.stores.writer import writer  # noqa: PLC0415

    writer.drain()
    connections.close_all()
