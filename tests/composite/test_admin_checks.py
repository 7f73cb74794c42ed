"""What does not fit is told at start, and where a model is registered."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.exceptions import AlreadyRegistered
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.forms import BaseInlineFormSet, ModelForm
from django.test.utils import isolate_apps

from queryaudit.composite.admin import (
    CompositeKeyAdmin,
    CompositeKeyStackedInline,
    CompositeKeyTabularInline,
    register,
)
from tests.composite.goods import Category, Line, Movement, Order, Product, Stock, Warehouse
from tests.composite.site import site


def found(model: Any, *others: Any, **options: Any) -> list[tuple[str, str]]:
    """Return what the checks tell of an admin of ``model`` with ``options``."""
    made = admin.AdminSite(name="other")
    for other in others:
        made.register(other, CompositeKeyAdmin)
    made.register(model, CompositeKeyAdmin, **options)
    told = made.get_model_admin(model).check()
    return [(str(problem.id), problem.msg) for problem in told]


def ids(*args: Any, **options: Any) -> list[str]:
    return [name.replace("queryaudit.composite.", "") for name, _ in found(*args, **options)]


def test_the_admin_of_the_tests_is_right() -> None:
    assert site.check(None) == []


def test_options_that_fit() -> None:
    assert ids(Movement, raw_id_fields=["stock"], list_filter=["stock"]) == []
    assert ids(Line, list_display=["__str__", "stock"], list_editable=["stock"]) == []
    assert ids(Line, radio_fields={"stock": admin.VERTICAL}) == []
    assert ids(Line, fields=["order", "number", "stock"], search_fields=["stock__sku"]) == []
    assert ids(Warehouse) == []


def test_a_key_without_a_text() -> None:
    with isolate_apps("tests.composite"):

        class Native(models.Model):
            pk = models.CompositePrimaryKey("a", "b")
            a = models.IntegerField()
            b = models.IntegerField()

            class Meta:
                app_label = "composite"

    ((name, text),) = found(Native)
    assert name == "queryaudit.composite.E007"
    assert "composite.Native.pk is a CompositePrimaryKey" in text


def test_a_form_that_knows_no_such_keys() -> None:
    class Own(ModelForm):  # type: ignore[type-arg]
        pass

    assert ids(Stock, form=Own) == ["E008"]
    assert ids(Movement, form=Own) == ["E008"]
    assert ids(Warehouse, form=Own) == []
    assert ids(Stock, form=object) == ["admin.E016", "E008"]


def test_fields_that_cannot_be_completed() -> None:
    assert ids(Line, autocomplete_fields=["stock"]) == ["E009"]
    assert ids(Line, Stock, autocomplete_fields=["stock"]) == ["E009"]
    assert ids(Line, Stock, autocomplete_fields=["sku"]) == ["admin.E038"]
    assert ids(Line, Stock, raw_id_fields=["sku"]) == ["admin.E003"]
    assert ids(Line, radio_fields={"sku": admin.VERTICAL}) == ["admin.E023"]


def test_columns_of_the_key_in_the_list() -> None:
    assert ids(Stock, list_display=["__str__", "sku"], list_editable=["sku"]) == ["E010"]
    assert ids(Stock, list_display=["__str__", "quantity"], list_editable=["quantity"]) == []


def test_searching_keys() -> None:
    for name in ("pk", "=pk", "pk__exact", "stock", "stock__pk", "^stock__exact"):
        ((number, text),) = found(Line, search_fields=[name])
        assert number == "queryaudit.composite.E011", name
        assert name in text
    assert ids(Line, search_fields=["sku", "=number", "stock__sku", "order__number"]) == []


def test_djangos_filter_of_related_rows_only() -> None:
    only = [("stock", admin.RelatedOnlyFieldListFilter)]
    assert ids(Line, list_filter=only) == ["E012"]
    plain = [("warehouse", admin.RelatedOnlyFieldListFilter)]
    assert ids(Line, list_filter=plain) == []


def test_inlines() -> None:
    class Plain(admin.TabularInline):  # type: ignore[type-arg]
        model = Line

    class Ours(CompositeKeyTabularInline):
        model = Line

    class Below(CompositeKeyStackedInline):
        model = Movement
        formset = BaseInlineFormSet  # type: ignore[assignment]

    class Elsewhere(CompositeKeyStackedInline):
        model = Product

    class PlainBelow(admin.TabularInline):  # type: ignore[type-arg]
        model = Movement

    class Formset(CompositeKeyStackedInline):
        model = Line
        formset = BaseInlineFormSet  # type: ignore[assignment]

    assert ids(Order, inlines=[Plain]) == ["W001"]
    assert ids(Order, inlines=[Ours]) == []
    assert ids(Order, inlines=[Formset]) == []
    assert ids(Stock, inlines=[Below]) == ["E013"]
    assert ids(Stock, inlines=[Elsewhere]) == ["admin.E202"]
    assert ids(Category, inlines=[Elsewhere]) == []
    assert ids(Stock, inlines=[PlainBelow]) == ["W001"]
    assert ids(Warehouse, inlines=[Ours]) == []


def test_every_check_is_documented() -> None:
    root = Path(__file__).resolve().parents[2]
    sources = (root / "queryaudit" / "composite").rglob("*.py")
    told = {one for path in sources for one in re.findall(r'"([EW]0\d+)"', path.read_text())}
    documented = (root / "docs" / "composite.md").read_text()
    assert {f"W{1:03}", f"E{13:03}"} <= told
    assert [one for one in told if f"| `queryaudit.composite.{one}` |" not in documented] == []


def test_registration() -> None:
    made = admin.AdminSite(name="other")

    @register(Stock, Warehouse, site=made)
    class GoodsAdmin(CompositeKeyAdmin):
        pass

    assert {type(made.get_model_admin(model)) for model in (Stock, Warehouse)} == {GoodsAdmin}
    with pytest.raises(AlreadyRegistered, match="The model Stock is already registered"):
        made.register(Stock, CompositeKeyAdmin)
    with pytest.raises(AlreadyRegistered):
        made.register(Warehouse)
    made.unregister(Stock)
    made.register([Stock, Line], CompositeKeyAdmin, list_display=["pk"])
    assert made.get_model_admin(Line).list_display == ["pk"]
    with pytest.raises(ImproperlyConfigured, match=r"composite.Category .* ModelAdmin is none"):
        made.register(Category)
    with pytest.raises(ImproperlyConfigured, match=r"WarehouseAdmin is none"):
        made.register(Category, type("WarehouseAdmin", (admin.ModelAdmin,), {}))
    with pytest.raises(ValueError, match="At least one model"):
        register()(CompositeKeyAdmin)
    with pytest.raises(ImproperlyConfigured, match="abstract"):
        from queryaudit.composite import CompositeKeyModel

        made.register(CompositeKeyModel, CompositeKeyAdmin)
