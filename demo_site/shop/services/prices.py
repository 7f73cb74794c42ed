"""What customers pay."""

from decimal import ROUND_HALF_UP, Decimal

VAT = Decimal("0.19")  # Germany's standard rate, UStG section 12 (1)
CENT = Decimal("0.01")


def add_vat(net: Decimal) -> Decimal:
    """Return the price with value-added tax, rounded to the cent as shops do."""
    return (net * (1 + VAT)).quantize(CENT, ROUND_HALF_UP)
