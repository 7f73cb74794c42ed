"""Pieces of Django that are imitated or overridden: a change in one fails here, to be read."""

import hashlib
import inspect
from functools import reduce
from importlib import import_module
from typing import Any

import django
import pytest
from django.db.models.sql.query import Query
from django.db.models.sql.subqueries import UpdateQuery

from queryaudit.composite import patches
from queryaudit.hooks import composite
from queryaudit.hooks import patches as hooks

_RELATED = "django.db.models.fields.related_descriptors"
# By piece: what its source was when it was read, in Django 5.2 and in 6.1.
KNOWN = {
    "django.db.models.base:Model.save": ("6ece39ca", "6859760a"),
    "django.db.models.fields.composite:CompositeAttribute": ("5992e810", "5992e810"),
    "django.db.models.fields.composite:CompositePrimaryKey.get_col": ("6e0d89d1", "6e0d89d1"),
    "django.db.models.fields.related:ForeignObject.check": ("43798adc", "43798adc"),
    "django.db.models.fields.related:ForeignObject.deconstruct": ("00ccf67a", "c02cafc9"),
    "django.db.models.fields.related:ForeignObject.resolve_related_fields": (
        "8580eac6",
        "8580eac6",
    ),
    f"{_RELATED}:ForwardManyToOneDescriptor.__get__": ("890c75fe", "7f9b2c57"),
    f"{_RELATED}:ForwardManyToOneDescriptor.__set__": ("aca72d7a", "fa8d3a2c"),
    f"{_RELATED}:ForwardManyToOneDescriptor.get_prefetch_querysets": ("e089978f", "47543c90"),
    f"{_RELATED}:create_reverse_many_to_one_manager": ("3d432901", "9b40ab26"),
    "django.db.models.fields.related_lookups:RelatedExact": ("6dc57184", "6dc57184"),
    "django.db.models.fields.related_lookups:RelatedIn": ("daca64c6", "daca64c6"),
    "django.db.models.fields.tuple_lookups:TupleIn": ("8b09c6c1", "f8d24a76"),
    "django.db.models.fields.tuple_lookups:TupleLookupMixin": ("ecc9a995", "451bd818"),
    "django.db.models.manager:BaseManager.get_queryset": ("4ea006e5", "4ea006e5"),
    "django.db.models.query:QuerySet._filter_or_exclude": ("6b5a7e9e", "6b5a7e9e"),
    "django.db.models.query:QuerySet.bulk_update": ("2369a424", "f8202270"),
    "django.db.models.query:QuerySet.complex_filter": ("37e47c24", "37e47c24"),
    "django.db.models.sql.query:Query.split_exclude": ("515915aa", "9237510a"),
    "django.db.models.sql.query:Query.trim_start": ("c45341c3", "2e4330bd"),
    "django.db.models.sql.subqueries:UpdateQuery.add_update_values": ("b6dd3a97", "93296beb"),
}
READ = [(5, 2), (6, 1)]


def digest(piece: str) -> str:
    module, _, path = piece.partition(":")
    found: Any = reduce(getattr, path.split("."), import_module(module))
    return hashlib.sha256(inspect.getsource(inspect.unwrap(found)).encode()).hexdigest()[:8]


@pytest.mark.usefixtures("_uninstalled")
@pytest.mark.skipif(django.VERSION[:2] not in READ, reason="a Django that was not read")
@pytest.mark.parametrize("piece", KNOWN)
def test_what_is_imitated_is_as_it_was_read(piece: str) -> None:
    assert digest(piece) == KNOWN[piece][READ.index(django.VERSION[:2])]


def test_every_patch_fits() -> None:
    assert [patch.problem for patch in (composite.trim_subquery, composite.update_values)] == [
        None,
        None,
    ]


@pytest.mark.usefixtures("_uninstalled")
def test_the_auditor_leaves_and_the_patches_stay() -> None:
    assert UpdateQuery.add_update_values.__wrapped__  # type: ignore[attr-defined]
    assert Query.trim_start.__wrapped__  # type: ignore[attr-defined]
    assert hooks.problems() == []


def test_the_patch_of_exclude_switches_off_when_django_needs_it_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert composite.compares_first_column_only()

    def split_exclude(self: Any) -> None:
        """Compares all of query.select."""

    monkeypatch.setattr(Query, "split_exclude", split_exclude)
    assert not composite.compares_first_column_only()
    assert {"album", "branch"} <= patches._names
