"""The three databases that one contract holds on."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings

from tests.conftest import needs_mariadb, needs_postgres
from tests.rawsql.models import Measured

ALIASES = ["default", "postgres", "mariadb"]
EVERY = [alias for alias in ALIASES if alias in settings.DATABASES]
FULL: dict[str, Any] = {
    "price": Decimal("12.50"),
    "is_new": True,
    "code": UUID("12345678-1234-5678-1234-567812345678"),
    "details": {"tracks": [1, 2]},
    "seen_at": datetime(2026, 3, 1, 12, 30, 15, 250_000, tzinfo=UTC),
    "duration": timedelta(minutes=3, seconds=7),
    "day": date(2026, 3, 1),
}


@pytest.fixture(
    params=[
        "default",
        pytest.param("postgres", marks=needs_postgres),
        pytest.param("mariadb", marks=needs_mariadb),
    ]
)
def alias(request: pytest.FixtureRequest) -> str:
    """Each database in turn."""
    return str(request.param)


@pytest.fixture
def measured(alias: str) -> list[Measured]:
    """Five rows in that database."""
    rows = [Measured(title=f"row {n}", size=n, **FULL) for n in range(5)]
    for row in rows:
        row.save(using=alias)
    return rows
