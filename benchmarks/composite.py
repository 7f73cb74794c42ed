"""What keys of several columns cost beside a plain key and beside Django's own.

``python -m benchmarks.composite [ALIAS ...]``: each operation on three tables of the same
rows, in turn, in one process; medians in ms, and the ratios that the package promises.
"""

import os
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from django.conf import settings
from django.db import connections, models, transaction

_ROWS = 10_000
_TURNS = 5


def _database(engine: str, variable: str, default: str) -> dict[str, Any]:
    from urllib.parse import urlsplit  # noqa: PLC0415

    url = urlsplit(os.environ.get(variable, default))
    return {
        "ENGINE": f"django.db.backends.{engine}",
        "HOST": url.hostname,
        "PORT": url.port,
        "USER": url.username,
        "PASSWORD": url.password or "",
        "NAME": url.path.lstrip("/"),
        "TEST": {"NAME": f"queryaudit_benchmark_{os.getpid()}"},
    }


if not settings.configured:
    settings.configure(
        USE_TZ=True,
        INSTALLED_APPS=[
            "django.contrib.admin",
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.messages",
            "django.contrib.sessions",
        ],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        DATABASES={
            "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"},
            "postgres": _database(
                "postgresql",
                "QUERYAUDIT_POSTGRES",
                "postgresql://postgres@127.0.0.1:5432/postgres",
            ),
            "mariadb": _database("mysql", "QUERYAUDIT_MARIADB", "mysql://root@127.0.0.1:3306/test"),
        },
    )
    import django

    django.setup()

from queryaudit.composite import CompositeForeignKey, CompositeKey, CompositeKeyModel  # noqa: E402


class Plain(models.Model):
    """A surrogate key."""

    company = models.IntegerField()
    code = models.CharField(max_length=10)
    name = models.CharField(max_length=50, default="")
    size = models.IntegerField(default=0)

    class Meta:
        app_label = "benchmarks"


class PlainChild(models.Model):
    """A plain foreign key."""

    parent = models.ForeignKey(Plain, models.CASCADE)

    class Meta:
        app_label = "benchmarks"


class Native(models.Model):
    """Django's own key of two columns."""

    pk = models.CompositePrimaryKey("company", "code")
    company = models.IntegerField()
    code = models.CharField(max_length=10)
    name = models.CharField(max_length=50, default="")
    size = models.IntegerField(default=0)

    class Meta:
        app_label = "benchmarks"


class Ours(CompositeKeyModel):
    """The same as ours."""

    pk = CompositeKey("company", "code")
    company = models.IntegerField()
    code = models.CharField(max_length=10)
    name = models.CharField(max_length=50, default="")
    size = models.IntegerField(default=0)

    class Meta:
        app_label = "benchmarks"


class OursChild(models.Model):
    """A reference of two columns."""

    company = models.IntegerField()
    code = models.CharField(max_length=10)
    parent = CompositeForeignKey(Ours, models.CASCADE, ["company", "code"])

    class Meta:
        app_label = "benchmarks"


_PARENTS: list[Any] = [Plain, Native, Ours]
_CHILDREN: list[Any] = [PlainChild, OursChild]
_MODELS: list[Any] = [*_PARENTS, *_CHILDREN]


def measure(*ways: Callable[[], object], turns: int = _TURNS) -> list[float]:
    """Return the median ms of each way; they run in turn, so that a slow moment hits all."""
    times: list[list[float]] = [[] for _ in ways]
    for _ in range(turns):
        for taken, way in zip(times, ways, strict=True):
            start = time.perf_counter()
            way()
            taken.append((time.perf_counter() - start) * 1_000)
    return [median(taken) for taken in times]


def _key(model: Any, number: int) -> Any:
    return number if model is Plain else (number, f"c{number}")


def _fill(alias: str) -> None:
    connection = connections[alias]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    with connection.schema_editor() as editor:
        for model in _MODELS:
            editor.create_model(model)
    numbers = range(1, _ROWS + 1)
    for model in _PARENTS:
        ids = {"id": 0} if model is Plain else {}
        rows = [model(company=n, code=f"c{n}", **dict.fromkeys(ids, n)) for n in numbers]
        model.objects.using(alias).bulk_create(rows)
    plain, ours = _CHILDREN
    plain.objects.using(alias).bulk_create([plain(parent_id=n) for n in numbers])
    ours.objects.using(alias).bulk_create([ours(company=n, code=f"c{n}") for n in numbers])


def _get(model: Any, alias: str) -> Callable[[], object]:
    objects = model.objects.using(alias)
    return lambda: [objects.get(pk=_key(model, number)) for number in range(1, 201)]


def _in(model: Any, alias: str) -> Callable[[], object]:
    keys = [_key(model, number) for number in range(1, 1_001)]
    return lambda: list(model.objects.using(alias).filter(pk__in=keys))


def _bulk(model: Any, alias: str, count: int, batch: int | None = None) -> Callable[[], float]:
    def write() -> float:
        rows = list(model.objects.using(alias).order_by("pk")[:count])
        for row in rows:
            row.name, row.size = f"new {row.size}", row.size + 1
        start = time.perf_counter()
        model.objects.using(alias).bulk_update(rows, ["name", "size"], batch_size=batch)
        return (time.perf_counter() - start) * 1_000

    return write


