"""The tables of a record shop."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from queryaudit.composite import CompositeForeignKey, CompositeKey, CompositeKeyModel
from queryaudit.masterdata import MasterDataManager
from queryaudit.rawsql import RawSQLManager

if TYPE_CHECKING:
    from shop.sql import Queries  # written by manage.py rawsql stubs
else:
    Queries = RawSQLManager


class Label(models.Model):
    """A company that publishes the records of its artists."""

    name = models.CharField(max_length=100, unique=True)

    rows = Queries(types={"revenue": models.DecimalField(max_digits=12, decimal_places=2)})

    def __str__(self) -> str:
        return self.name


class Artist(models.Model):
    """A band or a musician under contract with one label."""

    label = models.ForeignKey(Label, on_delete=models.PROTECT, related_name="artists")
    name = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.name


class Category(models.Model):
    """A kind of music, or a kind of a kind; its rows are part of the program, in masterdata/."""

    code = models.SlugField(unique=True)
    parent = models.ForeignKey(
        "self", on_delete=models.CASCADE, related_name="children", null=True, blank=True
    )
    name = models.CharField(max_length=50)
    name_de = models.CharField(max_length=50, blank=True, default="")
    name_ja = models.CharField(max_length=50, blank=True, default="")

    class Meta:
        verbose_name_plural = "categories"
        constraints = [
            models.UniqueConstraint(fields=["parent", "name"], name="category_once_per_parent"),
            # To a database two nulls differ, so the line above lets roots pass.
            models.UniqueConstraint(
                fields=["name"], condition=Q(parent=None), name="category_root_once"
            ),
            models.CheckConstraint(
                condition=~Q(parent=models.F("id")), name="category_not_its_own_parent"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class HeldCategory(Category):
    """Categories from memory.

    A site puts the manager on the model itself, and every ``album.category`` is answered by it;
    here the slow twin shall go on to ask.
    """

    cached = MasterDataManager()

    class Meta:
        proxy = True


class Album(models.Model):
    """A record by one artist, with guests; the price is in euros before tax."""

    artist = models.ForeignKey(Artist, on_delete=models.PROTECT, related_name="albums")
    guests = models.ManyToManyField(Artist, related_name="guest_albums", blank=True)
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="albums")
    title = models.CharField(max_length=200)
    released = models.DateField()
    price = models.DecimalField(max_digits=8, decimal_places=2)

    rows = Queries()

    class Meta:
        indexes = [models.Index(fields=["-released", "-id"], name="album_newest_first")]
        constraints = [
            models.CheckConstraint(condition=Q(price__gt=0), name="album_price_positive"),
        ]

    def __str__(self) -> str:
        return self.title


class Track(models.Model):
    """A piece of music at its place on an album."""

    album = models.ForeignKey(Album, on_delete=models.CASCADE, related_name="tracks")
    number = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200)
    seconds = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["album", "number"], name="track_number_once"),
            models.CheckConstraint(condition=Q(seconds__gt=0), name="track_seconds_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.title}"


class Warehouse(models.Model):
    """A place where products are kept."""

    name = models.CharField(max_length=50, unique=True)

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    """An album in one format, as it stands on the shelf."""

    class Format(models.TextChoices):
        """What an album may be bought as."""

        VINYL = "vinyl", "Vinyl"
        CD = "cd", "CD"
        CASSETTE = "cassette", "Cassette"

    album = models.ForeignKey(Album, on_delete=models.CASCADE, related_name="products")
    format = models.CharField(max_length=10, choices=Format.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["album", "format"], name="product_format_once"),
        ]

    def __str__(self) -> str:
        return f"album {self.album_id}, {self.get_format_display()}"


class Stock(CompositeKeyModel):
    """How many pieces of a product a warehouse holds."""

    pk = CompositeKey("warehouse_id", "product_id")
    warehouse = models.ForeignKey(Warehouse, on_delete=models.CASCADE, related_name="stock")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="stock")
    quantity = models.PositiveIntegerField()

    class Meta:
        verbose_name_plural = "stock"

    def __str__(self) -> str:
        return f"{self.quantity} of product {self.product_id} in warehouse {self.warehouse_id}"


class Movement(models.Model):
    """Pieces of a product that came into a warehouse or, where negative, left it."""

    warehouse = models.ForeignKey(
        Warehouse, on_delete=models.CASCADE, related_name="movements", db_index=False
    )
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="movements")
    stock = CompositeForeignKey(
        Stock,
        on_delete=models.CASCADE,
        from_fields=["warehouse", "product"],
        related_name="movements",
    )
    moved_at = models.DateTimeField(db_index=True)
    pieces = models.IntegerField()

    class Meta:
        indexes = [models.Index(fields=["warehouse", "product"], name="movement_of_stock")]

    def __str__(self) -> str:
        return f"{self.pieces:+} of product {self.product_id} in warehouse {self.warehouse_id}"


class StockCount(models.Model):
    """What somebody counted on a shelf; its key is Django's own, whose ``save()`` asks twice."""

    pk = models.CompositePrimaryKey("warehouse_id", "product_id", "day")
    warehouse = models.ForeignKey(Warehouse, on_delete=models.CASCADE, related_name="counts")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="counts")
    day = models.DateField()
    pieces = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.pieces} of product {self.product_id} in warehouse {self.warehouse_id}"


class Customer(models.Model):
    """Somebody who has ordered or will."""

    name = models.CharField(max_length=100)
    email = models.EmailField(unique=True)

    def __str__(self) -> str:
        return self.name


class Order(models.Model):
    """What a customer bought at one time."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="orders")
    placed_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"order {self.pk}"


class OrderLine(CompositeKeyModel):
    """A product of an order; the price is what was paid for a piece, in euros before tax."""

    pk = CompositeKey("order_id", "line")
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    line = models.PositiveSmallIntegerField()
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="order_lines")
    quantity = models.PositiveSmallIntegerField()
    price = models.DecimalField(max_digits=8, decimal_places=2)

    class Meta:
        ordering = ["order_id", "line"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="line_quantity_positive"),
        ]

    def __str__(self) -> str:
        return f"order {self.order_id}, line {self.line}"
