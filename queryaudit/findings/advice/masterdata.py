"""A small, rarely written table that request after request reads: local memory has it as well."""

from collections import Counter
from typing import Final

from django.conf import settings

from queryaudit.findings.base import KINDS, Context, Finding, Found, make_id
from queryaudit.findings.edits import Edit
from queryaudit.findings.facts import Facts
from queryaudit.findings.locations import locate_declaration, locate_use
from queryaudit.findings.models import model_of
from queryaudit.findings.tables import TableUse

# Rows of one visitor each, or what Django keeps by itself.
_LEFT_OUT: Final = {"sessions", "contenttypes", "admin", "auth", "sites"}
_TIMES: Final = 3  # that a sampled row was seen, on the average


def find_master_data(facts: Facts, context: Context) -> list[Found]:
    """Return one finding for each model whose table belongs in memory."""
    found: list[Found] = []
    if context.tables is None:
        return found
    for label, use in facts.tables.items():
        total = use.plus(context.tables.get(label))
        if use.places and _is_master_data(label, total, context):
            found.append(_finding(label, use, total))
    return found


def _is_master_data(label: str, total: TableUse, context: Context) -> bool:
    advice = context.advice
    if (
        total.requests < advice.min_requests
        or total.reads < advice.min_reads_per_write * max(1, total.writes)
        or total.different > advice.max_rows
        or total.rows > advice.max_rows
        or total.largest > advice.max_rows
    ):
        return False
    if not total.different:
        return False  # nobody saw how many there are
    # One row asked by its key may be anything: this visitor's basket.
    is_list = total.is_list and total.rows > 1
    if not is_list and (len(total.keys) < 2 or total.samples < _TIMES * len(total.keys)):
        return False
    return _may_be_held(label) and (is_list or not _is_of_visitors(label))


def _is_of_visitors(label: str) -> bool:
    """Return whether rows belong to users, so that a few visitors of many were seen."""
    model = model_of(label)
    fields = () if model is None else model._meta.concrete_fields  # noqa: SLF001
    targets = [field.related_model._meta.label for field in fields if field.remote_field]  # noqa: SLF001
    return settings.AUTH_USER_MODEL in targets


def _may_be_held(label: str) -> bool:
    model = model_of(label)
    if model is None or label == settings.AUTH_USER_MODEL:
        return False
    if label.partition(".")[0] in _LEFT_OUT or model._meta.auto_created:  # noqa: SLF001
        return False
    members = (value for base in model.__mro__ for value in vars(base).values())
    return not any(getattr(value, "is_master_data", False) is True for value in members)


def _finding(label: str, use: TableUse, total: TableUse) -> Found:
    model = model_of(label)
    busiest = sorted(use.places, key=lambda place: -use.places[place])
    written = "never" if not total.writes else f"{total.writes:,} times"
    evidence = (
        f"{total.different:,} rows seen, read {total.reads:,} times in {total.requests:,} "
        f"requests, written {written}"
    )
    at = locate_declaration(model)
    finding = Finding(
        kind="advice",
        id=make_id(KINDS["advice"].prefix, "master data", label),
        relation=label,
        uses=tuple(dict.fromkeys(map(locate_use, busiest))),
        queryset_at=None,
        origin="",
        count=sum(use.places.values()),
        duration=use.seconds,
        edit=Edit(
            id=make_id("FX", "master data", label),
            before=f"cached = MasterDataManager()  # {evidence}",
            at=at if at.own else None,
            saves=0,
        ),
    )
    return Found(finding, Counter([()]))
