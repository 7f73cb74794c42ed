"""Forms of rows with keys of several columns, and choosing such rows."""

from typing import Any

import pytest
from django import forms
from django.core.exceptions import FieldError
from django.db import connections
from django.forms import modelform_factory
from django.test.utils import CaptureQueriesContext

from queryaudit.composite.forms import CompositeKeyChoiceField, CompositeKeyModelForm
from tests.composite.conftest import EVERY
from tests.composite.goods import (
    Category,
    Count,
    Folder,
    Line,
    Movement,
    Order,
    Product,
    RareStock,
    Stock,
    Warehouse,
)
from tests.composite.models import Album, Artist, LiveTrack

pytestmark = pytest.mark.django_db(databases=EVERY)


def form_of(model: Any, fields: Any = "__all__", **options: Any) -> Any:
    return modelform_factory(model, form=CompositeKeyModelForm, fields=fields, **options)


@pytest.fixture
def stocks(alias: str) -> list[Stock]:
    """Two warehouses with the same goods."""
    for number in (1, 2):
        Warehouse.objects.create(id=number, name=f"w{number}")
    return [Stock.objects.create(pk=(w, sku)) for w in (1, 2) for sku in ("a,b", "c")]


@pytest.fixture
def categories(alias: str) -> list[Category]:
    return [Category.objects.create(pk=pk, name=str(pk)) for pk in ((1, 1), (1, 2), (2, 1))]


def codes(form: Any) -> dict[str, list[str]]:
    return {
        name: [error.code or "" for error in errors]
        for name, errors in form.errors.as_data().items()
    }


def test_a_form_has_the_reference_in_place_of_its_columns(stocks: list[Stock]) -> None:
    assert list(form_of(Movement)().fields) == ["moved_on", "amount", "stock"]
    assert list(form_of(Movement, ["stock", "sku"])().fields) == ["stock", "sku"]
    assert list(form_of(Movement, None, exclude=["stock"])().fields) == [
        *("warehouse_no", "sku", "moved_on", "amount")
    ]
    assert list(form_of(Count)().fields) == ["warehouse", "counted_on", "found", "stock"]
    assert list(form_of(Line)().fields) == ["order", "number", "amount", "warehouse", "stock"]
    assert list(form_of(Product)().fields) == ["tenant", "code", "category"]


def test_choosing_a_reference(stocks: list[Stock], alias: str) -> None:
    form = form_of(Movement)()
    text = str(form["stock"])
    assert '<option value="1,a\\,b">a,b in 1</option>' in text
    assert text.count("<option") == 5
    assert (form["stock"].label, form["stock"].help_text) == ("Goods", "What was moved")
    data = {"moved_on": "2026-01-01", "amount": "2", "stock": "2,a\\,b"}
    form = form_of(Movement)(data)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["stock"] == stocks[2]
    row = form.save()
    assert (row.warehouse_no, row.sku, row.stock) == (2, "a,b", stocks[2])
    row.refresh_from_db()
    form = form_of(Movement)(data, instance=row)
    assert form.has_changed() is False
    assert '<option value="2,a\\,b" selected>' in str(form["stock"])
    form = form_of(Movement)({**data, "stock": "1,c"}, instance=row)
    assert form.changed_data == ["stock"]
    assert form.save(commit=False).stock == stocks[1]
    form.save_m2m()
    assert Movement.objects.get().stock == stocks[2]
    form.save()
    assert Movement.objects.get().stock == stocks[1]
    assert '<option value="1,c" selected>' in str(form_of(Movement)(instance=row)["stock"])


@pytest.mark.parametrize(
    "value", ["9,c", "1", "1,c,x", "x,c", "99999999999999999999,c", "[", "1,\0", ""]
)
def test_a_choice_that_is_none(stocks: list[Stock], value: str) -> None:
    form = form_of(Movement)({"moved_on": "2026-01-01", "amount": 1, "stock": value})
    assert form.errors.keys() == {"stock"}


def test_options_of_the_form_reach_the_reference(stocks: list[Stock]) -> None:
    class Own(CompositeKeyChoiceField):
        pass

    made = form_of(
        Movement,
        ["stock", "moved_on"],
        widgets={"stock": forms.RadioSelect},
        labels={"stock": "Which"},
        help_texts={"stock": "help"},
        error_messages={"stock": {"required": "say which"}},
        field_classes={"stock": Own},
    )
    form = made({"moved_on": "2026-01-01"})
    field = form.fields["stock"]
    assert (type(field), type(field.widget), field.label) == (Own, forms.RadioSelect, "Which")
    assert field.help_text == "help"
    assert form.errors == {"stock": ["say which"]}
    assert list(made().fields) == ["stock", "moved_on"]
    checked = made(initial={"stock": "1,c"})["stock"]
    assert 'value="1,c" id="id_stock_1"' in str(checked) or "checked" in str(checked)


