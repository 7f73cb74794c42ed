"""Many forms at once: rows with keys of several columns, and rows of parents with such keys."""

from typing import Any

import pytest
from django.db.models import Model
from django.forms import (
    BaseInlineFormSet,
    inlineformset_factory,
    modelform_factory,
    modelformset_factory,
)

from queryaudit.composite.forms import CompositeKeyInlineFormSet, CompositeKeyModelForm
from tests.composite.conftest import EVERY
from tests.composite.goods import Category, Count, Line, Movement, Order, Product, Stock, Warehouse

pytestmark = pytest.mark.django_db(databases=EVERY)


@pytest.fixture
def stocks(alias: str) -> list[Stock]:
    for number in (1, 2):
        Warehouse.objects.create(id=number, name=f"w{number}")
    return [Stock.objects.create(pk=(w, sku)) for w in (1, 2) for sku in ("a,b", "c")]


def posted(formset: Any, *changes: dict[str, Any], extra: tuple[dict[str, Any], ...] = ()) -> Any:
    """Return what a browser posts for a formset as it was shown, with changes by the form."""
    data: dict[str, Any] = {}
    for name in ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS"):
        data[f"{formset.prefix}-{name}"] = formset.management_form[name].value()
    forms = formset.forms
    for number, form in enumerate(forms):
        for bound in form:
            if not bound.field.disabled and bound.value() is not None:
                data[bound.html_name] = str(bound.value())
        if number < len(changes):
            data |= {f"{form.prefix}-{name}": value for name, value in changes[number].items()}
    for number, values in enumerate(extra, len(forms)):
        data |= {f"{formset.prefix}-{number}-{name}": value for name, value in values.items()}
    data[f"{formset.prefix}-TOTAL_FORMS"] = len(forms) + len(extra)
    return data


def stock_set(**options: Any) -> Any:
    options = {"form": CompositeKeyModelForm, "fields": "__all__", "extra": 0, **options}
    return modelformset_factory(Stock, **options)


def test_rows_are_changed_added_and_deleted(stocks: list[Stock]) -> None:
    made = stock_set(can_delete=True, can_order=True)
    shown = made(queryset=Stock.objects.all())
    assert 'value="1,a\\,b"' in str(shown.forms[0]["pk"])
    assert "hidden" in str(shown.forms[0]["pk"])
    data = posted(
        shown,
        {"quantity": "5", "ORDER": "3"},
        {"DELETE": "on"},
        extra=({"warehouse": "2", "sku": "new, one", "quantity": "1"},),
    )
    formset = made(data, queryset=Stock.objects.all())
    assert formset.is_valid(), formset.errors
    assert [form.changed_data for form in formset.forms[:3]] == [
        ["quantity", "ORDER"],
        ["DELETE"],
        [],
    ]
    formset.save()
    assert [row.pk for row in formset.new_objects] == [(2, "new, one")]
    assert len(formset.deleted_objects) == 1
    assert [row.pk for row, _ in formset.changed_objects] == [(1, "a,b")]
    assert {(row.pk, row.quantity) for row in Stock.objects.all()} == {
        ((1, "a,b"), 5),
        ((2, "a,b"), 0),
        ((2, "c"), 0),
        ((2, "new, one"), 1),
    }


@pytest.mark.parametrize(
    "value",
    ["9,zz", "nonsense", "[", "", "1,c,d", "99999999999999999999,c", "1,\0", "2,c"],
)
def test_keys_that_were_tampered_with(stocks: list[Stock], value: str) -> None:
    made = stock_set()
    rows = Stock.objects.filter(warehouse=1)
    data = posted(made(queryset=rows), {"pk": value, "quantity": "66"})
    formset = made(data, queryset=rows)
    assert not formset.is_valid()
    assert formset.errors[0]
    del data["form-0-pk"]
    assert not made(data, queryset=rows).is_valid()
    assert not Stock.objects.filter(quantity=66)


