"""The smallest case: one row by its key, an own write, a rollback."""

from typing import Any

import pytest
from django.db import transaction

from tests.masterdata.conftest import state_of
from tests.masterdata.models import Country


def test_a_row_is_read_once(alias: str, countries: list[Any], queries: Any) -> None:
    with queries(1):
        first = Country.cached.get(pk=countries[0].pk)
        assert Country.cached.get(code="JP") == first
        assert Country.cached.get(id=str(first.pk)).name == "Japan"
    assert (state_of(Country), state_of(Country, "rows")) == ("held", 3)


def test_an_own_write_is_seen(alias: str, countries: list[Any]) -> None:
    Country.cached.get(code="JP")
    Country.objects.filter(code="JP").update(name="Nippon")
    assert Country.cached.get(code="JP").name == "Nippon"
    countries[1].delete()
    with pytest.raises(Country.DoesNotExist):
        Country.cached.get(code="DE")


def test_an_uncommitted_write_is_seen_by_its_transaction_alone(
    alias: str, countries: list[Any], queries: Any
) -> None:
    assert Country.cached.get(code="JP").name == "Japan"
    with pytest.raises(ZeroDivisionError), transaction.atomic(using=alias):
        Country.objects.filter(code="JP").update(name="Nippon")
        assert Country.cached.get(code="JP").name == "Nippon"
        1 / 0  # noqa: B018
    assert Country.cached.get(code="JP").name == "Japan"
    with queries(0):
        assert Country.cached.get(code="JP").name == "Japan"


def test_a_transaction_that_may_not_hand_on_its_rows_reads_them_once(
    alias: str, countries: list[Any], queries: Any
) -> None:
    """As the first request of a process does under ATOMIC_REQUESTS."""
    with transaction.atomic(using=alias):
        Country.objects.exists()  # its snapshot may begin here, before anything is held
        with queries(1):
            assert [Country.cached.get(code=code).code for code in ("JP", "DE", "FR")] == [
                "JP", "DE", "FR",
            ]  # fmt: skip
            assert len(Country.cached.all()) == 3
        Country.objects.filter(code="JP").update(name="Nippon")
        assert Country.cached.get(code="JP").name == "Nippon"
    with queries(1):
        for _ in range(3):
            assert Country.cached.get(code="JP").name == "Nippon"