def test_forms_are_declared_and_inherited_as_djangos() -> None:
    class MovementForm(CompositeKeyModelForm):
        extra = forms.CharField(required=False)

        class Meta:
            model = Movement
            fields = ["stock", "moved_on"]

    class Shorter(MovementForm):
        class Meta(MovementForm.Meta):
            exclude = ["stock"]

    class Same(MovementForm):
        pass

    class Declared(CompositeKeyModelForm):
        stock = forms.CharField()

        class Meta:
            model = Movement
            fields = ["moved_on", "stock"]

    assert list(MovementForm.base_fields) == ["stock", "moved_on", "extra"]
    made: Any = MovementForm
    meta = made._meta
    assert MovementForm.Meta.model is meta.model is Movement
    assert list(Shorter.base_fields) == ["moved_on", "extra"]
    made = Shorter
    meta = made._meta
    assert meta.exclude == ["stock"]
    assert list(Same.base_fields) == ["stock", "moved_on", "extra"]
    assert "Meta" not in vars(Same)
    assert isinstance(Declared.base_fields["stock"], forms.CharField)
    assert list(Declared.base_fields) == ["moved_on", "stock"]
    with pytest.raises(FieldError, match="nothing"):
        form_of(Movement, ["stock", "nothing"])
    seen: list[str] = []

    def callback(field: Any, **kwargs: Any) -> Any:
        seen.append(field.name)
        return field.formfield(**kwargs)

    form_of(Movement, formfield_callback=callback)
    assert seen == ["id", "moved_on", "amount", "stock"]


def test_a_key_that_is_taken(stocks: list[Stock]) -> None:
    form = form_of(Stock)({"warehouse": "1", "sku": "c", "quantity": "1"})
    assert codes(form) == {"__all__": ["unique_together"]}
    assert form.errors["__all__"] == ["Stock with this Warehouse and Sku already exists."]
    assert form_of(Stock)({"warehouse": "1", "sku": "d", "quantity": "1"}).is_valid()
    Count.objects.create(stock=stocks[0], counted_on="2026-01-01", found=1)
    data = {"stock": "1,a\\,b", "counted_on": "2026-01-01", "found": "3"}
    assert codes(form_of(Count)(data)) == {"__all__": ["unique_together"]}
    form = form_of(Count)({**data, "counted_on": "2026-01-02"})
    assert form.is_valid(), form.errors
    assert form.save().pk == (1, "a,b", form.cleaned_data["counted_on"])


def test_constraints_with_columns_of_a_reference(stocks: list[Stock]) -> None:
    data = {"moved_on": "2026-01-01", "amount": "2", "stock": "1,c"}
    form_of(Movement)(data).save()
    assert codes(form_of(Movement)(data)) == {"__all__": ["unique_together"]}
    assert form_of(Movement)({**data, "stock": "2,c"}).is_valid()


def test_the_key_of_a_row_stays(stocks: list[Stock]) -> None:
    data = {"warehouse": "2", "sku": "z", "quantity": "7"}
    form = form_of(Stock)(data, instance=stocks[0])
    assert "disabled" in str(form["warehouse"])
    assert form.is_valid(), form.errors
    assert form.changed_data == ["quantity"]
    form.save()
    assert Stock.objects.count() == 4
    assert Stock.objects.get(pk=stocks[0].pk).quantity == 7

    class Open(CompositeKeyModelForm):
        disables_key = False

    form = modelform_factory(Stock, form=Open, fields="__all__")(data, instance=stocks[0])
    assert codes(form) == {"warehouse": ["key_changed"], "sku": ["key_changed"]}
    assert stocks[0].pk == (1, "a,b")
    count = Count.objects.create(stock=stocks[0], counted_on="2026-01-01", found=1)
    form = form_of(Count)({"stock": "2,c", "found": "5"}, instance=count)
    assert form.is_valid(), form.errors
    assert form.save().pk == count.pk
    assert Count.objects.count() == 1