def test_equal_keys_among_the_forms_and_in_the_table(stocks: list[Stock]) -> None:
    made = stock_set()
    none = made(queryset=Stock.objects.none())
    new = {"warehouse": "1", "sku": "new", "quantity": "1"}
    formset = made(posted(none, extra=(new, new)), queryset=Stock.objects.none())
    assert not formset.is_valid()
    assert formset.non_form_errors() == [
        "Please correct the duplicate data for warehouse and sku, which must be unique."
    ]
    taken = {**new, "sku": "c"}
    formset = made(posted(none, extra=(new, taken)), queryset=Stock.objects.none())
    assert not formset.is_valid()
    assert formset.errors == [
        {},
        {"__all__": ["Stock with this Warehouse and Sku already exists."]},
    ]
    other = {**new, "warehouse": "2"}
    formset = made(posted(none, extra=(new, other)), queryset=Stock.objects.none())
    assert formset.is_valid()
    assert len(formset.save()) == 2


def test_equal_keys_by_references(stocks: list[Stock]) -> None:
    made = modelformset_factory(
        Count, form=CompositeKeyModelForm, fields=["stock", "counted_on", "found"], extra=0
    )
    none = made(queryset=Count.objects.none())
    one = {"stock": "1,c", "counted_on": "2026-01-01", "found": "1"}
    for second, is_valid in (({}, False), ({"stock": "2,c"}, True), ({"stock": "1,a\\,b"}, True)):
        data = posted(none, extra=(one, {**one, **second}))
        formset = made(data, queryset=Count.objects.none())
        assert formset.is_valid() is is_valid, formset.errors
    formset.save()
    assert {row.pk[:2] for row in Count.objects.all()} == {(1, "c"), (1, "a,b")}


def test_least_and_most(stocks: list[Stock]) -> None:
    made = stock_set(max_num=1, min_num=1, validate_max=True, validate_min=True)
    none = made(queryset=Stock.objects.none())
    new = {"warehouse": "1", "sku": "new", "quantity": "1"}
    data = posted(none, extra=())
    data["form-TOTAL_FORMS"] = 0
    assert made(data, queryset=Stock.objects.none()).non_form_errors()
    data = posted(none, new, extra=({**new, "sku": "x"},))
    assert made(data, queryset=Stock.objects.none()).non_form_errors()
    assert made(posted(none, new), queryset=Stock.objects.none()).is_valid()


def line_set(formset: Any = CompositeKeyInlineFormSet, **options: Any) -> Any:
    options = {"form": CompositeKeyModelForm, "fields": "__all__", "extra": 0, **options}
    return inlineformset_factory(Order, Line, formset=formset, **options)


@pytest.mark.parametrize("formset_class", [CompositeKeyInlineFormSet, BaseInlineFormSet])
def test_children_with_such_keys_of_a_plain_parent(stocks: list[Stock], formset_class: Any) -> None:
    made = line_set(formset_class)
    order = Order.objects.create(number="o1")
    new = {"number": "1", "amount": "2", "stock": "1,a\\,b"}
    data = posted(made(instance=order), extra=(new, {**new, "number": "2", "stock": ""}))
    formset = made(data, instance=order)
    assert formset.is_valid(), formset.errors
    formset.save()
    assert [(line.pk, line.stock) for line in order.lines.order_by("number")] == [
        ((order.pk, 1), stocks[0]),
        ((order.pk, 2), None),
    ]
    shown = made(instance=order, queryset=Line.objects.order_by("number"))
    assert "disabled" in str(shown.forms[0]["number"])
    data = posted(
        shown,
        {"amount": "9", "number": "77"},
        {"DELETE": "on"},
        extra=({**new, "number": "3", "stock": "2,c"},),
    )
    formset = made(data, instance=order, queryset=Line.objects.order_by("number"))
    assert formset.is_valid(), formset.errors
    formset.save()
    assert [(line.number, line.amount) for line in order.lines.order_by("number")] == [
        (1, 9),
        (3, 2),
    ]


