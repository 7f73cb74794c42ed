"""Write what a plan says: few statements, in one transaction, noted in the journal."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

from django.core.management.color import no_style
from django.db import Error, connections, transaction
from django.db.models import AutoField, Field
from django.db.models.base import ModelState

from queryaudit.composite import bulk
from queryaudit.errors import MasterDataInUseError
from queryaudit.masterdata.loading import existing, keys
from queryaudit.masterdata.loading.ordering import CircleError, steps
from queryaudit.masterdata.loading.planning import Change, Plan
from queryaudit.masterdata.loading.problems import Problem, Problems
from queryaudit.masterdata.loading.references import Reference
from queryaudit.masterdata.loading.referrers import hanging
from queryaudit.masterdata.loading.rows import Row

BATCH: Final = 2_000  # rows in a statement, fewer where the database takes fewer parameters


class Silent:
    """A journal that nobody reads."""

    def inserted(self, rows: Sequence[Row]) -> None:
        """Note new rows, whose instances have their keys."""

    def updated(self, row: Row, changes: dict[Any, Change]) -> None:
        """Note what columns said before and say now."""

    def deleted(self, rows: Sequence[Row]) -> None:
        """Note rows that go, with all columns in ``existing``."""

    def flush(self) -> None:
        """Write what is noted."""


def write(plan: Plan, name: str, journal: Any = None, done: str = "Nothing was written.") -> None:
    """Bring the tables to what the files say, all of it or nothing.

    Raises MasterDataInUseError where rows hang on one that is to go, and MasterDataFileError
    where the database refuses a row.
    """
    journal = journal or Silent()
    first, last = _deletes(plan, name, done)
    connection = connections[plan.alias]
    try:
        with transaction.atomic(using=plan.alias):
            _delete(plan, first, journal)
            with connection.constraint_checks_disabled():
                late = _insert_all(plan, journal)
                _update_all(plan, late, journal)
            journal.flush()
            _delete(plan, last, journal)
            _check(plan)
            _reset_sequences(plan)
    except CircleError as error:
        problem = error.row.raw.problem(str(error), key=error.row.shown_key(plan.key_of(error.row)))
        Problems([problem]).refuse(name, done)
    except Error as error:
        path = str(plan.tables[0].rows[0].raw.file.path.parent)
        text = f"the database refuses what these files say: {error}"
        Problems([Problem(path, None, text)]).refuse(name, done)


def _deletes(plan: Plan, name: str, done: str) -> tuple[list[Row], list[Row]]:
    """Return the rows to delete: those that nothing refers to, and those that go last."""
    if not plan.deletes:
        return [], []
    deleted: dict[Any, list[Any]] = {}
    for row in plan.deletes:
        deleted.setdefault(row.model, []).append(row.existing)
    moved: dict[Any, set[Any]] = {}
    for row, changes in plan.updates:
        if any(field.is_relation for field in changes):
            moved.setdefault(row.model, set()).add(_key(row))
    refused = hanging(plan.alias, deleted, moved)
    if refused:
        texts = [text for several in refused.values() for text in several]
        raise MasterDataInUseError(name, texts, done)
    busy = set(hanging(plan.alias, deleted, {})) if moved else set()
    ordered = list(reversed(list(_by_reference(plan.deletes))))
    return (
        [row for row in ordered if (row.model, _key(row)) not in busy],
        [row for row in ordered if (row.model, _key(row)) in busy],
    )


def _by_reference(rows: list[Row]) -> Iterator[Row]:
    """Yield rows so that those of a model stand after those of the models it refers to."""
    models = list(dict.fromkeys(row.model for row in rows))
    done: list[Any] = []

    def visit(model: Any, path: tuple[Any, ...]) -> None:
        if model in done or model in path:
            return
        for one in model._meta.concrete_fields:
            if one.is_relation and one.related_model in models:
                visit(one.related_model, (*path, model))
        done.append(model)

    for model in models:
        visit(model, ())
    for model in done:
        yield from (row for row in rows if row.model is model)


def _key(row: Row) -> tuple[Any, ...]:
    found: Any = row.existing
    return tuple(found[f.attname] for f in keys.pk_of(row.model))


def _insert_all(plan: Plan, journal: Any) -> list[tuple[Row, Any]]:
    late: list[tuple[Row, Any]] = []
    for step in list(steps(plan.inserts)):  # all at first: a circle is told before a write
        make = maker(step[0].model)
        for row in step:
            row.instance = make(row.values)
            for field, reference in row.references.items():
                if field in row.late:
                    late.append((row, field))
                    continue
                for name, value in (reference.values() or {}).items():
                    setattr(row.instance, name, value)
        insert(step[0].model, plan.alias, step)
        journal.inserted(step)
    return late


def maker(model: Any) -> Callable[[dict[str, Any]], Any]:
    """Return a function that makes an instance from columns by attname, defaults for the others.

    Historical models have no code of their own, so that nothing of ``__init__`` is missed that
    is not done here; it would take a third of the time of a load.
    """
    fields = [f for f in model._meta.concrete_fields if not f.generated]
    blank = dict(model(**{f.attname: None for f in fields if callable(f.default)}).__dict__)
    del blank["_state"]
    called = [f for f in fields if callable(f.default)]

    def make(values: dict[str, Any]) -> Any:
        instance = model.__new__(model)
        held = instance.__dict__
        held["_state"] = ModelState()
        held.update(blank)
        held.update(values)
        for field in called:
            if field.attname not in values:
                held[field.attname] = field.get_default()
        return instance

    return make


def insert(model: Any, alias: str, rows: Sequence[Row]) -> None:
    """Insert the instances of ``rows``, and set the keys that the database gave them."""
    for parent, link in model._meta.parents.items():
        if link is not None:
            insert(parent, alias, rows)
            for row in rows:
                for local, remote in link.related_fields:
                    setattr(row.instance, local.attname, getattr(row.instance, remote.attname))
    made = _made(model)
    fields = [f for f in model._meta.local_concrete_fields if not f.generated]
    filling = [f for f in fields if type(f).pre_save is not Field.pre_save or f.has_db_default()]
    counted: list[Row] = []
    keyed: list[Row] = []
    for row in rows:
        for field in filling:
            if field.attname not in row.given:
                setattr(row.instance, field.attname, field.pre_save(row.instance, add=True))
        is_counted = made is not None and getattr(row.instance, made.attname) is None
        (counted if is_counted else keyed).append(row)
    _insert_batches(model, alias, fields, keyed, None)
    _insert_batches(model, alias, [f for f in fields if f is not made], counted, made)


def _made(model: Any) -> Any:
    """Return the column that counts by itself, or None."""
    return next((f for f in model._meta.local_concrete_fields if isinstance(f, AutoField)), None)


def _insert_batches(model: Any, alias: str, fields: list[Any], rows: list[Row], made: Any) -> None:
    connection = connections[alias]
    can_return = connection.features.can_return_rows_from_bulk_insert
    remaining = iter(rows)
    # What Django's save() of fixtures does, raw: times that it would set are those of the file.
    queryset = model._base_manager.using(alias)
    most = max(1, min(BATCH, connection.ops.bulk_batch_size(fields, rows))) if rows else 1
    while batch := list(islice(remaining, most)):
        returned = queryset._insert(
            [row.instance for row in batch],
            fields=fields,
            returning_fields=[made] if made is not None and can_return else None,
            using=alias,
            raw=True,
        )
        if made is not None and can_return:
            for row, (value, *_) in zip(batch, returned, strict=True):
                setattr(row.instance, made.attname, value)
        elif made is not None:
            _read_keys(model, alias, batch, made)


def _read_keys(model: Any, alias: str, rows: list[Row], made: Any) -> None:
    """Set the keys that MySQL gave; its rows are found by what tells them apart."""
    key = next(
        key
        for key in keys.candidates(model)
        if all(row.given.issuperset(keys.attnames(key)) for row in rows)
    )
    names = [field.attname for field in key]
    wanted = {tuple(getattr(row.instance, name) for name in names): row for row in rows}
    for one, found in existing.read(model, alias, names, wanted, [made.attname]).items():
        setattr(wanted[one].instance, made.attname, found[0][made.attname])


def _update_all(plan: Plan, late: list[tuple[Row, Any]], journal: Any) -> None:
    groups: dict[Any, list[tuple[Row, dict[str, Any]]]] = {}
    for row, changes in plan.updates:
        final: dict[Any, Change] = {}
        for field, (before, after) in changes.items():
            if isinstance(after, Reference):
                after = (after.values() or {})[field.attname]  # noqa: PLW2901
            final[field] = before, after
        journal.updated(row, final)
        group = groups.setdefault((row.model, frozenset(final)), [])
        group.append((row, {field.attname: after for field, (_, after) in final.items()}))
    for row, field in late:
        values = row.references[field].values() or {}
        group = groups.setdefault((row.model, frozenset(field.local_related_fields)), [])
        group.append((row, values))
    for (model, fields), rows in groups.items():
        update(model, plan.alias, fields, [_changed(row, values) for row, values in rows])


def _changed(row: Row, values: dict[str, Any]) -> Any:
    """Return an instance with the key of ``row`` and the values to be written."""
    known = row.existing or row.instance.__dict__
    key = {f.attname: known[f.attname] for f in keys.pk_of(row.model)}
    found = row.model(**{**key, **values})
    found._state.adding = False
    return found


def update(model: Any, alias: str, fields: Any, objs: list[Any]) -> None:
    """Write the columns ``fields`` of all ``objs``, a statement for each batch."""
    names = sorted(field.name for field in fields)
    queryset = model._base_manager.using(alias).all()
    if bulk.can_join(queryset, tuple(objs), names):
        bulk.update(alias, tuple(objs), names, BATCH)
    else:
        queryset.bulk_update(objs, names, BATCH)


def _delete(plan: Plan, rows: list[Row], journal: Any) -> None:
    by_model: dict[Any, list[Row]] = {}
    for row in rows:
        by_model.setdefault(row.model, []).append(row)
    for model, several in by_model.items():
        journal.deleted(several)
        delete(model, plan.alias, [_key(row) for row in several])


def delete(model: Any, alias: str, wanted: list[tuple[Any, ...]]) -> None:
    """Delete rows by their primary keys; nothing may refer to them but each other."""
    connection = connections[alias]
    links = [f for f in model._meta.local_concrete_fields if f.is_relation and f.null]
    links = [f for f in links if f.related_model is model]
    pk = keys.pk_of(model)
    for start in range(0, len(wanted), existing._BATCH_OF_PAIRS * 4):
        batch = wanted[start : start + existing._BATCH_OF_PAIRS * 4]
        one_by_one = [key[0] for key in batch] if len(pk) == 1 else [tuple(key) for key in batch]
        found = model._base_manager.using(alias).filter(pk__in=one_by_one).order_by()
        if links and not connection.features.can_defer_constraint_checks:
            found.update(**{f.attname: None for f in links})
        found._raw_delete(alias)
    for parent, link in model._meta.parents.items():
        if link is not None:
            delete(parent, alias, wanted)


def _check(plan: Plan) -> None:
    """Let the database check what it has deferred, so that its tables can be altered next."""
    if plan.is_empty:
        return
    connection = connections[plan.alias]
    models = {row.model for row in [*plan.inserts, *(row for row, _ in plan.updates)]}
    tables = sorted(
        {m._meta.db_table for model in models for m in [model, *model._meta.all_parents]}
    )
    connection.check_constraints(None if plan.deletes else tables)


def _reset_sequences(plan: Plan) -> None:
    """Let the counters of PostgreSQL go on after keys that the files have given."""
    given: dict[Any, set[frozenset[str]]] = {}
    for row in plan.inserts:
        given.setdefault(row.model, set()).add(row.given)
    models = [
        model
        for model, several in given.items()
        for field in model._meta.concrete_fields
        if isinstance(field, AutoField) and any(field.attname in names for names in several)
    ]
    connection = connections[plan.alias]
    statements = connection.ops.sequence_reset_sql(no_style(), models)
    if statements:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
