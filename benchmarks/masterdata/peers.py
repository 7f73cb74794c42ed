"""Each read in every way: by the ORM, from memory, from dicts and from Django's own cache."""

from collections.abc import Callable
from typing import Any, Final

from django.core.cache import cache

from benchmarks.masterdata.models import (
    ROWS,
    Item,
    Plain,
    PlainReference,
    PlainSmall,
    Reference,
    Shared,
    Small,
)

READS: Final = ("get pk", "get code", "FK of 100", "all 1,000", "50 of 10,000")
DICT, COPIES, LOCMEM = "dict", "dict with copies", "LocMemCache"
OURS, SHARED = "queryaudit", "queryaudit, read_only"
ORM: Final = {"default": "ORM, SQLite", "postgres": "ORM, PostgreSQL"}

Way = dict[str, Callable[[], object]]


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
