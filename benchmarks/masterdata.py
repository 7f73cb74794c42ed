"""What reading master data costs, beside dicts, LocMemCache, cachalot and cacheops.

``make bench-masterdata``, or ``python -m benchmarks.masterdata [--quick] [--json FILE]``. Each
read is timed in every way in turn, there and back; a figure is the median over the rounds of
its ratio to a dict in the same round. cachalot and cacheops patch Django, so each of them has a
process of its own, with a dict of its own to be compared with. It is a measurement and no test:
the exit code is 0 whatever the figures are.
"""

import argparse
import gc
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median
from time import perf_counter_ns
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache
from django.db import OperationalError, connections, models

from benchmarks.goals import Goal

RIVAL: Final = os.environ.get("BENCHMARK_RIVAL", "")
POSTGRES: Final = urlsplit(
    os.environ.get("QUERYAUDIT_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
)
REDIS: Final = os.environ.get("QUERYAUDIT_REDIS", "redis://127.0.0.1:6379/0")
ROWS: Final = 10_000
MOMENT: Final = datetime(2026, 3, 1, tzinfo=UTC)
READS: Final = ("get pk", "get code", "FK of 100", "all 1,000", "50 of 10,000")
DICT, COPIES, LOCMEM = "dict", "dict with copies", "LocMemCache"
OURS, SHARED = "queryaudit", "queryaudit, read_only"
ORM: Final = {"default": "ORM, SQLite", "postgres": "ORM, PostgreSQL"}

if not settings.configured:
    _folder = tempfile.mkdtemp(prefix="queryaudit-benchmark-")
    settings.configure(
        INSTALLED_APPS=["benchmarks", *([RIVAL] if RIVAL else [])],
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        CACHES={
            "default": {
                "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
                "OPTIONS": {"MAX_ENTRIES": 100_000},
            }
        },
        CACHEOPS_REDIS=REDIS,
        CACHEOPS={"benchmarks.*": {"ops": "all", "timeout": 3_600}},
        CACHEOPS_PREFIX=lambda _: f"queryaudit-benchmark-{os.getpid()}:",
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": str(Path(_folder) / "rows.sqlite3"),
                "OPTIONS": {"init_command": "PRAGMA journal_mode = WAL"},
            },
            "postgres": {
                "ENGINE": "django.db.backends.postgresql",
                "HOST": POSTGRES.hostname,
                "PORT": POSTGRES.port or 5432,
                "USER": POSTGRES.username,
                "PASSWORD": POSTGRES.password or "",
                "NAME": POSTGRES.path.lstrip("/"),
                "TEST": {"NAME": f"queryaudit_benchmark_{os.getpid()}"},
            },
        },
    )
    import django

    django.setup()

from queryaudit.masterdata import MasterDataManager  # noqa: E402  # models need settings


