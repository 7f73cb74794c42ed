"""Keys of several columns: look-ups of each form, and references to them, from memory."""

from typing import Any

import pytest

from tests.masterdata.models import Currency, Fee, Rate


@pytest.fixture
def rates(alias: str) -> list[Rate]:
    found: list[Rate] = []
    for code in ("JPY", "EUR"):
        currency = Currency.objects.create(code=code, name=code)
        for year in (2025, 2026):
            found.append(Rate.objects.create(currency=currency, year=year, value=year + len(found)))
    Rate.cached.warm()
    return found


def test_each_form_of_the_key(rates: list[Rate], queries: Any) -> None:
    with queries(0):
        for key in (("JPY", 2026), ["JPY", 2026], "JPY,2026", ("JPY", "2026")):
            assert Rate.cached.get(pk=key) == rates[1]
        assert Rate.cached.get(currency_id="JPY", year=2026) == rates[1]
        assert Rate.cached.get(currency="JPY", year=2026) == rates[1]
        assert Rate.cached.in_bulk([("JPY", 2026), ("EUR", 2025)]) == {
            ("JPY", 2026): rates[1],
            ("EUR", 2025): rates[2],
        }
        assert list(Rate.cached.filter(pk__in=[("EUR", 2025), ("EUR", 2026)])) == rates[2:]


def test_a_part_of_the_key(rates: list[Rate], queries: Any) -> None:
    with queries(0):
        assert {rate.pk for rate in Rate.cached.filter(year=2026)} == {("JPY", 2026), ("EUR", 2026)}
        assert Rate.cached.filter(year__in=[2025]).count() == 2
    with queries(1):  # text is compared by the database, once
        for _ in range(3):
            assert list(Rate.cached.filter(currency="JPY")) == rates[:2]


def test_references(rates: list[Rate], queries: Any) -> None:
    for rate in (rates[1], rates[1], rates[3]):
        Fee.objects.create(currency=rate.currency, year=rate.year, rate=rate)
    Fee.objects.create(currency=rates[0].currency)
    Rate.cached.warm()
    with queries(1):
        fees = list(Fee.objects.order_by("pk"))
        assert [fee.rate and fee.rate.value for fee in fees] == [2026 + 1, 2026 + 1, 2026 + 3, None]
    with queries(1):
        fees = list(Fee.objects.prefetch_related("rate").order_by("pk"))
        assert [fee.rate and fee.rate.pk for fee in fees] == [
            ("JPY", 2026), ("JPY", 2026), ("EUR", 2026), None,
        ]  # fmt: skip
    fees[0].rate.value = 1
    assert Fee.objects.get(pk=fees[1].pk).rate.value == 2026 + 1
    Rate.objects.filter(year=2026).update(value=7)
    assert Fee.objects.get(pk=fees[0].pk).rate.value == 7


def test_no_key(rates: list[Rate]) -> None:
    """As the database answers it."""
    for rows in (Rate.objects, Rate.cached):
        with pytest.raises(Rate.DoesNotExist):
            rows.get(pk=None)
        assert list(rows.filter(pk__in=[("JPY", 2026)], pk=None)) == []