def test_a_shared_column_of_the_key_narrows_the_choices(categories: list[Category]) -> None:
    product = Product.objects.create(pk=(1, "x"), category=categories[0])
    form = form_of(Product)(instance=product)
    assert str(form["category"]).count("<option") == 3
    for value, told in (("1,2", {}), ("2,1", {"category": ["invalid_choice"]}), ("", {})):
        form = form_of(Product, ["category"])({"category": value}, instance=product)
        assert codes(form) == told
    form.save()
    product = Product.objects.get()
    assert (product.pk, product.category_no) == ((1, "x"), None)
    categories[1].is_open = False
    categories[1].save()
    form = form_of(Product)({"tenant": "1", "code": "y", "category": "1,2"})
    assert codes(form) == {"category": ["invalid_choice"]}


LINE = {"number": "1", "amount": "1"}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"stock": "1,c"}, {}),
        ({"warehouse": "1", "stock": "1,c"}, {}),
        ({"warehouse": "2", "stock": "1,c"}, {"stock": ["conflict"]}),
        ({}, {}),
        ({"warehouse": "2"}, {}),
    ],
)
def test_a_shared_column_beside_the_reference(
    stocks: list[Stock], given: dict[str, str], told: dict[str, list[str]]
) -> None:
    order = Order.objects.create(number="o")
    form = form_of(Line)({**LINE, "order": str(order.pk), **given})
    assert codes(form) == told
    if not told:
        line = form.save()
        line = Line.objects.get(pk=line.pk)
        assert line.stock == (stocks[1] if "stock" in given else None)
        assert line.warehouse_id == (int(given.get("warehouse", 0) or 0) or line.warehouse_id)
        assert form.cleaned_data["warehouse"] == line.warehouse


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"stock": "1,c"}, (1, "c")),
        ({"warehouse": "2", "sku": "c"}, (2, "c")),
        ({"warehouse": "2", "sku": "c", "stock": "1,c"}, {"stock": ["conflict"]}),
        ({"warehouse": "1", "sku": "c", "stock": "1,c"}, (1, "c")),
        ({"warehouse": "1", "sku": "nothing"}, {"stock": ["invalid_choice"]}),
        ({"warehouse": "1"}, {"stock": ["incomplete"]}),
        ({}, None),
    ],
)
def test_all_columns_beside_the_reference(stocks: list[Stock], given: Any, told: Any) -> None:
    order = Order.objects.create(number="o")
    fields = ["order", "number", "amount", "warehouse", "sku", "stock"]
    form = form_of(Line, fields)({**LINE, "order": str(order.pk), **given})
    if isinstance(told, dict):
        assert codes(form) == told
        return
    assert form.is_valid(), form.errors
    line = Line.objects.get(pk=form.save().pk)
    assert (line.stock and line.stock.pk) == told
    # On an edit what is changed decides.
    line = Line.objects.get(pk=line.pk)
    if told:
        posted = {**LINE, "warehouse": str(told[0]), "sku": told[1], "stock": "2,a\\,b"}
        form = form_of(Line, fields)(posted, instance=line)
        assert form.is_valid(), form.errors
        assert Line.objects.get(pk=form.save().pk).stock == stocks[2]


def test_columns_alone_that_lead_nowhere(stocks: list[Stock]) -> None:
    data = {"warehouse_no": "1", "sku": "nothing", "moved_on": "2026-01-01", "amount": "1"}
    form = form_of(Movement, ["warehouse_no", "sku", "moved_on", "amount"])(data)
    assert codes(form) == {"sku": ["invalid"]}
    assert form_of(Movement, ["warehouse_no", "sku", "moved_on", "amount"])(
        {**data, "sku": "c"}
    ).is_valid()
    movement = Movement.objects.create(stock=stocks[0], moved_on="2026-01-01")
    form = form_of(Movement, ["sku"])({"sku": "nothing"}, instance=movement)
    assert codes(form) == {"sku": ["invalid"]}
    # A form that has nothing to do with it does not ask.
    Movement.objects.filter(pk=movement.pk)
    with CaptureQueriesContext(connections[stocks[0]._state.db or "default"]) as queries:
        assert form_of(Movement, ["amount"])({"amount": 3}, instance=movement).is_valid()
    assert len(queries) == 0


def test_a_required_column_is_filled_by_the_choice(stocks: list[Stock]) -> None:
    data = {"counted_on": "2026-01-01", "found": "3"}
    form = form_of(Count)({**data, "stock": "2,c"})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["warehouse"] == stocks[2].warehouse
    assert 'required id="id_warehouse"' not in str(form["warehouse"])
    assert codes(form_of(Count)(data)) == {"stock": ["required"], "warehouse": ["required"]}


