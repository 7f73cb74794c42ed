"""What models without such keys pay: Django patched, and as it was, in turns."""

from collections.abc import Iterator
from typing import Any

from django.db import transaction

import queryaudit.composite.admin  # noqa: F401  # with all that forms patch, too
from benchmarks.composite.models import Plain
from benchmarks.composite.operations import Compared, Way, in_turns
from benchmarks.figures import spread
from queryaudit.hooks import patches


def bystanders(alias: str, turns: int) -> Iterator[Compared]:
    """Yield what a plain model's operations cost beside what they cost without our patches."""
    subscribed = [(patch, wrap) for patch in patches._patches for wrap in patch._decorators]  # noqa: SLF001
    with transaction.atomic(using=alias):
        for name, way in _ways(alias).items():
            times: dict[str, list[float]] = {"plain": [], "ours": []}
            for _ in range(turns):
                for patch, wrap in subscribed:
                    patch.unsubscribe(wrap)
                times["plain"] += in_turns({name: way}, 1)[name]
                for patch, wrap in subscribed:
                    patch.subscribe(wrap)
                times["ours"] += in_turns({name: way}, 1)[name]
            ratios = [a / b for a, b in zip(times["ours"], times["plain"], strict=True)]
            middles = {key: spread(taken).middle for key, taken in times.items()}
            yield Compared(f"plain model: {name}", middles, spread(ratios), "plain", 1.05)
        transaction.set_rollback(True, using=alias)


def _ways(alias: str) -> dict[str, Way]:
    from django.contrib.auth.models import Group  # noqa: PLC0415  # Django is set up by now

    model: Any = Plain
    objects = model.objects.using(alias)
    rows = list(objects.order_by("pk")[:200])
    return {
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