def _bulk_ms(write: Callable[[], float], turns: int) -> float:
    return median([write() for _ in range(turns)])


def _new(alias: str, how: str) -> Callable[[], object]:
    def write() -> None:
        with transaction.atomic(using=alias):
            for number in range(200):
                row = {"company": -1, "code": f"n{number}"}
                if how == "save":
                    Ours(**row).save(using=alias)
                else:
                    Ours.objects.using(alias).create(**row)
            transaction.set_rollback(True, using=alias)

    return write


def _prefetch(child: Any, alias: str, rows: int) -> Callable[[], object]:
    return lambda: list(child.objects.using(alias).prefetch_related("parent")[:rows])


def report(alias: str) -> None:
    """Print the figures of one database."""
    _fill(alias)
    can_native = not (alias == "default" and django_version() < (6, 0))
    print(f"{alias}: Django {'.'.join(map(str, django_version()))}, {_ROWS:,} rows, median ms")
    plain, native, ours = measure(*[_get(model, alias) for model in _PARENTS], turns=15)
    _line("get, 200 rows", plain, native, ours, f"ours / plain {ours / plain:.2f} (<= 1.6)")
    models_ = _PARENTS if can_native else [Plain, Ours]
    found = measure(*[_in(model, alias) for model in models_], turns=15)
    native_in = found[1] if can_native else None
    ratio = f"ours / plain {found[-1] / found[0]:.2f} (<= 1.6)"
    _line("pk__in of 1,000", found[0], native_in, found[-1], ratio)
    saved, created = measure(_new(alias, "save"), _new(alias, "create"), turns=9)
    _line("200 new: create, save", created, None, saved, f"{saved / created:.2f} (<= 1.1)")
    # More than 1,000 rows fail there with a plain foreign key: the comparison needs both.
    rows = 5_000 if can_native else 900
    plain, ours = measure(
        _prefetch(PlainChild, alias, rows), _prefetch(OursChild, alias, rows), turns=9
    )
    _line(f"prefetch of {rows:,}", plain, None, ours, f"ours / plain {ours / plain:.2f} (<= 1.2)")
    count = 10_000 if alias == "default" else 2_000
    native = _bulk_ms(_bulk(Native, alias, count), 1)
    ours = _bulk_ms(_bulk(Ours, alias, count), 3)
    most = 0.03 if alias == "default" else 0.01
    _line(f"bulk_update {count:,} x 2", None, native, ours, f"{ours / native:.4f} (<= {most})")
    if alias != "default":
        native = _bulk_ms(_bulk(Native, alias, count, 500), 1)
        _line("... batches of 500", None, native, ours, f"{ours / native:.4f} (<= 0.07)")
    report_bystanders(alias)


def report_bystanders(alias: str) -> None:
    """Print what models without such keys pay: Django patched, and as it was, in turns."""
    from django.contrib.auth.models import Group  # noqa: PLC0415

    import queryaudit.composite.admin  # noqa: F401, PLC0415  # with all that forms patch, too
    from queryaudit.hooks import patches  # noqa: PLC0415

    subscribed = [(patch, wrap) for patch in patches._patches for wrap in patch._decorators]  # noqa: SLF001
    model: Any = Plain
    objects = model.objects.using(alias)
    rows = list(objects.order_by("pk")[:200])
    ways: dict[str, Callable[[], object]] = {
        "get": lambda: [objects.get(pk=number) for number in range(1, 201)],
        "filter, 200 rows": lambda: [list(objects.filter(size__gte=0)[:200]) for _ in range(20)],
        "update()": lambda: [objects.filter(pk=n).update(size=1) for n in range(1, 101)],
        "exclude() across": lambda: [
            str(Group.objects.exclude(user__username=n).query) for n in range(200)
        ],
        "save()": lambda: [row.save(using=alias) for row in rows],
        "full_clean()": lambda: [row.full_clean(exclude=["name"]) for row in rows],
        "bulk_update()": lambda: objects.bulk_update(rows, ["size"]),
    }
    with transaction.atomic(using=alias):
        for name, way in ways.items():
            patched, bare = [], []
            for _ in range(15):
                for patch, wrap in subscribed:
                    patch.unsubscribe(wrap)
                bare += measure(way, turns=1)
                for patch, wrap in subscribed:
                    patch.subscribe(wrap)
                patched += measure(way, turns=1)
            ratio = median(patched) / median(bare)
            _line(
                f"plain model: {name}",
                median(bare),
                None,
                median(patched),
                f"{ratio:.3f} (<= 1.05)",
            )
        transaction.set_rollback(True, using=alias)


def django_version() -> tuple[int, ...]:
    """Return Django's version as numbers."""
    from django import VERSION  # noqa: PLC0415

    return VERSION[:3]


def _line(name: str, *figures: Any) -> None:
    *times, ratio = figures
    cells = ["" if ms is None else f"{ms:.1f}" for ms in times]
    print(f"  {name:<32}" + "".join(f"{cell:>11}" for cell in cells) + f"   {ratio}")


def main() -> None:
    """Measure each database that is asked for, the default ones where none is."""
    for alias in sys.argv[1:] or ["default", "postgres"]:
        original = connections[alias].settings_dict["NAME"]
        try:
            report(alias)
        finally:
            connections[alias].creation.destroy_test_db(original, verbosity=0)


if __name__ == "__main__":
    main()