def test_choices_cost_two_queries(stocks: list[Stock], alias: str) -> None:
    data = {"moved_on": "2026-01-01", "amount": "2", "stock": "1,c"}
    with CaptureQueriesContext(connections[alias]) as queries:
        assert form_of(Movement)(data).is_valid()
    # The row chosen, whether it is there, and whether the constraint holds: as a ForeignKey.
    assert len(queries) == 3


@pytest.mark.parametrize("sku", [" lead", "trail ", " ", "", "x" * 60])
def test_keys_that_a_form_would_have_refused_stay_as_they_are(
    stocks: list[Stock], sku: str
) -> None:
    """A disabled field is cleaned, too: it strips, and asks for what is missing."""
    stock = Stock.objects.create(pk=(1, sku))
    stock = Stock.objects.get(pk=stock.pk)
    form = form_of(Stock)({"quantity": "3"}, instance=stock)
    assert form.is_valid(), form.errors
    assert form.changed_data == ["quantity"]
    form.save()
    assert Stock.objects.count() == 5
    assert Stock.objects.get(pk=(1, sku)).quantity == 3
    count = Count.objects.create(stock=stock, counted_on="2026-01-01", found=1)
    form = form_of(Count)({"found": "3"}, instance=Count.objects.get(pk=count.pk))
    assert form.is_valid(), form.errors
    assert form.save().pk[:2] == (1, sku)
    assert Count.objects.count() == 1


@pytest.mark.parametrize("form", ["row", "key", "text", "field"])
def test_what_a_choice_begins_with(stocks: list[Stock], form: str) -> None:
    value: Any = {"row": stocks[0], "key": (1, "a,b"), "text": "1,a\\,b", "field": stocks[0].pk}[
        form
    ]
    shown = form_of(Movement)(initial={"stock": value})
    assert '<option value="1,a\\,b" selected>' in str(shown["stock"])
    given = Movement(stock=stocks[0], moved_on="2026-01-01")
    assert '<option value="1,a\\,b" selected>' in str(form_of(Movement)(instance=given)["stock"])


def test_a_choice_that_is_disabled(stocks: list[Stock]) -> None:
    movement = Movement.objects.create(stock=stocks[0], moved_on="2026-01-01")
    form = form_of(Movement)(
        {"stock": "2,c", "amount": 2, "moved_on": "2026-01-01"}, instance=movement
    )
    form.fields["stock"].disabled = True
    assert form.is_valid(), form.errors
    assert form.save().stock == stocks[0]


def test_a_tree_within_a_tenant(alias: str) -> None:
    root = Folder.objects.create(pk=(1, "root"))
    Folder.objects.create(pk=(2, "other"))
    data = {"tenant": "1", "code": "leaf", "above": "1,root"}
    form = form_of(Folder)(data)
    assert list(form.fields) == ["tenant", "code", "above"]
    assert form.is_valid(), form.errors
    leaf = form.save()
    assert Folder.objects.get(pk=leaf.pk).above == root
    assert codes(form_of(Folder)({**data, "code": "x", "above": "2,other"})) == {
        "above": ["conflict"]
    }
    form = form_of(Folder)(instance=leaf)
    assert "other" not in str(form["above"])
    form = form_of(Folder)({"above": ""}, instance=leaf)
    assert form.is_valid(), form.errors
    form.save()
    assert (leaf.pk, Folder.objects.get(pk=leaf.pk).above) == ((1, "leaf"), None)


def test_forms_of_proxies_and_of_children_of_tables(stocks: list[Stock]) -> None:
    form = form_of(RareStock)({"warehouse": "1", "sku": "c", "quantity": "1"})
    assert codes(form) == {"__all__": ["unique_together"]}
    row = RareStock.objects.get(pk="1,c")
    form = form_of(RareStock)({"quantity": "4"}, instance=row)
    assert form.is_valid(), form.errors
    form.save()
    assert Stock.objects.get(pk="1,c").quantity == 4
    artist = Artist.objects.create(id=1, name="a")
    album = Album.objects.create(pk=(1, 1), title="t")
    form = form_of(LiveTrack)({"album": "1,1", "title": "t", "venue": "v"})
    assert form.is_valid(), form.errors
    track = LiveTrack.objects.get(pk=form.save().pk)
    assert (track.album, track.artist) == (album, artist)


def test_all_forms_have_prefixes(stocks: list[Stock]) -> None:
    data = {"a-stock": "1,c", "a-moved_on": "2026-01-01", "a-amount": "1"}
    form = form_of(Movement)(data, prefix="a")
    assert form.is_valid(), form.errors
    assert form.save().stock == stocks[1]
