"""Tables of an old schema: every on_delete, tables that Django does not manage, children."""

from typing import Any, ClassVar

from django.db import models

from queryaudit.composite import (
    CompositeForeignKey,
    CompositeKey,
    CompositeKeyManager,
    CompositeKeyModel,
)


class Site(CompositeKeyModel):
    pk = CompositeKey("country", "number")
    country = models.CharField(max_length=2)
    number = models.IntegerField()
    town = models.CharField(max_length=20, default="")


def nowhere() -> tuple[str, int]:
    return ("XX", 0)


class OnSite(models.Model):
    """What stands on a site, by the columns that hold its key."""

    country = models.CharField(max_length=2)
    number = models.IntegerField(null=True)

    class Meta:
        abstract = True


class Crane(OnSite):
    site = CompositeForeignKey(
        Site, models.RESTRICT, ["country", "number"], related_name="cranes", null=True
    )


class Fence(OnSite):
    site = CompositeForeignKey(
        Site,
        models.SET_DEFAULT,
        ["country", "number"],
        related_name="fences",
        null=True,
        default=nowhere,
    )


class Lamp(OnSite):
    site = CompositeForeignKey(
        Site,
        models.SET(nowhere),
        ["country", "number"],
        related_name="lamps",
        null=True,
    )


class Sign(OnSite):
    site = CompositeForeignKey(
        Site,
        models.DO_NOTHING,
        ["country", "number"],
        related_name="signs",
        null=True,
        db_constraint=False,
    )


if hasattr(models, "DB_CASCADE"):

    class Cable(OnSite):
        """Goes with its site by the database's own doing (Django 6.1)."""

        site = CompositeForeignKey(
            Site, models.DB_CASCADE, ["country", "number"], related_name="cables", null=True
        )


class LegacyOrder(CompositeKeyModel):
    """A table that another program made."""

    pk = CompositeKey("year", "number")
    year = models.IntegerField(db_column="YR")
    number = models.IntegerField(db_column="NO")
    customer = models.CharField(max_length=30, db_column="CUST NAME")

    class Meta:
        managed = False
        db_table = "legacy orders"


class LegacyItem(CompositeKeyModel):
    pk = CompositeKey("year", "order_no", "position")
    year = models.IntegerField(db_column="YR")
    order_no = models.IntegerField(db_column="NO")
    position = models.IntegerField(db_column="POS")
    article = models.CharField(max_length=30, db_column="ART", default="")
    order = CompositeForeignKey(
        LegacyOrder, models.CASCADE, ["year", "order_no"], related_name="items"
    )

    class Meta:
        managed = False
        db_table = "legacy items"


def make_legacy_tables(editor: Any) -> None:
    """Make what the other program would have made."""
    quote = editor.quote_name
    orders, items = quote("legacy orders"), quote("legacy items")
    year, number, position = map(quote, ("YR", "NO", "POS"))
    editor.execute(
        f"CREATE TABLE {orders} ({year} integer NOT NULL, {number} integer NOT NULL, "
        f"{quote('CUST NAME')} varchar(30) NOT NULL, PRIMARY KEY ({year}, {number}))"
    )
    editor.execute(
        f"CREATE TABLE {items} ({year} integer NOT NULL, {number} integer NOT NULL, "
        f"{position} integer NOT NULL, {quote('ART')} varchar(30) NOT NULL, "
        f"PRIMARY KEY ({year}, {number}, {position}))"
    )


class HomeSite(Site):
    """The same rows by another name."""

    class Meta:
        proxy = True
        ordering = ["number"]


class Tower(Crane):
    """A child table of a model that refers to such a key."""

    height = models.IntegerField()


class Company(models.Model):
    name = models.CharField(max_length=100)


class CompanyBranch(CompositeKeyModel):
    """The model of django-compositepk-model's README, changed as docs/ says."""

    pk = CompositeKey("company_id", "country_code")
    company = models.ForeignKey(Company, on_delete=models.CASCADE)
    country_code = models.CharField(max_length=100)
    name = models.CharField(max_length=100)


class RegionManager(CompositeKeyManager["Region"]):
    def get_by_natural_key(self, name: str) -> "Region":
        return self.get(name=name)


class Region(CompositeKeyModel):
    """Known by its name, wherever its number differs."""

    pk = CompositeKey("country", "number")
    country = models.CharField(max_length=2)
    number = models.IntegerField()
    name = models.CharField(max_length=20, unique=True)

    objects: ClassVar[RegionManager] = RegionManager()

    def natural_key(self) -> tuple[str]:
        return (self.name,)


class Shop(models.Model):
    country = models.CharField(max_length=2)
    region_no = models.IntegerField(null=True)
    region = CompositeForeignKey(
        Region, models.CASCADE, ["country", "region_no"], related_name="shops", null=True
    )
