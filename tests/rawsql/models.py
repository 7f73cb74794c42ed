"""Models of the contract: a column of each type that databases bring differently."""

from django.db import models

from queryaudit.rawsql import RawSQLManager, RawSQLMixin


class MeasuredRows(RawSQLManager):
    def above(self, size: int) -> list[object]:
        return self.fetch("SELECT id, size FROM t WHERE size > %(size)s", {"size": size})


class MeasuredManager(RawSQLMixin, models.Manager["Measured"]):  # type: ignore[misc]
    pass


class Base(models.Model):
    title = models.CharField(max_length=50)

    rows = MeasuredRows()

    class Meta:
        abstract = True


class Measured(Base):
    size = models.IntegerField(default=0)
    price = models.DecimalField(max_digits=8, decimal_places=2, default=0)
    is_new = models.BooleanField(default=False)
    code = models.UUIDField(null=True)
    details = models.JSONField(null=True)
    seen_at = models.DateTimeField(null=True)
    duration = models.DurationField(null=True)
    day = models.DateField(null=True)
    odd = models.IntegerField(default=0, db_column="odd column")

    objects = MeasuredManager()

    class Meta:
        db_table = "t"


class Special(Measured):
    extra = models.CharField(max_length=50)


class MeasuredProxy(Measured):
    class Meta:
        proxy = True


class Owner(models.Model):
    name = models.CharField(max_length=50)
    measured = models.ForeignKey(Measured, models.CASCADE, related_name="owners")

    rows = RawSQLManager(types={"total": models.DecimalField(max_digits=9, decimal_places=2)})
