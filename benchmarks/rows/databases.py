"""Fill both databases, and take them away again."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID


@contextmanager
def databases(most: int) -> Iterator[list[str]]:
    """Set Django up on filled databases of ``most`` rows; yield the aliases that answer."""
    with tempfile.TemporaryDirectory(prefix="queryaudit-benchmark-") as folder:
        os.environ["BENCHMARK_DATABASE"] = str(Path(folder) / "rows.sqlite3")
        os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.rows.settings"
        import django  # noqa: PLC0415  # the settings come from the environment above
        from django.db import OperationalError, connections  # noqa: PLC0415

        django.setup()
        name = f"queryaudit_benchmark_{os.getpid()}"
        aliases = ["default"]
        maintenance: Any = connections["postgres"]
        try:
            with maintenance.cursor() as cursor:
                cursor.execute(f'CREATE DATABASE "{name}"')
            aliases.append("postgres")
        except OperationalError as error:
            print(f"PostgreSQL is left out: {error}", file=sys.stderr)
        maintenance.close()
        os.environ["BENCHMARK_POSTGRES"] = name
        if "postgres" in aliases:
            maintenance.settings_dict["NAME"] = name
        try:
            for alias in aliases:
                _fill(alias, most)
            yield aliases
        finally:
            connections.close_all()
            if "postgres" in aliases:
                maintenance.settings_dict["NAME"] = "postgres"
                with suppress(OperationalError), maintenance.cursor() as cursor:
                    cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
                maintenance.close()


def _fill(alias: str, most: int) -> None:
    from django.db import connections  # noqa: PLC0415

    from benchmarks.rows.models import Plain, Typed  # noqa: PLC0415

    with connections[alias].schema_editor() as editor:
        editor.create_model(Plain)
        editor.create_model(Typed)
    plain = (
        Plain(
            title=f"title {n}",
            size=n,
            ratio=n / 7,
            note="a note" if n % 2 else None,
            year=1950 + n % 70,
            artist=f"artist {n % 1000}",
            weight=n / 3,
        )
        for n in range(most)
    )
    Plain.objects.using(alias).bulk_create(plain, batch_size=5_000)
    moment = datetime(2026, 3, 1, 12, 30, 15, 250_000, tzinfo=UTC)
    typed = (
        Typed(
            price=Decimal(n) / 4,
            is_new=bool(n % 2),
            code=UUID(int=n),
            details={"n": n, "tags": ["a"]},
            seen_at=moment + timedelta(minutes=n),
            day=date(2026, 3, 1),
            duration=timedelta(seconds=n),
        )
        for n in range(min(most, 10_000))
    )
    Typed.objects.using(alias).bulk_create(typed, batch_size=2_000)
    with connections[alias].cursor() as cursor:
        cursor.execute("ANALYZE")
