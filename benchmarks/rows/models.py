"""Rows of plain columns, and rows of seven types that databases keep as something else."""

from typing import ClassVar

from django.db import models

from queryaudit.rawsql import RawSQLManager


class Plain(models.Model):
    """Eight columns that need no conversion."""

    title = models.CharField(max_length=50)
    size = models.IntegerField()
    ratio = models.FloatField()
    note = models.TextField(null=True)  # noqa: DJ001  # a NULL is a value to be read, too
    year = models.IntegerField()
    artist = models.CharField(max_length=50)
    weight = models.FloatField()

    objects: ClassVar["models.Manager[Plain]"] = models.Manager()
    rows = RawSQLManager()

    def __str__(self) -> str:
        return self.title


class Typed(models.Model):
    """Seven columns that most databases keep as something else."""

    price = models.DecimalField(max_digits=8, decimal_places=2)
    is_new = models.BooleanField()
    code = models.UUIDField()
    details = models.JSONField()
    seen_at = models.DateTimeField()
    day = models.DateField()
    duration = models.DurationField()

    objects: ClassVar["models.Manager[Typed]"] = models.Manager()
    rows = RawSQLManager()

    def __str__(self) -> str:
        return str(self.code)
