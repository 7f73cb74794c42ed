"""The operations, each on all three keys, and how their times are compared."""

import time
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import django
from django.db import transaction

from benchmarks.composite.models import Native, Ours, OursChild, Plain, PlainChild
from benchmarks.figures import Spread, spread

Way = Callable[[], object]
GETS: Final = 200


class Effort(NamedTuple):
    """How much is done: rows of a table, turns of an operation, rows of a bulk_update()."""

    rows: int
    turns: int
    updated: dict[str, int]  # by alias


# Django's own bulk_update() grows with the square of the rows: 10,000 of them take a minute.
FULL: Final = Effort(10_000, 15, {"default": 10_000, "postgres": 2_000, "mariadb": 2_000})
QUICK: Final = Effort(5_000, 5, {"default": 2_000, "postgres": 2_000, "mariadb": 2_000})


class Compared(NamedTuple):
    """An operation: median ms of each way, and the ratio of ours to what it is held against."""

    what: str
    times: dict[str, float]  # by "plain", "native", "ours"
    ratio: Spread
    against: str
    limit: float


def in_turns(ways: dict[str, Way], turns: int) -> dict[str, list[float]]:
    """Return the ms of each way, turn by turn: a slow moment hits all of them.

    A way that returns a float has clocked itself.
    """
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(turns):
        ordered = list(ways.items())
        for name, way in ordered if number % 2 else reversed(ordered):
            begin = time.perf_counter()
            clocked = way()
            taken = (time.perf_counter() - begin) * 1_000
            times[name].append(clocked if isinstance(clocked, float) else taken)
    return times


def compared(
    what: str, ways: dict[str, Way], turns: int, *, against: str, limit: float
) -> Compared:
    """Return the times of the ways, and the ratios of ours, turn by turn."""
    times = in_turns(ways, turns)
    ratios = [ours / other for ours, other in zip(times["ours"], times[against], strict=True)]
    middles = {name: spread(taken).middle for name, taken in times.items()}
    return Compared(what, middles, spread(ratios), against, limit)


def operations(alias: str, effort: Effort) -> Iterator[Compared]:
    """Yield each operation on a database."""
    can_native = alias != "default" or django.VERSION >= (6, 0)
    models: dict[str, Any] = {"plain": Plain, "native": Native, "ours": Ours}
    yield compared(
        f"get, {GETS} rows", {name: _get(model, alias) for name, model in models.items()},
        effort.turns, against="plain", limit=1.6,
    )  # fmt: skip
    # SQLite's limit of parameters stops Django's own before 6.0.
    listed = {name: model for name, model in models.items() if can_native or name != "native"}
    yield compared(
        "pk__in of 1,000", {name: _in(model, alias) for name, model in listed.items()},
        effort.turns, against="plain", limit=1.6,
    )  # fmt: skip
    yield compared(
        "200 new: save() to create()",
        {"plain": _new(alias, "create"), "ours": _new(alias, "save")},
        effort.turns, against="plain", limit=1.1,
    )  # fmt: skip
    # More than 1,000 rows fail there with a plain foreign key: the comparison needs both.
    rows = effort.rows // 2 if can_native else 900
    yield compared(
        f"prefetch of {rows:,}",
        {"plain": _prefetch(PlainChild, alias, rows), "ours": _prefetch(OursChild, alias, rows)},
        effort.turns, against="plain", limit=1.2,
    )  # fmt: skip
    yield from _updates(alias, effort)


def _updates(alias: str, effort: Effort) -> Iterator[Compared]:
    count = effort.updated[alias]
    # What Django's own takes grows with the square, so fewer rows have a higher limit.
    most = (0.03 if alias == "default" else 0.01) * FULL.updated[alias] / count
    yield compared(
        f"bulk_update, {count:,} x 2 columns",
        {"native": _update(Native, alias, count), "ours": _update(Ours, alias, count)},
        1, against="native", limit=most,
    )  # fmt: skip
    if alias != "default":
        yield compared(
            f"bulk_update, {count:,}, native by 500",
            {"native": _update(Native, alias, count, 500), "ours": _update(Ours, alias, count)},
            3, against="native", limit=0.07 * FULL.updated[alias] / count,
        )  # fmt: skip


def _key(model: Any, number: int) -> Any:
    return number if model is Plain else (number, f"c{number}")


def _get(model: Any, alias: str) -> Way:
    objects = model.objects.using(alias)
    return lambda: [objects.get(pk=_key(model, number)) for number in range(1, GETS + 1)]


def _in(model: Any, alias: str) -> Way:
    keys = [_key(model, number) for number in range(1, 1_001)]
    return lambda: list(model.objects.using(alias).filter(pk__in=keys))


def _update(model: Any, alias: str, count: int, batch: int | None = None) -> Way:
    def write() -> float:
        rows = list(model.objects.using(alias).order_by("pk")[:count])
        for row in rows:
            row.name, row.size = f"new {row.size}", row.size + 1
        begin = time.perf_counter()
        model.objects.using(alias).bulk_update(rows, ["name", "size"], batch_size=batch)
        return (time.perf_counter() - begin) * 1_000

    return write


def _new(alias: str, how: str) -> Way:
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


def _prefetch(child: Any, alias: str, rows: int) -> Way:
    return lambda: list(child.objects.using(alias).prefetch_related("parent")[:rows])