def test_equal_children(stocks: list[Stock]) -> None:
    made = line_set()
    order = Order.objects.create(number="o1")
    new = {"number": "1", "amount": "2"}
    formset = made(posted(made(instance=order), extra=(new, new)), instance=order)
    assert "duplicate data for number" in str(formset.non_form_errors())
    goods = {"number": "1", "amount": "1", "stock": "1,c"}
    data = posted(made(instance=order), extra=(goods, {**goods, "number": "2"}))
    formset = made(data, instance=order)
    assert not formset.is_valid()
    assert "must be unique" in str(formset.non_form_errors())
    Line.objects.create(order=order, number=1, stock=stocks[1])
    formset = made(
        posted(made(instance=order, queryset=Line.objects.none()), extra=(new,)), instance=order
    )
    assert formset.errors == [{"__all__": ["Line with this Order and Number already exists."]}]
    data = posted(
        made(instance=order, queryset=Line.objects.none()), extra=({**goods, "number": "5"},)
    )
    formset = made(data, instance=order)
    assert formset.errors == [
        {"__all__": ["Line with this Order, Warehouse and Sku already exists."]}
    ]
    other = Order.objects.create(number="o2")
    row = Line.objects.create(order=other, number=1)
    Line.objects.create(order=other, number=2, stock=stocks[1])
    alone = modelform_factory(Line, form=CompositeKeyModelForm, fields=["amount", "stock"])
    assert alone({"amount": "1", "stock": "1,c"}, instance=row).errors == {
        "__all__": ["Line with this Order, Warehouse and Sku already exists."]
    }, "the order is no field of the form, and known"
    formset = made(
        posted(made(instance=order, queryset=Line.objects.none()), extra=({**new, "amount": "0"},)),
        instance=order,
    )
    assert "goods_some" in str(formset.errors)


def test_children_of_an_order_that_is_new(stocks: list[Stock]) -> None:
    made = line_set()
    shown = made()
    new = {"number": "1", "amount": "2", "stock": "1,c"}
    order = Order(number="new")
    formset = made(
        posted(shown, extra=(new, {**new, "number": "2", "stock": "2,c"})), instance=order
    )
    assert formset.is_valid(), formset.errors
    order.save()
    formset.save()
    assert {line.pk for line in Line.objects.all()} == {(order.pk, 1), (order.pk, 2)}


@pytest.mark.parametrize(
    "value", ["9,9", "nonsense", "1", "[", "", "1,1,1", "1,99999999999999999999"]
)
def test_children_whose_keys_were_tampered_with(stocks: list[Stock], value: str) -> None:
    made = line_set()
    mine, other = Order.objects.create(number="o1"), Order.objects.create(number="o2")
    for order in (mine, other):
        Line.objects.create(order=order, number=1)
    data = posted(made(instance=mine), {"pk": value, "amount": "66"})
    formset = made(data, instance=mine)
    assert not formset.is_valid()
    data = posted(made(instance=mine), {"pk": f"{other.pk},1", "amount": "66"})
    formset = made(data, instance=mine)
    if formset.is_valid():
        formset.save()
    assert not Line.objects.filter(order=other, amount=66)
    data = posted(made(instance=mine), {"order": str(other.pk), "amount": "66"})
    assert made(data, instance=mine).errors == [
        {"order": ["The inline value did not match the parent instance."]}
    ]


@pytest.mark.parametrize("formset_class", [CompositeKeyInlineFormSet, BaseInlineFormSet])
def test_children_of_a_parent_with_such_a_key(stocks: list[Stock], formset_class: Any) -> None:
    made: Any = inlineformset_factory(
        Stock,
        Movement,
        form=CompositeKeyModelForm,
        formset=formset_class,
        fields=["moved_on", "amount"],
        extra=0,
    )
    stock = stocks[0]
    shown = made(instance=stock)
    assert shown.prefix == "movements"
    assert 'value="1,a\\,b"' in str(shown.empty_form["stock"])
    new = {"moved_on": "2026-01-01", "amount": "2", "stock": "1,a\\,b"}
    formset = made(posted(shown, extra=(new,)), instance=stock)
    assert formset.is_valid(), formset.errors
    formset.save()
    movement = Movement.objects.get()
    assert movement.stock == stock
    shown = made(instance=stock)
    formset = made(posted(shown, {"amount": "5"}, extra=(new,)), instance=stock)
    assert formset.errors[1] == {} or formset.errors[1]["__all__"]
    assert not formset.is_valid(), "moved once a day"
    formset = made(posted(shown, {"stock": "2,c"}), instance=stock)
    assert formset.errors == [{"stock": ["The inline value did not match the parent instance."]}]
    formset = made(posted(shown, {"DELETE": "on"}), instance=stock)
    assert formset.is_valid()
    formset.save()
    assert not Movement.objects.exists()