class Columns(models.Model):
    """Nine columns, one of them unique text."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=50)
    region = models.IntegerField(db_index=True)
    size = models.IntegerField()
    price = models.DecimalField(max_digits=10, decimal_places=2)
    is_active = models.BooleanField(default=True)
    note = models.CharField(max_length=50)
    changed_at = models.DateTimeField()

    objects: Any = models.Manager()

    class Meta:
        abstract = True
        app_label = "benchmarks"


class Item(Columns):
    """Copied for each reader."""

    cached = MasterDataManager()


class Small(Columns):
    """A thousand rows."""

    cached = MasterDataManager()


class Shared(Columns):
    """A thousand rows that all readers share."""

    cached = MasterDataManager(read_only=True)


class Plain(Columns):
    """The same without a manager of ours: what a rival or a site has."""


class PlainSmall(Columns):
    """The same, a thousand rows."""


class Reference(models.Model):
    """Refers to an item that is held."""

    item = models.ForeignKey(Item, models.CASCADE, db_constraint=False)

    class Meta:
        app_label = "benchmarks"


class PlainReference(models.Model):
    """Refers to one that is not."""

    item = models.ForeignKey(Plain, models.CASCADE, db_constraint=False)

    class Meta:
        app_label = "benchmarks"


_MODELS: Final[list[Any]] = [Item, Small, Shared, Plain, PlainSmall]
Way = dict[str, Callable[[], object]]


def _rows(model: Any, count: int) -> Iterator[Any]:
    for n in range(1, count + 1):
        yield model(
            id=n, code=f"code {n}", name=f"name of the row {n}", region=n % (count // 50), size=n,
            price=Decimal(n) / 4, note=f"a note on {n}", changed_at=MOMENT + timedelta(minutes=n),
        )  # fmt: skip


def _fill(alias: str) -> None:
    with connections[alias].schema_editor() as editor:
        for model in (*_MODELS, Reference, PlainReference):
            editor.create_model(model)
    for model in _MODELS:
        count = ROWS if model in {Item, Plain} else 1_000
        model.objects.using(alias).bulk_create(_rows(model, count), batch_size=2_000)
    with connections[alias].cursor() as cursor:
        cursor.execute("ANALYZE")


@contextmanager
def _databases() -> Iterator[list[str]]:
    """Fill the databases that answer; yield their aliases."""
    aliases = ["default"]
    original = connections["postgres"].settings_dict["NAME"]
    try:
        connections["postgres"].creation.create_test_db(verbosity=0, autoclobber=True)
        aliases.append("postgres")
    except OperationalError as error:
        print(f"PostgreSQL is left out: {error}", file=sys.stderr)
    try:
        for alias in aliases:
            _fill(alias)
        yield aliases
    finally:
        if "postgres" in aliases:
            connections["postgres"].creation.destroy_test_db(original, verbosity=0)
        connections.close_all()


def _references(model: Any, alias: str) -> list[Any]:
    references = [model(item_id=n * 97 % ROWS + 1) for n in range(100)]
    for one in references:
        one._state.db = alias  # noqa: SLF001  # as if read from there
    return references


def _follow(references: list[Any]) -> Callable[[], object]:
    def follow() -> None:
        for one in references:
            one._state.fields_cache.clear()  # noqa: SLF001  # each time the first
            one.item  # noqa: B018

    return follow


def asked(alias: str, model: Any = Plain, small: Any = PlainSmall) -> Way:
    """Return each read by the ORM."""
    rows, few = model.objects.using(alias), small.objects.using(alias)
    return dict(
        zip(
            READS,
            (
                lambda: rows.get(pk=500),
                lambda: rows.get(code="code 500"),
                _follow(_references(PlainReference, alias)),
                lambda: list(few.all()),
                lambda: list(rows.filter(region=7)),
            ),
            strict=True,
        )
    )


def held(alias: str) -> Way:
    """Return each read of master data."""
    items, small = Item.cached, Small.cached
    if alias != "default":
        items, small = items.using(alias), small.using(alias)
    return dict(
        zip(
            READS,
            (
                lambda: items.get(pk=500),
                lambda: items.get(code="code 500"),
                _follow(_references(Reference, alias)),
                lambda: list(small.all()),
                lambda: list(items.filter(region=7)),
            ),
            strict=True,
        )
    )


def dicts(*, copies: bool) -> Way:
    """Return each read of a dict, of shared rows or with a copy of each."""
    rows = list(Plain.objects.all())
    few = {row.pk: row for row in PlainSmall.objects.all()}
    by_pk, by_code = {row.pk: row for row in rows}, {row.code: row for row in rows}
    by_region: dict[int, list[Any]] = {}
    for row in rows:
        by_region.setdefault(row.region, []).append(row)
    copy: Any = _copy if copies else lambda row: row
    many: Any = (lambda found: list(map(_copy, found))) if copies else list
    references = _references(PlainReference, "default")

    def follow() -> None:
        for one in references:
            one._state.fields_cache.clear()  # noqa: SLF001
            copy(by_pk[one.item_id])

    return dict(
        zip(
            READS,
            (
                (lambda: _copy(by_pk[500])) if copies else (lambda: by_pk[500]),
                (lambda: _copy(by_code["code 500"])) if copies else (lambda: by_code["code 500"]),
                follow,
                lambda: many(few.values()),
                lambda: many(by_region[7]),
            ),
            strict=True,
        )
    )


def _copy(row: Any) -> Any:
    new: Any = object.__new__(type(row))
    values = row.__dict__.copy()
    state = values["_state"] = type(row._state)()  # noqa: SLF001
    state.db, state.adding = "default", False
    new.__dict__ = values
    return new


def locmem() -> Way:
    """Return each read of Django's own cache in memory, which pickles."""
    rows, few = list(Plain.objects.all()), list(PlainSmall.objects.all())
    for row in rows:
        cache.set_many({f"pk{row.pk}": row, f"code{row.code.replace(' ', '')}": row}, None)
    cache.set("all", few, None)
    cache.set("region7", [row for row in rows if row.region == 7], None)
    references = _references(PlainReference, "default")

    def follow() -> None:
        for one in references:
            one._state.fields_cache.clear()  # noqa: SLF001
            cache.get(f"pk{one.item_id}")

    reads = (
        lambda: cache.get("pk500"), lambda: cache.get("codecode500"), follow,
        lambda: cache.get("all"), lambda: cache.get("region7"),
    )  # fmt: skip
    return dict(zip(READS, reads, strict=True))


