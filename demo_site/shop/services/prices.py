"""What customers pay."""

from decimal import ROUND_HALF_UP, Decimal

VAT = Decimal("0.19")  # Germany's standard rate, UStG section 12 (1)
CENT = Decimal("0.01")


def add_vat(net: Decimal) -> Decimal:
    """Return the price with value-added tax, rounded to the cent as shops do."""
    return (net * (1 + VAT)).quantize(CENT, ROUND_HALF_UP)


# Standard rates of other countries, of the European Commission's database of taxes.
RATES = {"AT": Decimal("0.20"), "DE": VAT, "FR": Decimal("0.20"), "IT": Decimal("0.22")}


def cents_in(country: str, net: Decimal) -> int:
    """Return the price in a country, its tax included, in cents."""
    return int((net * (1 + RATES[country])).quantize(CENT, ROUND_HALF_UP) * 100)
