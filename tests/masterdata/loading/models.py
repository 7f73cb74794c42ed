"""Tables that files are loaded into: trees, keys of several columns, every sort of column."""

import uuid

from django.core.validators import MinValueValidator
from django.db import models

from queryaudit.composite import CompositeForeignKey, CompositeKey, CompositeKeyModel
from queryaudit.masterdata import MasterDataManager


class Category(models.Model):
    code = models.SlugField(unique=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    name = models.CharField(max_length=20)
    position = models.IntegerField(default=0, validators=[MinValueValidator(0)])
    changed_at = models.DateTimeField(auto_now=True)

    cached = MasterDataManager()


class Genre(Category):
    """A child with a table of its own."""

    since = models.IntegerField()


class Place(models.Model):
    """A tree whose rows are told apart by parent and name."""

    parent = models.ForeignKey("self", models.CASCADE, null=True)
    name = models.CharField(max_length=20)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["parent", "name"], name="place_once_per_parent")
        ]


class Region(CompositeKeyModel):
    pk = CompositeKey("country", "number")
    country = models.CharField(max_length=2)
    number = models.IntegerField()
    name = models.CharField(max_length=20, unique=True)


class Shop(models.Model):
    code = models.CharField(max_length=10, unique=True)
    country = models.CharField(max_length=2)
    number = models.IntegerField(null=True)
    region = CompositeForeignKey(Region, models.CASCADE, ["country", "number"], null=True)


class Rate(models.Model):
    pk = models.CompositePrimaryKey("category_id", "since")
    category = models.ForeignKey(Category, models.CASCADE)
    since = models.DateField()
    rate = models.DecimalField(max_digits=8, decimal_places=4)


class Album(models.Model):
    """What users make."""

    category = models.ForeignKey(Category, models.CASCADE)
    title = models.CharField(max_length=20)
    categories = models.ManyToManyField(Category, related_name="+")


class Note(models.Model):
    """Nothing tells its rows apart."""

    text = models.TextField()


class Sorts(models.Model):
    """A column of every sort."""

    code = models.CharField(max_length=10, primary_key=True)
    number = models.IntegerField(null=True)
    share = models.FloatField(null=True)
    price = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    is_open = models.BooleanField(default=False)
    day = models.DateField(null=True)
    moment = models.DateTimeField(null=True)
    clock = models.TimeField(null=True)
    span = models.DurationField(null=True)
    key = models.UUIDField(default=uuid.uuid4, unique=True)
    details = models.JSONField(null=True)
    content = models.BinaryField(null=True)
    size = models.CharField(max_length=1, choices=[("s", "small"), ("l", "large")], default="s")


class Left(models.Model):
    """Two tables that refer to each other."""

    code = models.CharField(max_length=5, unique=True)
    right = models.ForeignKey("Right", models.CASCADE, null=True)


class Right(models.Model):
    code = models.CharField(max_length=5, unique=True)
    left = models.ForeignKey(Left, models.CASCADE)
