from decimal import Decimal

from shop.services.prices import add_vat


def test_vat_is_added_and_half_a_cent_rounded_up() -> None:
    assert add_vat(Decimal("10.00")) == Decimal("11.90")
    assert add_vat(Decimal("0.50")) == Decimal("0.60")  # 0.595
