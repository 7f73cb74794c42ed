"""Goods in warehouses, orders of them, and products of tenants: what forms and admin are shown."""

import uuid

from django.db import models

from queryaudit.composite import CompositeForeignKey, CompositeKey, CompositeKeyModel


class Warehouse(models.Model):
    name = models.CharField(max_length=30)

    def __str__(self) -> str:
        return self.name


class Stock(CompositeKeyModel):
    pk = CompositeKey("warehouse", "sku")
    warehouse = models.ForeignKey(Warehouse, models.CASCADE, related_name="stocks")
    sku = models.CharField(max_length=60)
    quantity = models.IntegerField(default=0)
    counted_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["warehouse", "sku"]

    def __str__(self) -> str:
        return f"{self.sku} in {self.warehouse_id}"

    def get_absolute_url(self) -> str:
        return f"/stock/{self.quantity}/"


class Order(models.Model):
    number = models.CharField(max_length=10)

    def __str__(self) -> str:
        return self.number


class Line(CompositeKeyModel):
    """A line of an order: the key begins with the order, and the goods may be unknown yet."""

    pk = CompositeKey("order", "number")
    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    number = models.IntegerField()
    amount = models.IntegerField(default=1)
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, null=True, blank=True)
    sku = models.CharField(max_length=60, null=True, blank=True)  # noqa: DJ001
    stock = CompositeForeignKey(
        Stock, models.PROTECT, from_fields=["warehouse", "sku"], related_name="lines", null=True
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "warehouse", "sku"], name="goods_once"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="goods_some"),
        ]

    def __str__(self) -> str:
        return f"line {self.number}"


class Movement(models.Model):
    warehouse_no = models.BigIntegerField()
    sku = models.CharField(max_length=60)
    moved_on = models.DateField()
    amount = models.IntegerField(default=1)
    stock = CompositeForeignKey(
        Stock,
        models.CASCADE,
        from_fields=["warehouse_no", "sku"],
        related_name="movements",
        help_text="What was moved",
        verbose_name="goods",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["warehouse_no", "sku", "moved_on"], name="moved_once")
        ]

    def __str__(self) -> str:
        return f"{self.amount} of {self.sku}"


class Count(CompositeKeyModel):
    """A part of its stock: the key begins with the stock's."""

    pk = CompositeKey("warehouse", "sku", "counted_on")
    warehouse = models.ForeignKey(Warehouse, models.CASCADE)
    sku = models.CharField(max_length=60)
    counted_on = models.DateField()
    found = models.IntegerField()
    stock = CompositeForeignKey(
        Stock, models.CASCADE, from_fields=["warehouse", "sku"], related_name="counts"
    )

    def __str__(self) -> str:
        return f"counted {self.counted_on}"


class Category(CompositeKeyModel):
    pk = CompositeKey("tenant", "number")
    tenant = models.IntegerField()
    number = models.IntegerField()
    name = models.CharField(max_length=30)
    is_open = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class Product(CompositeKeyModel):
    """The tenant is part of the key, and shared with a reference that may be chosen anew."""

    pk = CompositeKey("tenant", "code")
    tenant = models.IntegerField()
    code = models.CharField(max_length=20)
    category_no = models.IntegerField(null=True)
    category = CompositeForeignKey(
        Category,
        models.SET_NULL,
        from_fields=["tenant", "category_no"],
        related_name="products",
        limit_choices_to={"is_open": True},
        null=True,
    )

    def __str__(self) -> str:
        return self.code


class Visit(CompositeKeyModel):
    pk = CompositeKey("room", "day")
    room = models.UUIDField(default=uuid.uuid4)
    day = models.DateField()
    guest = models.CharField(max_length=30)

    def __str__(self) -> str:
        return self.guest


class Folder(CompositeKeyModel):
    """A tree within a tenant."""

    pk = CompositeKey("tenant", "code")
    tenant = models.IntegerField()
    code = models.CharField(max_length=20)
    above_code = models.CharField(max_length=20, null=True, blank=True)  # noqa: DJ001
    above = CompositeForeignKey(
        "self", models.CASCADE, ["tenant", "above_code"], related_name="below", null=True
    )

    def __str__(self) -> str:
        return self.code


class RareStock(Stock):
    class Meta:
        proxy = True