def test_a_parent_with_such_a_key_that_is_new(stocks: list[Stock]) -> None:
    parent_form = CompositeKeyInlineFormSet
    made = inlineformset_factory(
        Stock, Count, form=CompositeKeyModelForm, formset=parent_form, fields="__all__", extra=1
    )
    shown = made()
    assert list(shown.forms[0].fields) == ["counted_on", "found", "stock", "pk", "DELETE"]
    assert "value" not in str(shown.forms[0]["stock"])
    stock = Stock(warehouse_id=1, sku="new")
    new = {"counted_on": "2026-01-01", "found": "2"}
    formset = made(posted(shown, new, extra=({**new, "counted_on": "2026-01-02"},)), instance=stock)
    assert formset.is_valid(), formset.errors
    stock.save()
    formset.save()
    assert {str(row.pk) for row in stock.counts.all()} == {
        "1,new,2026-01-01",
        "1,new,2026-01-02",
    }
    formset = made(posted(shown, new, extra=(new,)), instance=stock)
    assert not formset.is_valid()


def test_which_reference_leads_to_the_parent() -> None:
    from django.db import models
    from django.test.utils import isolate_apps

    from queryaudit.composite import CompositeForeignKey

    with isolate_apps("tests.composite"):

        class Swap(models.Model):
            a_tenant = models.IntegerField()
            a_number = models.IntegerField()
            b_number = models.IntegerField()
            one = CompositeForeignKey(
                Category, models.CASCADE, ["a_tenant", "a_number"], related_name="+"
            )
            two = CompositeForeignKey(
                Category, models.CASCADE, ["a_tenant", "b_number"], related_name="+"
            )

            class Meta:
                app_label = "composite"

    options: Any = {"form": CompositeKeyModelForm, "fields": "__all__"}
    with pytest.raises(ValueError, match=r"composite.Swap has several .* fk_name takes one of: on"):
        inlineformset_factory(Category, Swap, **options)
    made: Any = inlineformset_factory(Category, Swap, fk_name="two", **options)
    assert made.fk.name == "two"
    with pytest.raises(ValueError, match="has no ForeignKey to 'composite.Stock'"):
        inlineformset_factory(Stock, Swap, **options)
    with pytest.raises(ValueError, match="has no field named 'three'"):
        inlineformset_factory(Category, Swap, fk_name="three", **options)


def test_choices_of_children_are_those_of_the_parent(alias: str) -> None:
    for pk in ((1, 1), (1, 2), (2, 1)):
        Category.objects.create(pk=pk, name=str(pk))
    made: Any = inlineformset_factory(
        Warehouse,
        Line,
        form=CompositeKeyModelForm,
        formset=CompositeKeyInlineFormSet,
        fields="__all__",
        extra=1,
    )
    for number in (1, 2):
        warehouse: Model = Warehouse.objects.create(id=number, name="w")
        Stock.objects.create(pk=(number, "x"))
    form = made(instance=warehouse).forms[0]
    assert "2,x" in str(form["stock"])
    assert "1,x" not in str(form["stock"])
    order = Order.objects.create(number="o")
    new = {"order": str(order.pk), "number": "1", "amount": "1", "stock": "1,x"}
    formset = made(posted(made(instance=warehouse), new), instance=warehouse)
    assert formset.errors[0].keys() == {"stock"}
    formset = made(posted(made(instance=warehouse), {**new, "stock": "2,x"}), instance=warehouse)
    assert formset.is_valid(), formset.errors
    formset.save()
    assert Line.objects.get().stock.pk == (2, "x")
    assert Product.objects.count() == 0
