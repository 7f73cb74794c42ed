"""What is promised of writes in a loop: one statement, where every database takes it as one."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.db.models.signals import pre_delete

import queryaudit
from queryaudit.findings import batches
from tests.corpus.models import Artist, Biography, Genre, Label

ROWS = 12
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _some_rows() -> None:
    label = Label.objects.create(name="label")
    Genre.objects.bulk_create(Genre(pk=pk, name=f"old {pk}") for pk in range(ROWS))
    Artist.objects.bulk_create(Artist(pk=pk, name=str(pk), label=label) for pk in range(ROWS))
    Biography.objects.bulk_create(Biography(artist_id=pk, text=str(pk)) for pk in range(ROWS))


def _create(number: int) -> Any:
    return Genre.objects.create(name=f"genre {number}")


def _save_named(number: int) -> Any:
    return Genre(pk=number, name=f"genre {number}!").save(update_fields=["name"])


def _update(number: int) -> Any:
    return Genre.objects.filter(name=f"old {number}").update(name="one for all")


def _execute(sql: str, number: int) -> Any:
    with connection.cursor() as cursor:
        return cursor.execute(sql, [number])


def _write_by_hand(number: int) -> Any:
    return _execute("UPDATE corpus_genre SET name = 'x' WHERE id = %s", number)


def _delete(number: int) -> Any:
    return Biography.objects.filter(text=str(number)).delete()


def _look_up_and_save(number: int) -> Any:
    return Genre.objects.get_or_create(name=f"genre {number}")


def _call(create: Callable[..., Any], **values: Any) -> Any:
    return create(**values)


def _look_up_by_a_helper(number: int) -> Any:
    return _call(Genre.objects.get_or_create, name=f"genre {number}")


def _delete_with_what_hangs_on_it(number: int) -> Any:
    return Artist.objects.filter(pk=number).delete()


def _update_others_than_one_row(number: int) -> Any:
    return Genre.objects.filter(name=f"old {number}").update(name=f"new {number}")


def _update_other_columns(number: int) -> Any:
    values: dict[str, Any] = {"name": "x"} if number % 2 else {"home": None}
    return Artist.objects.filter(pk=number).update(**values)


def _write_two_tables_by_hand(number: int) -> None:
    for table in ("corpus_genre", "corpus_label"):
        _execute(f"UPDATE {table} SET name = 'x' WHERE id = %s", number)


def _write_two_databases(number: int) -> None:
    for alias in ("default", "other"):
        Genre.objects.using(alias).create(name=f"genre {number}")


def _save_new_ones_and_old_ones(number: int) -> None:
    for genre in (Genre(pk=number, name="old"), Genre(name=f"new {number}")):
        genre.save()


def _create_with_a_key_and_without(number: int) -> Any:
    key = {"pk": 1_000 + number} if number % 2 else {}
    return Genre.objects.create(name=f"genre {number}", **key)


def _finding(write: Callable[[int], Any], rows: int = ROWS) -> tuple[int | None, int | None]:
    """Return what is promised to be left of the cause and of all."""
    with queryaudit.audit(raise_=False) as audit:
        for number in range(rows):
            write(number)
    (finding,) = (one for one in audit.findings if one.kind == "write_in_loop")
    return finding.left, audit.expected_count


@pytest.mark.parametrize("write", [_create, _save_named, _update, _write_by_hand, _delete])
def test_one_statement_is_promised_where_it_is_one(write: Callable[[int], Any]) -> None:
    assert _finding(write) == (1, 1)


@pytest.mark.django_db(databases=["default", "other"])
@pytest.mark.parametrize(
    "write",
    [
        _look_up_and_save,
        _look_up_by_a_helper,
        _delete_with_what_hangs_on_it,
        _update_others_than_one_row,
        _update_other_columns,
        _write_two_tables_by_hand,
        _write_two_databases,
        _save_new_ones_and_old_ones,
        _create_with_a_key_and_without,
    ],
)
def test_nothing_is_promised_where_it_may_be_more(write: Callable[[int], Any]) -> None:
    assert _finding(write) == (None, None)


def test_nothing_is_promised_of_rows_that_a_handler_wants_to_see() -> None:
    biographies = list(Biography.objects.all())

    def see(**_: object) -> None:
        pass

    pre_delete.connect(see, sender=Biography)
    try:
        assert _finding(lambda number: biographies[number].delete()) == (None, None)
    finally:
        pre_delete.disconnect(see, sender=Biography)
    Biography.objects.bulk_create(Biography(artist_id=pk, text=str(pk)) for pk in range(ROWS))
    biographies = list(Biography.objects.all())
    assert _finding(lambda number: biographies[number].delete()) == (1, 1)


def test_nothing_is_promised_of_more_than_a_database_takes_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batches, "_MAX_ROWS", 20)
    assert (_finding(_create, 20), _finding(_create, 21)) == ((1, 1), (None, None))
    monkeypatch.setattr(batches, "_MAX_VALUES", 30)
    assert (_finding(_create, 15), _finding(_create, 16)) == ((1, 1), (None, None))


def test_all_columns_of_all_rows_are_values_and_so_are_nulls(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    artists = list(Artist.objects.all())

    def save_null(number: int) -> None:
        artists[number].save(update_fields=["name", "home"])

    def save_some(number: int) -> None:
        artists[number].save(update_fields=["name", "home"][: 1 + number % 2])

    # Of each row the name, the home and twice the key.
    for save in (save_null, save_some):
        monkeypatch.setattr(batches, "_MAX_VALUES", 4 * ROWS)
        assert _finding(save) == (1, 1)
        monkeypatch.setattr(batches, "_MAX_VALUES", 4 * ROWS - 1)
        assert _finding(save) == (None, None)