def shared() -> Way:
    """Return what ``read_only`` is for: one row, and all."""
    rows = Shared.cached
    return {"get pk": lambda: rows.get(pk=500), "all 1,000": lambda: list(rows.all())}


def measure(ways: dict[str, Way], rounds: int) -> dict[str, dict[str, Any]]:
    """Return by way and read the microseconds, and the ratios to a dict by round."""
    gc.collect()
    gc.freeze()
    found: dict[str, dict[str, Any]] = {way: {} for way in ways}
    for read in READS:
        turns = [(way, reads[read]) for way, reads in ways.items() if read in reads]
        for _, function in turns:
            function()
        calls = {way: _calls(function) for way, function in turns}
        for _ in range(rounds):
            times: dict[str, float] = {}
            for way, function in (*turns, *reversed(turns)):
                times[way] = times.get(way, 0.0) + _time(function, calls[way]) / 2
            for way, taken in times.items():
                cell = found[way].setdefault(read, {"us": [], "ratio": []})
                cell["us"].append(taken)
                cell["ratio"].append(taken / times[DICT])
    return found


def _calls(function: Callable[[], object]) -> int:
    """Return how many calls take 20 ms."""
    begin = perf_counter_ns()
    function()
    return max(3, min(20_000, int(20_000_000 / max(perf_counter_ns() - begin, 1))))


def _time(function: Callable[[], object], calls: int) -> float:
    begin = perf_counter_ns()
    for _ in range(calls):
        function()
    return (perf_counter_ns() - begin) / calls / 1_000


