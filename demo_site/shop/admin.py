"""The shop's own desk: stock, movements and orders, whose keys have several columns."""

from django.contrib import admin
from django.contrib.admin import AdminSite, ModelAdmin
from django.http import HttpRequest

from queryaudit.composite.admin import CompositeKeyAdmin, CompositeKeyTabularInline, register
from shop.models import (
    Album,
    Artist,
    Customer,
    Label,
    Movement,
    Order,
    OrderLine,
    Product,
    Stock,
    Warehouse,
)

admin.site.register([Label, Warehouse])


@admin.register(Artist)
class ArtistAdmin(ModelAdmin):  # type: ignore[type-arg]
    """Artists, found by name."""

    search_fields = ["name"]


@admin.register(Album)
class AlbumAdmin(ModelAdmin):  # type: ignore[type-arg]
    """Albums, found by title."""

    list_display = ["title", "artist", "released", "price"]
    list_select_related = ["artist"]
    search_fields = ["title"]
    autocomplete_fields = ["artist"]


@admin.register(Product)
class ProductAdmin(ModelAdmin):  # type: ignore[type-arg]
    """Albums in their formats."""

    list_display = ["album", "format"]
    list_select_related = ["album"]
    search_fields = ["album__title"]
    autocomplete_fields = ["album"]


@admin.register(Customer)
class CustomerAdmin(ModelAdmin):  # type: ignore[type-arg]
    """Customers, found by name and address."""

    search_fields = ["name", "email"]


class OrderLineInline(CompositeKeyTabularInline):
    """The lines of an order, whose key is the order and their number."""

    model = OrderLine
    autocomplete_fields = ["product"]
    extra = 1


@admin.register(Order)
class OrderAdmin(ModelAdmin):  # type: ignore[type-arg]
    """Orders with their lines."""

    list_display = ["id", "customer", "placed_at"]
    list_select_related = ["customer"]
    autocomplete_fields = ["customer"]
    inlines = [OrderLineInline]


@register(Stock)
class StockAdmin(CompositeKeyAdmin):
    """What a warehouse holds, by warehouse and product."""

    list_display = ["pk", "warehouse", "product", "quantity"]
    list_editable = ["quantity"]
    list_filter = ["warehouse"]
    list_select_related = ["warehouse", "product"]
    search_fields = ["product__album__title"]
    autocomplete_fields = ["product"]


@register(Movement)
class MovementAdmin(CompositeKeyAdmin):
    """What came and left, each row with the stock that it belongs to."""

    list_display = ["moved_at", "stock", "pieces"]
    list_filter = ["warehouse"]
    autocomplete_fields = ["stock"]
    fields = ["stock", "moved_at", "pieces"]


@register(OrderLine)
class OrderLineAdmin(CompositeKeyAdmin):
    """The lines of all orders."""

    list_display = ["pk", "product", "quantity", "price"]
    list_select_related = ["product"]
    autocomplete_fields = ["product"]
    raw_id_fields = ["order"]


class Desk(AdminSite):
    """Lists that everybody may look at and nobody may change: a pair of them is shown."""

    enable_nav_sidebar = False
    site_header = "Record shop"

    def has_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Let everybody in."""
        return True


class OpenOrderAdmin(ModelAdmin):  # type: ignore[type-arg]
    """Orders with the customer's address, which each row has to be asked for."""

    list_display = ["id", "placed_at", "email"]
    list_display_links = None
    list_per_page = 40
    ordering = ["-placed_at", "-id"]
    actions = None
    show_full_result_count = False
    change_list_template = "shop/desk.html"

    @admin.display(description="customer")
    def email(self, order: Order) -> str:
        """Return where the customer is written to."""
        return order.customer.email

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002
        """Let everybody look."""
        return True

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Let nobody add."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002
        """Let nobody change."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002
        """Let nobody delete."""
        return False


class JoinedOrderAdmin(OpenOrderAdmin):
    """The same, which says what its rows need."""

    list_select_related = ["customer"]


_desk = Desk(name="desk")
DESKS = {"slow": OpenOrderAdmin(Order, _desk), "fast": JoinedOrderAdmin(Order, _desk)}
