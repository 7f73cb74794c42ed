"""Django's own generic foreign key, to rows with keys of several columns."""

from typing import Any

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

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
