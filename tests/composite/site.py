"""An admin site for goods: each option that keys of several columns have to do with."""

from typing import Any

from django.contrib import admin
from django.contrib.contenttypes.admin import GenericTabularInline

from queryaudit.composite.admin import (
    CompositeKeyAdmin,
    CompositeKeyRelatedOnlyListFilter,
    CompositeKeyStackedInline,
    CompositeKeyTabularInline,
    register,
)
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
    Visit,
    Warehouse,
)
from tests.composite.models import Branch, Note

site = admin.AdminSite(name="goods")


class LineInline(CompositeKeyTabularInline):
    model = Line
    extra = 1
    show_change_link = True


class MovementInline(CompositeKeyTabularInline):
    model = Movement
    extra = 1


class CountInline(CompositeKeyStackedInline):
    model = Count
    extra = 1


@register(Warehouse, site=site)
class WarehouseAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    search_fields = ["name"]
    ordering = ["name"]


@register(Stock, site=site)
class StockAdmin(CompositeKeyAdmin):
    list_display = ["sku", "warehouse", "quantity", "counted_on", "pk"]
    list_editable = ["quantity"]
    list_filter = ["warehouse", "movements"]
    search_fields = ["sku", "warehouse__name"]
    date_hierarchy = "counted_on"
    actions = ["empty"]
    inlines = [MovementInline, CountInline]
    show_facets = admin.ShowFacets.ALWAYS

    @admin.action(description="Empty")
    def empty(self, request: Any, queryset: Any) -> None:
        queryset.update(quantity=0)


@register(Order, site=site)
class OrderAdmin(CompositeKeyAdmin):
    inlines = [LineInline]


@register(Line, site=site)
class LineAdmin(CompositeKeyAdmin):
    list_display = ["__str__", "stock", "order"]
    list_filter = ["stock", "order"]
    autocomplete_fields = ["stock", "warehouse"]


@register(Movement, site=site)
class MovementAdmin(CompositeKeyAdmin):
    list_display = ["moved_on", "stock"]
    list_filter = [("stock", CompositeKeyRelatedOnlyListFilter), "stock__warehouse"]
    raw_id_fields = ["stock"]
    show_facets = admin.ShowFacets.ALWAYS


@register(Count, site=site)
class CountAdmin(CompositeKeyAdmin):
    save_as = True


@register(Product, site=site)
class ProductAdmin(CompositeKeyAdmin):
    radio_fields = {"category": admin.VERTICAL}


site.register([Category, Visit], CompositeKeyAdmin, search_fields=["name"])


@register(Branch, site=site)
class BranchAdmin(CompositeKeyAdmin):
    search_fields = ["name"]


class PlainLineInline(admin.TabularInline):  # type: ignore[type-arg]
    """Django's own inline, whose forms would write a row twice whose key is changed."""

    model = Line
    extra = 1


plain_site = admin.AdminSite(name="plain")
plain_site.register(Order, admin.ModelAdmin, inlines=[PlainLineInline])


class FolderInline(CompositeKeyTabularInline):
    model = Folder
    extra = 1


class NoteInline(GenericTabularInline):
    model = Note
    extra = 1


site.register(Folder, CompositeKeyAdmin, inlines=[FolderInline], list_filter=["above"])
site.register(RareStock, CompositeKeyAdmin)
BranchAdmin.inlines = [NoteInline]
WarehouseAdmin.list_filter = ["stocks"]
WarehouseAdmin.show_facets = admin.ShowFacets.ALWAYS
