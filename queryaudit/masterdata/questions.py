"""What the database said to a question about rows that are held, once for each reading of them."""

from collections.abc import Iterable
from typing import Any, Final

from django.conf import settings
from django.db.models import Model, Q
from django.utils import timezone

from queryaudit import conf
from queryaudit.errors import UnansweredError
from queryaudit.masterdata.generations import generations
from queryaudit.masterdata.held import Held
from queryaudit.masterdata.lookups import refuse
from queryaudit.masterdata.rows import Entry, Rows

MAX_ANSWERS: Final = 1_000  # remembered by table; then the oldest goes

Step = tuple[str, tuple[Any, ...], dict[str, Any]]  # a method of querysets and its arguments


def signature(model: Any, steps: Iterable[Step]) -> tuple[Any, ...]:
    """Return what tells a question from others; refuse what is new each time it is asked.

    The time zone is part of it: a look-up by day or hour of a time is one of that zone.
    """
    steps = tuple(steps)
    if any(method == "order_by" and "?" in args for method, args, _ in steps):
        refuse(model, "order_by('?'), which is another order each time")
    zone = timezone.get_current_timezone_name() if settings.USE_TZ else None
    return zone, *(
        (
            method,
            tuple(_signed(model, arg) for arg in args),
            tuple((name, _signed(model, value)) for name, value in kwargs.items()),
        )
        for method, args, kwargs in steps
    )


def _signed(model: Any, value: Any) -> Any:
    kind = type(value)
    if isinstance(value, Q):
        children = tuple(
            (child[0], _signed(model, child[1]))
            if isinstance(child, tuple)
            else _signed(model, child)
            for child in value.children
        )
        return kind, value.connector, value.negated, children
    if isinstance(value, Model):
        if value.pk is None:
            refuse(model, f"{value!r}, which is not saved,")
        return kind, value._meta.concrete_model, _signed(model, value.pk)
    if hasattr(value, "resolve_expression"):
        refuse(model, f"the expression {value!r}, whose answer may change by itself")
    if isinstance(value, (list, tuple)):
        return kind, tuple(_signed(model, one) for one in value)
    if isinstance(value, (set, frozenset)):
        return kind, frozenset(_signed(model, one) for one in value)
    try:
        hash(value)
    except TypeError:
        refuse(model, f"the value {value!r}, which has no hash,")
    if hasattr(value, "query"):
        refuse(model, "a queryset as a value; list() of its keys is answered")
    return kind, value


def answer(held: Held, rows: Rows, queryset: Any, key: Any) -> list[Entry] | None:
    """Return the entries that ``queryset`` asks for, in its order.

    They are asked by their keys and remembered with the rows. None where the database knows
    other rows than are held, or this transaction an older state: then it is asked for all.
    """
    known = rows.answers.get(key)
    if known is not None:
        return known
    _refuse_others(held, queryset)
    index = rows.by("pk")
    if index is None:  # rows without their key cannot be told apart
        return None
    is_first = rows.asking.acquire(timeout=held.patience())
    try:
        if (known := rows.answers.get(key)) is not None:
            return known
        start = held.start()
        names = [field.attname for field in rows.model._meta.pk_fields]
        keys = list(queryset.values_list(*names, flat=len(names) == 1))
    finally:
        if is_first:
            rows.asking.release()
    if held.rows is not rows or not all(one in index for one in keys):
        return None
    found = [index[one] for one in keys]
    is_kept = generations.keep_unless_changed(held, start, lambda: _keep(rows, key, found))
    return found if is_kept else None


def check(held: Held, queryset: Any, model: Any, steps: Iterable[Step]) -> None:
    """Raise UnansweredError for a question that memory would not answer."""
    signature(model, steps)
    _refuse_others(held, queryset)


def _keep(rows: Rows, key: Any, found: list[Entry]) -> None:
    """Remember an answer; where there are too many, or too large ones, the oldest go."""
    most = conf.get().masterdata.max_bytes // 4
    rows.answers[key] = found
    rows.answers_size += _size_of(found)
    while len(rows.answers) > MAX_ANSWERS or (rows.answers_size > most and rows.answers):
        oldest = rows.answers.pop(next(iter(rows.answers)))
        rows.answers_size -= _size_of(oldest)


def _size_of(found: list[Entry]) -> int:
    return 300 + 8 * len(found)  # bytes, about


def _refuse_others(held: Held, queryset: Any) -> None:
    further = held.source.tables_in(queryset, held.alias) - held.tables
    if further:
        model = held.source.model
        msg = (
            f"the question reads {', '.join(sorted(further))} too, whose changes are not watched "
            "for it: name the models by MasterDataManager(depends_on=[...]), or ask "
            f"{model._meta.object_name}.{model._default_manager.name}"
        )
        raise UnansweredError(model._meta.label, msg)
