"""Models of the tests: one of each sort of relation that the rules tell apart."""

from django.db import models


class Label(models.Model):
    name = models.CharField(max_length=50)
    owner = models.ForeignKey("self", models.CASCADE, null=True)


class Artist(models.Model):
    name = models.CharField(max_length=50)
    label = models.ForeignKey(Label, models.CASCADE)
    home = models.ForeignKey(Label, models.CASCADE, null=True, related_name="residents")


class Album(models.Model):
    title = models.CharField(max_length=50)
    artist = models.ForeignKey(Artist, models.CASCADE)
    producer = models.ForeignKey(Artist, models.CASCADE, null=True, related_name="produced")


class LiveAlbum(Album):
    venue = models.CharField(max_length=50)


class Cover(models.Model):
    album = models.OneToOneField(Album, models.CASCADE)
    painter = models.CharField(max_length=50)
