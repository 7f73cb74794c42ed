"""``depends_on``: what rows come from that their text or their model does not tell."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from django.apps import apps
from django.db.models import Model

from queryaudit.errors import MasterDataError
from queryaudit.masterdata.registry import known_tables

ALLOWED: Final = 'allowed are models, "app_label.Model" and names of tables'


def dependencies(given: Any) -> tuple[Any, ...]:
    """Return ``depends_on`` as it was given. Raises TypeError for what names no table."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        msg = f"depends_on is {_name(given)}; it takes a list, of which {ALLOWED}"
        raise TypeError(msg)
    found = tuple(given)
    for one in found:
        if isinstance(one, str) and one.strip():
            continue
        if not isinstance(one, type) or not issubclass(one, Model):
            msg = f"depends_on has {_name(one)}; {ALLOWED}"
            raise TypeError(msg)
        if one._meta.abstract:
            msg = f"depends_on has {_name(one)}, which is abstract and has no table; {ALLOWED}"
            raise TypeError(msg)
    return found


def tables_of(label: str, found: Iterable[Any]) -> frozenset[str]:
    """Return the tables of ``depends_on`` in lower case, those of a model's parents as well.

    Raises MasterDataError for a label of no model.
    """
    return frozenset(table for one in found for table in _tables_of(label, one))


def _tables_of(label: str, dependency: Any) -> Iterator[str]:
    model = model_named(dependency) if isinstance(dependency, str) else dependency
    if model is not None:
        for one in (model, *model._meta.get_parent_list()):
            yield one._meta.db_table.strip('"').rpartition('"."')[2].lower()
    elif is_wrong(dependency):
        msg = f"depends_on names {dependency!r}, which is no model; {ALLOWED}"
        raise MasterDataError(label, msg)
    else:
        yield _table(dependency)


def _table(text: str) -> str:
    """Return a table's name as statements are read: without quotes and schema."""
    name = text.replace('"', "").lower()
    return name if name in known_tables() else name.rpartition(".")[2]


def model_named(text: str) -> Any:
    """Return the model with the label ``app_label.Model``, None where there is none."""
    label, _, name = text.partition(".")
    return apps.app_configs[label].models.get(name.lower()) if label in apps.app_configs else None


def is_wrong(text: str) -> bool:
    """Return whether ``text`` is meant for a model, and is none's label."""
    if model_named(text) is not None or text.replace('"', "").lower() in known_tables():
        return False
    if "." in text:
        return text.partition(".")[0] in apps.app_configs
    return any(text == model.__name__ for model in apps.get_models())


def tables_by_hand(found: Iterable[Any]) -> Iterator[str]:
    """Yield the names of tables that are of no model: nobody knows whether they are there."""
    for one in found:
        if isinstance(one, str) and model_named(one) is None and not is_wrong(one):
            table = _table(one)
            if table not in known_tables():
                yield table


def _name(given: object) -> str:
    return given.__name__ if isinstance(given, type) else repr(given)
