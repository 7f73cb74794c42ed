"""Tables with keys of several columns, and references to them of each sort."""

import uuid

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models

from queryaudit.composite import (
    CompositeForeignKey,
    CompositeGenericForeignKey,
    CompositeGenericRelation,
    CompositeKey,
    CompositeKeyModel,
)
from tests.composite import goods, legacy  # noqa: F401  # more models of this app


class Artist(models.Model):
    name = models.CharField(max_length=50)


class Album(CompositeKeyModel):
    pk = CompositeKey("artist_id", "number")
    artist = models.ForeignKey(Artist, models.CASCADE, related_name="albums")
    number = models.IntegerField()
    title = models.CharField(max_length=50)

    class Meta:
        ordering = ["-number"]


class Track(models.Model):
    """The artist is a shared column that stays when the album goes."""

    artist = models.ForeignKey(Artist, models.CASCADE)
    album_no = models.IntegerField(null=True)
    title = models.CharField(max_length=50)
    album = CompositeForeignKey(
        Album,
        models.SET_NULL,
        from_fields=["artist", "album_no"],
        related_name="tracks",
        null=True,
    )


class LiveTrack(Track):
    venue = models.CharField(max_length=20)


class Credit(CompositeKeyModel):
    """A part of its album: its key begins with the album's."""

    pk = CompositeKey("artist_id", "album_no", "role")
    artist = models.ForeignKey(Artist, models.CASCADE)
    album_no = models.IntegerField()
    role = models.CharField(max_length=20)
    name = models.CharField(max_length=50)
    album = CompositeForeignKey(
        Album, models.CASCADE, from_fields=["artist_id", "album_no"], related_name="credits"
    )


class Review(models.Model):
    artist_no = models.BigIntegerField()
    album_no = models.IntegerField()
    stars = models.IntegerField(default=5)
    album = CompositeForeignKey(
        Album, models.PROTECT, from_fields=["artist_no", "album_no"], related_name="reviews"
    )


class Branch(CompositeKeyModel):
    pk = CompositeKey("company", "country_code")
    company = models.IntegerField()
    country_code = models.CharField(max_length=20)
    name = models.CharField(max_length=50, default="")
    notes = CompositeGenericRelation("composite.Note")


class Office(models.Model):
    company = models.IntegerField(null=True)
    country_code = models.CharField(max_length=20, null=True)  # noqa: DJ001
    town = models.CharField(max_length=20)
    branch = CompositeForeignKey(
        Branch,
        models.SET_NULL,
        from_fields=["company", "country_code"],
        related_name="offices",
        null=True,
        db_constraint=False,
    )


class Reading(CompositeKeyModel):
    """A column of each type that the databases write in ways of their own."""

    pk = CompositeKey("device", "day")
    device = models.UUIDField(default=uuid.uuid4)
    day = models.DateField()
    value = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    seen_at = models.DateTimeField(null=True, db_column="seen")
    details = models.JSONField(null=True)
    is_valid = models.BooleanField(default=True)
    raw = models.BinaryField(null=True)
    ratio = models.FloatField(null=True)
    note = models.TextField(default="")


class Note(models.Model):
    """A note to any row, by the text of its key."""

    # These tables are made before those of migrations.
    content_type = models.ForeignKey(ContentType, models.CASCADE, db_constraint=False)
    object_id = models.CharField(max_length=100)
    about = CompositeGenericForeignKey()


if "postgres" in settings.DATABASES:
    from django.contrib.postgres.fields import ArrayField

    class Tagged(CompositeKeyModel):
        """Arrays are PostgreSQL's alone."""

        pk = CompositeKey("number", "part")
        number = models.IntegerField()
        part = models.IntegerField(default=1)
        words = ArrayField(models.TextField(), default=list)

        class Meta:
            required_db_vendor = "postgresql"
