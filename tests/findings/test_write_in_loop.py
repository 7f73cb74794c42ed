"""What is promised of writes in a loop: one statement, where every database takes it as one."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

import queryaudit
from queryaudit.findings import write_in_loop
from tests.corpus.models import Artist, Genre, Label


def _create(number: int) -> Any:
    return Genre.objects.create(name=f"genre {number}")


def _look_up_and_save(number: int) -> Any:
    genre, _ = Genre.objects.get_or_create(name=f"genre {number}")
    return genre


def _save_named(number: int) -> Any:
    return Genre(pk=number + 1, name=f"genre {number}!").save(update_fields=["name"])


def _delete_with_what_hangs_on_it(number: int) -> Any:
    return Artist.objects.filter(pk=number).delete()


def _update(number: int) -> Any:
    return Genre.objects.filter(name=f"genre {number}").update(name="one for all")


def _write_by_hand(number: int) -> Any:
    with connection.cursor() as cursor:
        return cursor.execute("UPDATE corpus_genre SET name = 'x' WHERE id = %s", [number])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("write", "left"),
    [
        (_create, 1),
        (_save_named, 1),
        (_update, 1),
        (_write_by_hand, 1),
        (_look_up_and_save, None),
        (_delete_with_what_hangs_on_it, None),
    ],
)
def test_one_statement_is_promised_where_it_is_one(
    write: Callable[[int], Any], left: int | None
) -> None:
    Genre.objects.bulk_create(Genre(pk=pk, name=f"old {pk}") for pk in range(1, 13))
    label = Label.objects.create(name="label")
    Artist.objects.bulk_create(Artist(pk=pk, name=str(pk), label=label) for pk in range(12))
    with queryaudit.audit(raise_=False) as audit:
        for number in range(12):
            write(number)
    (finding,) = (one for one in audit.findings if one.kind == "write_in_loop")
    assert finding.left == left
    assert audit.expected_count == left


@pytest.mark.django_db
def test_nothing_is_promised_of_more_than_a_database_takes_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def promised(rows: int) -> int | None:
        with queryaudit.audit(raise_=False) as audit:
            for number in range(rows):
                _create(number)
        return audit.expected_count

    monkeypatch.setattr(write_in_loop, "_MAX_ROWS", 20)
    assert (promised(20), promised(21)) == (1, None)
    monkeypatch.setattr(write_in_loop, "_MAX_VALUES", 30)
    assert (promised(15), promised(16)) == (1, None)
