"""Generic relations to rows with keys of several columns."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connections, models
from django.db.models import Count
from django.test.utils import CaptureQueriesContext, isolate_apps

from queryaudit import composite
from queryaudit.composite import CompositeGenericForeignKey
from queryaudit.errors import CompositeNameError
from tests.composite.conftest import EVERY
from tests.composite.models import Album, Branch, Note

pytestmark = pytest.mark.django_db(databases=EVERY)


def test_a_generic_key_holds_the_text_of_the_key(albums: list[Album], alias: str) -> None:
    branch = Branch.objects.create(company=1, country_code="a,b")
    rows: list[Any] = [*albums, branch]
    for row in rows:
        Note.objects.create(about=row)
    assert [note.object_id for note in Note.objects.order_by("pk")] == [
        *("1,1", "1,2", "2,1", "2,2"),
        "1,a\\,b",
    ]
    assert [note.about for note in Note.objects.order_by("pk")] == rows
    list(Note.objects.prefetch_related("about"))  # the content types are cached from here on
    with CaptureQueriesContext(connections[alias]) as queries:
        notes = Note.objects.order_by("pk").prefetch_related("about")
        assert [note.about for note in notes] == rows
    assert len(queries) == 3


def test_the_other_side_of_a_generic_key(alias: str) -> None:
    first, second = (Branch.objects.create(company=1, country_code=code) for code in ("a,b", "c"))
    note = first.notes.create()
    second.notes.add(Note.objects.create(about=first), bulk=False)
    assert list(first.notes.all()) == [note]
    assert second.notes.count() == 1
    with CaptureQueriesContext(connections[alias]) as queries:
        branches = Branch.objects.prefetch_related("notes").order_by("country_code")
        assert [len(branch.notes.all()) for branch in branches] == [1, 1]
    assert len(queries) == 2
    first.delete()
    assert [one.about for one in Note.objects.all()] == [second]


def test_a_filter_across_it_says_what_to_ask_instead(alias: str) -> None:
    branch = Branch.objects.create(pk="1,JP")
    note = branch.notes.create()
    branches: Any = Branch.objects  # the type checker refuses the three below as well
    ways: list[Callable[[], Any]] = [
        lambda: branches.filter(notes__id=note.pk),
        lambda: branches.exclude(notes=note),
        lambda: branches.annotate(count=Count("notes")),
    ]
    for way in ways:
        with pytest.raises(CompositeNameError, match=r"Note.objects.filter\(object_id=str"):
            way()
    assert Note.objects.filter(object_id=str(branch.pk)).get() == note


def test_an_object_id_without_room_for_a_text_is_told() -> None:
    with isolate_apps("tests.composite"):

        class Numbered(models.Model):
            content_type = models.ForeignKey(ContentType, models.CASCADE)
            object_id = models.IntegerField()
            about = CompositeGenericForeignKey()

            class Meta:
                app_label = "shelves"

        found = CompositeGenericForeignKey.check(Numbered._meta.private_fields[0])
    assert [problem.id for problem in found if problem.id != "contenttypes.E002"] == [
        "queryaudit.composite.E006"
    ]
    assert Note.check() == []


def test_other_names_raise_attribute_error() -> None:
    with pytest.raises(AttributeError, match="CompositeGenericKey"):
        composite.CompositeGenericKey  # noqa: B018