def _memory() -> tuple[float, float]:
    """Return the bytes a row that a process grows by: ours, and instances with an index."""
    figures = []
    for what in ("held", "instances"):
        environment = {**os.environ, "BENCHMARK_MEMORY": what}
        done = subprocess.run(  # this file
            [sys.executable, "-m", "benchmarks.masterdata"],
            env=environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        figures.append(float(done.stdout))
    return figures[0], figures[1]


def _grow(what: str) -> None:
    count = 100_000
    with connections["default"].schema_editor() as editor:
        editor.create_model(Item)
    Item.objects.bulk_create(_rows(Item, count), batch_size=2_000)
    list(Item.objects.all()[:100])
    settings.QUERYAUDIT = {"MASTERDATA": {"MAX_ROWS": count}}
    gc.collect()
    before = _resident()
    if what == "held":
        Item.cached.warm()
        Item.cached.get(code="code 7")
        Item.cached.get(pk=7)
        kept: Any = None
    else:
        rows = list(Item.objects.all())
        kept = rows, {row.code: row for row in rows}
    gc.collect()
    print((_resident() - before) * 1_024 / count)
    del kept


def _resident() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(r"VmRSS:\s+(\d+)", status)
    return int(found[1]) if found else 0


def _rival(name: str, rounds: int) -> dict[str, Any]:
    environment = {**os.environ, "BENCHMARK_RIVAL": name, "BENCHMARK_ROUNDS": str(rounds)}
    done = subprocess.run(  # this file
        [sys.executable, "-m", "benchmarks.masterdata"],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        print(f"{name} is left out: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return {}
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def main(arguments: list[str] | None = None) -> None:
    """Measure, print the table, write the raw figures where they are asked for."""
    if (what := os.environ.get("BENCHMARK_MEMORY")) is not None:
        _grow(what)
        return
    if RIVAL:
        _fill("default")
        ways = {DICT: dicts(copies=False), RIVAL: asked("default")}
        print(json.dumps(measure(ways, int(os.environ["BENCHMARK_ROUNDS"]))[RIVAL]))
        return
    parser = argparse.ArgumentParser(prog="masterdata", description="Measure master data.")
    parser.add_argument("--quick", action="store_true", help="to see that it runs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the raw figures there")
    options = parser.parse_args(arguments)
    rounds = 1 if options.quick else 7
    with _databases() as aliases:
        ways = {
            DICT: dicts(copies=False), COPIES: dicts(copies=True), SHARED: shared(),
            **{f"{OURS}, {ORM[alias][5:]}": held(alias) for alias in aliases},
            LOCMEM: locmem(),
            **{ORM[alias]: asked(alias) for alias in aliases},
        }  # fmt: skip
        found = measure(ways, rounds)
    found |= {name: cells for name in ("cachalot", "cacheops") if (cells := _rival(name, rounds))}
    memory = _memory()
    _print(found, memory)
    if options.json is not None:
        options.json.write_text(json.dumps({"ways": found, "bytes": memory}, indent=1) + "\n")


def _print(found: dict[str, dict[str, Any]], memory: tuple[float, float]) -> None:
    from benchmarks.table import table  # noqa: PLC0415

    print("Times a dict of shared instances; medians of the rounds. In brackets: microseconds.")
    cells = ([way, *(_cell(reads, read) for read in READS)] for way, reads in found.items())
    print(table(("way", *READS), cells))
    print(
        f"\nBytes a row of 100,000: held {memory[0]:.0f}, instances with an index {memory[1]:.0f}"
    )
    goals = ([g.what, f"{g.limit:g}", f"{g.figure:.2f}", g.verdict] for g in _goals(found, memory))
    print("\n" + table(("goal", "at most", "measured", "reached"), goals))


def _cell(reads: dict[str, Any], read: str) -> str:
    if read not in reads:
        return ""
    return f"{median(reads[read]['ratio']):.1f} ({median(reads[read]['us']):.2f})"


def _goals(found: dict[str, dict[str, Any]], memory: tuple[float, float]) -> Iterator[Goal]:
    """Yield the goals: times a dict, and the part of the ORM's time in percent."""

    def of(way: str, read: str) -> float:
        return float(median(found[way][read]["ratio"]))

    for alias, least in (("default", 100), ("postgres", 170)):
        ours, orm = f"{OURS}, {ORM[alias][5:]}", ORM[alias]
        if ours not in found:
            continue
        for read in ("get pk", "get code"):
            yield Goal(f"{ours}: {read}, times a dict", 30, of(ours, read))
            share = 100 * of(ours, read) / of(orm, read)
            yield Goal(f"{ours}: {read}, % of the ORM", 100 / least, share)
        for read, times in (("FK of 100", 60), ("all 1,000", 10), ("50 of 10,000", 10)):
            yield Goal(
                f"{ours}: {read}, % of the ORM", 100 / times, 100 * of(ours, read) / of(orm, read)
            )
        yield Goal(
            f"{ours}: all 1,000, times a dict with copies",
            1.5,
            of(ours, "all 1,000") / of(COPIES, "all 1,000"),
        )
    yield Goal(f"{SHARED}: all 1,000, times a dict", 2, of(SHARED, "all 1,000"))
    yield Goal("bytes a row, times instances with an index", 1.2, memory[0] / memory[1])


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        main()
