"""Small tables that are read everywhere, and rows that refer to them."""

import uuid
from functools import cached_property
from typing import Any, ClassVar

from django.db import models

from queryaudit.composite import CompositeForeignKey, CompositeKey, CompositeKeyModel
from queryaudit.masterdata import MasterDataManager
from queryaudit.rawsql import RawSQLManager


class Region(models.Model):
    name = models.CharField(max_length=50)

    cached = MasterDataManager()

    class Meta:
        ordering = ["id"]


class Listed(models.Model):
    """An abstract base that brings the manager along."""

    cached = MasterDataManager()

    class Meta:
        abstract = True


class ActiveManager(models.Manager[Any]):
    def get_queryset(self) -> "models.QuerySet[Any]":
        return super().get_queryset().filter(is_active=True)


class Country(Listed):
    code = models.CharField(max_length=10, unique=True)
    name = models.CharField(max_length=50, default="")
    region = models.ForeignKey(Region, models.CASCADE, null=True, related_name="countries")
    size = models.IntegerField(default=0)
    is_active = models.BooleanField(default=True)
    founded = models.DateField(null=True)
    key = models.UUIDField(default=uuid.uuid4, unique=True)
    details = models.JSONField(default=dict)
    area = models.DecimalField(max_digits=10, decimal_places=2, default=0)

    rows = RawSQLManager()

    class Meta:
        ordering = ["id"]


class CountryProxy(Country):
    class Meta:
        proxy = True


class Island(Country):
    """A child with a table of its own."""

    sea = models.CharField(max_length=20, default="")


class Currency(models.Model):
    """Its default manager hides rows, and its key is text."""

    code = models.CharField(max_length=10, primary_key=True)
    name = models.CharField(max_length=50)
    is_active = models.BooleanField(default=True)
    country = models.OneToOneField(Country, models.CASCADE, null=True, related_name="currency")

    objects: ClassVar[Any] = ActiveManager()
    cached = MasterDataManager()


class Rate(CompositeKeyModel):
    pk = CompositeKey("currency_id", "year")
    currency = models.ForeignKey(Currency, models.CASCADE)
    year = models.IntegerField()
    value = models.IntegerField(default=0)

    cached = MasterDataManager()


class Fee(models.Model):
    """Refers to a key of two columns."""

    currency = models.ForeignKey(Currency, models.CASCADE)
    year = models.IntegerField(null=True)
    amount = models.IntegerField(default=0)
    rate = CompositeForeignKey(Rate, models.CASCADE, from_fields=["currency", "year"], null=True)


class Shop(models.Model):
    """Unique by two columns; rows are shared."""

    region = models.ForeignKey(Region, models.CASCADE)
    number = models.IntegerField()
    tags = models.JSONField(default=list)

    cached = MasterDataManager(read_only=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["region", "number"], name="masterdata_shop_unique")
        ]
        ordering = ["number"]

    @cached_property
    def album_count(self) -> int:
        return self.albums.count()


class Album(models.Model):
    title = models.CharField(max_length=50)
    country = models.ForeignKey(Country, models.CASCADE, null=True, related_name="albums")
    currency = models.ForeignKey(Currency, models.CASCADE, null=True)
    shops = models.ManyToManyField(Shop, related_name="albums")


class CountryName(models.Model):
    """A view that somebody else made."""

    id = models.IntegerField(primary_key=True)
    name = models.CharField(max_length=50)

    cached = MasterDataManager(depends_on=["masterdata_tests.Country"])

    class Meta:
        managed = False
        db_table = "masterdata_country_name"


class Watched(models.Model):
    """Its instances are made with more than columns."""

    name = models.CharField(max_length=20)
    seen_at = models.DateTimeField(null=True)
    words = models.JSONField(null=True, unique=True)

    cached = MasterDataManager(queryset=lambda rows: rows.exclude(name="hidden"))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.original_name = self.name
        self.changes: list[str] = []
