"""Models of the corpus: every sort of relation that Django knows."""

from typing import Any, Self

from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils.functional import cached_property

from queryaudit.composite import CompositeForeignKey, CompositeKey, CompositeKeyModel


class Country(models.Model):
    name = models.CharField(max_length=50)
    code = models.CharField(max_length=2, unique=True)


class Label(models.Model):
    name = models.CharField(max_length=50)
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="imprints")


class Artist(models.Model):
    name = models.CharField(max_length=50)
    label = models.ForeignKey(Label, models.CASCADE)
    home = models.ForeignKey(Label, models.CASCADE, null=True, related_name="residents")
    tags = GenericRelation("corpus.Tag", "target_id", "target_type")

    @property
    def album_total(self) -> int:
        return self.albums.count()  # use: album_total

    @cached_property
    def newest_title(self) -> str:
        return self.albums.latest("year").title


class Genre(models.Model):
    name = models.CharField(max_length=50)


class AlbumQuerySet(models.QuerySet["Album"]):
    def recent(self) -> Self:
        return self.filter(year__gte=1970)

    def with_people(self) -> Self:
        return self.select_related("artist", "producer")

    def titles_of(self, artist: Artist) -> list[str]:
        return [album.title for album in self.filter(artist=artist)]  # use: titles_of


class Album(models.Model):
    title = models.CharField(max_length=50)
    year = models.IntegerField()
    price = models.IntegerField(default=10)
    notes = models.TextField(default="")
    artist = models.ForeignKey(Artist, models.CASCADE, related_name="albums")
    producer = models.ForeignKey(Artist, models.CASCADE, null=True, related_name="produced")
    label = models.ForeignKey(Label, models.CASCADE)
    country = models.ForeignKey(Country, models.CASCADE, to_field="code", related_name="albums")
    genres = models.ManyToManyField(Genre, related_name="albums")
    guests = models.ManyToManyField(Artist, through="Credit", related_name="appearances")
    tags = GenericRelation(
        "corpus.Tag", "target_id", "target_type", related_query_name="tagged_album"
    )

    objects = AlbumQuerySet.as_manager()

    @property
    def byline(self) -> str:
        return f"{self.title} by {self.artist.name}"  # use: byline

    def imprint(self) -> str:
        return self.artist.label.name

    def genre_names(self) -> list[str]:
        return sorted(genre.name for genre in self.genres.all())  # use: genre_names


class Track(models.Model):
    title = models.CharField(max_length=50)
    seconds = models.IntegerField()
    album = models.ForeignKey(Album, models.CASCADE)


class Credit(models.Model):
    album = models.ForeignKey(Album, models.CASCADE, related_name="credits")
    artist = models.ForeignKey(Artist, models.CASCADE, related_name="credits")
    role = models.CharField(max_length=50)


class Cover(models.Model):
    album = models.OneToOneField(Album, models.CASCADE)
    painter = models.ForeignKey(Artist, models.CASCADE, null=True)


class Biography(models.Model):
    artist = models.OneToOneField(
        Artist, models.CASCADE, primary_key=True, related_name="biography"
    )
    text = models.TextField()


class Tag(models.Model):
    word = models.CharField(max_length=50)
    # Tables of apps without migrations are made before those that migrations make: PostgreSQL
    # could not refer to the table of content types yet.
    target_type = models.ForeignKey(ContentType, models.CASCADE, db_constraint=False)
    target_id = models.BigIntegerField()
    target = GenericForeignKey("target_type", "target_id")


class Playlist(models.Model):
    name = models.CharField(max_length=50)
    tracks = models.ManyToManyField(Track)
    friends = models.ManyToManyField("self")


class Event(models.Model):
    title = models.CharField(max_length=50)
    artist = models.ForeignKey(Artist, models.CASCADE)


class Concert(Event):
    hall = models.CharField(max_length=50)


class Branch(models.Model):
    pk = models.CompositePrimaryKey("company", "code")
    company = models.IntegerField()
    code = models.IntegerField()
    city = models.CharField(max_length=50)


class Note(models.Model):
    text = models.CharField(max_length=50)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.text = self.text.strip()
        super().save(*args, **kwargs)


class Clerk(models.Model):
    name = models.CharField(max_length=50)
    company = models.IntegerField()
    branch_code = models.IntegerField()
    branch = models.ForeignObject(
        Branch,
        models.CASCADE,
        from_fields=["company", "branch_code"],
        to_fields=["company", "code"],
        related_name="clerks",
    )


class Hall(CompositeKeyModel):
    pk = CompositeKey("city", "number")
    city = models.CharField(max_length=20)
    number = models.IntegerField()
    seats = models.IntegerField()

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.city = self.city.title()
        super().save(*args, **kwargs)


class Show(models.Model):
    city = models.CharField(max_length=20)
    hall_no = models.IntegerField()
    title = models.CharField(max_length=50)
    hall = CompositeForeignKey(
        Hall, models.CASCADE, from_fields=["city", "hall_no"], related_name="shows"
    )


class Seat(CompositeKeyModel):
    pk = CompositeKey("city", "hall_no", "row")
    city = models.CharField(max_length=20)
    hall_no = models.IntegerField()
    row = models.IntegerField()
    is_broken = models.BooleanField(default=False)
    hall = CompositeForeignKey(
        Hall, models.CASCADE, from_fields=["city", "hall_no"], related_name="seats_of_it"
    )
