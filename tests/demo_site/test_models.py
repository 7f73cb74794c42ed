from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django.db import IntegrityError
from pytest_django import DjangoAssertNumQueries
from shop.models import Category, Customer, Order, OrderLine, Product, Stock, Track


@pytest.mark.django_db(databases="__all__")
def test_migrations_are_complete() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_rows_name_themselves_without_a_query(
    db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert str(Product(album_id=3, format="cd")) == "album 3, CD"
        assert str(Stock(warehouse_id=1, product_id=2, quantity=7)) == (
            "7 of product 2 in warehouse 1"
        )
        assert str(OrderLine(order_id=4, line=2)) == "order 4, line 2"
        assert str(Track(number=1, title="Quiet River")) == "1. Quiet River"


@pytest.mark.django_db
def test_root_category_exists_once() -> None:
    Category.objects.create(name="Schlager", code="schlager")
    with pytest.raises(IntegrityError):
        Category.objects.create(name="Schlager", code="other")


@pytest.mark.django_db
def test_order_is_told_by_its_number() -> None:
    customer = Customer.objects.create(name="Ada Baker", email="ada@example.com")
    order = Order.objects.create(customer=customer, placed_at=datetime(2025, 1, 1, tzinfo=UTC))
    assert str(order) == f"order {order.pk}"
