"""Rows that are cleaned, and references named for their columns."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connections, models
from django.test.utils import CaptureQueriesContext, isolate_apps

from queryaudit.composite import CompositeForeignKey
from queryaudit.errors import CompositeNameError
from tests.composite.conftest import EVERY
from tests.composite.goods import Category, Count, Line, Movement, Order, Product, Stock, Warehouse
from tests.composite.models import Album, Artist, LiveTrack, Office, Track

pytestmark = pytest.mark.django_db(databases=EVERY)


@pytest.fixture
def stock(alias: str) -> Stock:
    Warehouse.objects.create(id=1, name="w")
    return Stock.objects.create(pk=(1, "a,b"))


def problems(row: Any, **options: Any) -> dict[str, list[str]]:
    try:
        row.full_clean(**options)
    except ValidationError as error:
        return {name: [str(e.code) for e in told] for name, told in error.error_dict.items()}
    return {}


def test_a_reference_to_no_row_is_told_by_its_name(stock: Stock) -> None:
    movement = Movement(warehouse_no=1, sku="nothing", moved_on="2026-01-01")
    assert problems(movement) == {"stock": ["invalid"]}
    with pytest.raises(ValidationError, match=r"stock.*1,nothing"):
        movement.clean_fields()
    movement.sku = "a,b"
    assert problems(movement) == {}
    assert movement.stock == stock


def test_what_is_left_out_is_not_cleaned(stock: Stock) -> None:
    movement = Movement(warehouse_no=1, sku="nothing", moved_on="2026-01-01")
    assert problems(movement, exclude=["stock"]) == {}
    assert problems(movement, exclude={"stock", "sku"}) == {}


def test_a_wrong_column_is_told_and_the_reference_is_not(stock: Stock) -> None:
    movement = Movement(warehouse_no="x", sku="a,b", moved_on="2026-01-01")
    assert problems(movement) == {"warehouse_no": ["invalid"]}
    assert problems(Movement(moved_on="2026-01-01")).keys() == {"warehouse_no", "sku"}
    assert problems(Movement(warehouse_no=10**30, sku="a", moved_on="2026-01-01")) in (
        {"warehouse_no": ["max_value"]},
        {"stock": ["invalid"]},
    )


def test_an_empty_reference(stock: Stock) -> None:
    order = Order.objects.create(number="o")
    assert problems(Line(order=order, number=1)) == {}
    assert problems(Line(order=order, number=1, warehouse_id=1)) == {}
    assert problems(Line(order=order, number=1, warehouse_id=1, sku="none")) == {
        "stock": ["invalid"]
    }
    with isolate_apps("tests.composite"):

        class Firm(models.Model):
            tenant = models.IntegerField()
            category_no = models.IntegerField(null=True, blank=True)
            category = CompositeForeignKey(
                Category,
                models.SET_NULL,
                ["tenant", "category_no"],
                related_name="+",
                null=True,
                blank=False,
            )

            class Meta:
                app_label = "composite"

    assert problems(Firm(tenant=1)) == {"category": ["blank"]}
    field: Any = Firm._meta.get_field("category")
    _, _, _, kwargs = field.deconstruct()
    assert kwargs["blank"] is False
    _, _, _, kwargs = Line._meta.get_field("stock").deconstruct()
    assert "blank" not in kwargs


def test_rows_that_may_not_be_chosen(alias: str) -> None:
    Category.objects.create(pk=(1, 1), name="closed", is_open=False)
    assert problems(Product(tenant=1, code="x", category_no=1)) == {"category": ["invalid"]}


def test_keys_and_constraints(stock: Stock, alias: str) -> None:
    assert problems(Stock(pk=(1, "a,b"))) == {"__all__": ["unique_together"]}
    assert problems(stock) == {}
    Movement.objects.create(stock=stock, moved_on="2026-01-01")
    again = Movement(stock=stock, moved_on="2026-01-01")
    assert problems(again) == {"__all__": ["unique_together"]}
    order = Order.objects.create(number="o")
    assert problems(Line(order=order, number=1, amount=0)).keys() == {"__all__"}
    # A reference to nowhere, and a foreign key that is not there, do not end the check.
    line = Line(number=1, amount=0, warehouse_id=77, sku="x")
    told = problems(line)
    assert {"order", "warehouse"} <= told.keys()
    with CaptureQueriesContext(connections[alias]) as queries:
        with pytest.raises(ValidationError):
            Line(order=order, number=1, amount=0, warehouse_id=1, sku="a,b").validate_constraints()
    read = [q["sql"] for q in queries if "composite_warehouse" in q["sql"]]
    assert read == [], "no row is read for a constraint"


def test_cleaning_asks_once(stock: Stock, alias: str) -> None:
    movement = Movement(warehouse_no=1, sku="a,b", moved_on="2026-01-01")
    with CaptureQueriesContext(connections[alias]) as queries:
        movement.clean_fields()
    assert len(queries) == 1


def test_children_of_tables_are_cleaned_as_well(alias: str) -> None:
    artist = Artist.objects.create(name="a")
    row = LiveTrack(artist=artist, album_no=9, title="t", venue="v")
    assert problems(row)["album"] == ["invalid"]


def test_a_reference_named_in_update_fields(stock: Stock) -> None:
    other = Stock.objects.create(pk=(1, "c"))
    movement: Any = Movement.objects.create(stock=stock, moved_on="2026-01-01", amount=1)
    movement.stock, movement.amount = other, 9
    movement.save(update_fields=["stock"])
    movement.refresh_from_db()
    assert (movement.stock, movement.amount) == (other, 1)
    movement.stock, movement.amount = stock, 9
    movement.save(update_fields={"amount", "stock"})
    movement.refresh_from_db()
    assert (movement.stock, movement.amount) == (stock, 9)
    with pytest.raises(ValueError, match="nothing"):
        movement.save(update_fields=["nothing"])


def test_what_is_emptied_in_update_fields(alias: str) -> None:
    artist = Artist.objects.create(id=1)
    Album.objects.create(pk=(1, 1))
    track: Any = Track.objects.create(artist=artist, album_no=1)
    track.album = None
    track.save(update_fields=["album"])
    track.refresh_from_db()
    assert (track.artist_id, track.album_no) == (1, None)


def test_a_reference_that_is_the_key_cannot_be_updated(stock: Stock) -> None:
    count: Any = Count.objects.create(stock=stock, counted_on="2026-01-01", found=1)
    with pytest.raises(CompositeNameError, match=r"composite.Count .* 'stock'"):
        count.save(update_fields=["stock"])
    with pytest.raises(CompositeNameError):
        type(count).objects.bulk_update([count], ["stock"])
    Category.objects.create(pk=(1, 1))
    product: Any = Product.objects.create(pk=(1, "x"))
    product.category_no = 1
    product.save(update_fields=["category"])
    product.refresh_from_db()
    assert product.category_no == 1


@pytest.mark.parametrize("model", [Office, Line])
def test_a_reference_named_in_bulk_update(stock: Stock, alias: str, model: Any) -> None:
    """By a plain manager, and by one of ours."""
    from tests.composite.models import Branch

    for number in (1, 2):
        Branch.objects.create(pk=(number, "x"))
    orders = [Order.objects.create(number=f"{n}") for n in range(3)]
    make: Any = {
        Office: lambda n: Office(town=f"{n}", company=1, country_code="x"),
        Line: lambda n: Line(order=orders[n], number=n),
    }[model]
    rows = model.objects.bulk_create([make(number) for number in range(3)])
    name, target = {Office: ("branch", Branch(pk=(2, "x"))), Line: ("stock", stock)}[model]
    for row in rows[:2]:
        setattr(row, name, target)
    assert model.objects.bulk_update(rows[:2], [name]) == 2
    found = [getattr(row, name) for row in model.objects.order_by("pk")]
    assert found[:2] == [target, target]
    assert found[2] != target
    for row in rows:
        setattr(row, name, None)
    model.objects.bulk_update(rows, [name, name])
    assert model.objects.filter(**{f"{name}__isnull": False}).count() == 0


def test_numbers_that_no_column_holds_equal_nothing(alias: str) -> None:
    Artist.objects.create(id=1)
    Album.objects.create(pk=(1, 1))
    Track.objects.create(artist_id=1, album_no=1)
    big = "9" * 30
    assert not Album.objects.filter(pk=f"{big},1")
    assert not Album.objects.filter(pk__in=[f"1,{big}"])
    assert len(Album.objects.filter(pk__in=[f"{big},1", "1,1"])) == 1
    assert len(Album.objects.exclude(pk__in=[f"{big},1"])) == 1
    assert len(Album.objects.exclude(pk=f"1,-{big}")) == 1
    assert not Track.objects.filter(album=f"{big},1")
    assert not Track.objects.filter(album__in=[f"1,{big}"])
    assert len(Track.objects.exclude(album=f"1,{big}")) == 1
    assert len(Track.objects.exclude(album__in=[f"1,{big}", "1,1"])) == 0
