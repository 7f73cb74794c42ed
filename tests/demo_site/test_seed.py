import io
import re
from hashlib import sha256

import pytest
from django.core.management import CommandError, call_command
from shop.management.progress import ProgressBar
from shop.models import Album, Category, Stock, Track
from shop.providers.seeding import TABLES, count_rows
from shop.services.invention import invent_shop

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("categories")]

# Changes when the invented shop changes, and must be the same on every Python and Django.
CHECKSUM_OF_S = "03b24e7b456286fb0cc91c10676969d3c8ea8b785f8942377627c17d31aa80e8"


def seed(*arguments: str) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("seed", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def sum_up_rows() -> str:
    checksum = sha256()
    for name, table in TABLES.items():
        checksum.update(name.encode())
        for row in table.order_by("pk").values_list():
            checksum.update("|".join(map(str, row)).encode())
    return checksum.hexdigest()


def test_small_shop_has_everything_around_its_albums() -> None:
    seed("--size", "s")
    rows = count_rows()
    assert rows.keys() == TABLES.keys()
    assert rows["albums"] == 200
    assert rows["artists"] == 40
    assert rows["labels"] == 10
    assert rows["warehouses"] == 3
    assert rows["stock"] == 3 * rows["products"]
    assert 200 * 8 <= rows["tracks"] <= 200 * 12
    assert rows["order lines"] >= rows["orders"] == 100
    assert not Category.objects.filter(parent__parent__isnull=False).exists()
    assert Category.objects.filter(parent=None).count() == 6
    assert not Album.objects.filter(category__parent=None).exists()


def test_same_rows_come_each_time_and_everywhere() -> None:
    seed("--size", "s")
    first = sum_up_rows()
    seed("--size", "s", "--replace")
    assert sum_up_rows() == first == CHECKSUM_OF_S


def test_categories_are_a_tree_in_three_languages_that_migrations_have_loaded() -> None:
    names = ("code", "parent__code", "name", "name_de", "name_ja")
    rows = Category.objects.values_list(*names)
    assert ("opera", "classical", "Opera", "Oper", "オペラ") in rows
    assert all(all(row[2:]) for row in rows)
    assert len(rows) == 30
    seed("--size", "s", "--replace")
    assert Category.objects.count() == 30


def test_a_shop_without_categories_is_told_where_they_come_from() -> None:
    Category.objects.all().delete()
    with pytest.raises(CommandError, match="no categories, which migrate loads"):
        seed("--size", "s")


@pytest.mark.parametrize("albums", [5_000, 50_000])
def test_larger_shops_keep_the_proportions(albums: int) -> None:
    sizes = {table.name: table.size for table in invent_shop(albums, [7, 8])}
    assert sizes["albums"] == albums
    assert sizes["artists"] == albums / 5
    assert sizes["labels"] == albums / 100
    assert 9.8 < sizes["tracks"] / albums < 10.2


def test_largest_shop_has_no_two_labels_of_one_name() -> None:
    labels = next(table for table in invent_shop(50_000, [7, 8]) if table.name == "labels")
    names = [row["name"] for row in labels.rows]
    assert len(names) == len(set(names)) == labels.size


def test_filled_shop_is_left_alone_and_the_refusal_tells_what_is_there() -> None:
    seed("--size", "s")
    Album.objects.update(title="Mine")
    with pytest.raises(CommandError, match=r"10 labels, 40 artists, 200 albums, .*--replace"):
        seed("--size", "s")
    assert Album.objects.filter(title="Mine").count() == 200


def test_replace_deletes_what_was_there() -> None:
    seed("--size", "s")
    Album.objects.update(title="Mine")
    seed("--size", "s", "--replace")
    assert not Album.objects.filter(title="Mine").exists()
    assert Album.objects.count() == 200


def test_if_empty_fills_an_empty_shop_and_is_silent_about_a_filled_one() -> None:
    assert "200 albums" in seed("--if-empty")[0]
    Stock.objects.all().delete()
    assert seed("--if-empty", "--size", "m") == ("", "")
    assert Album.objects.count() == 200


def test_failure_on_the_way_leaves_the_shop_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    seed("--size", "s")
    before = sum_up_rows()

    def fail(*_: object) -> None:
        raise OSError("the terminal is gone")

    monkeypatch.setattr(ProgressBar, "show", fail)
    with pytest.raises(OSError, match="the terminal is gone"):
        seed("--size", "s", "--replace")
    assert sum_up_rows() == before


def test_time_and_tenths_are_written() -> None:
    out, err = seed("--size", "s")
    rows = sum(count_rows().values())
    assert re.fullmatch(rf"Seeded 200 albums \({rows:,} rows\) in \d+\.\d s\.\n", out)
    assert err.endswith(f"100 %: {rows:,} of {rows:,} rows\n")
    assert len(err.splitlines()) <= 10


def test_terminal_gets_a_bar_with_count_and_rest_time() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    call_command("seed", "--size", "s", stdout=io.StringIO(), stderr=terminal)
    rows = sum(count_rows().values())
    steps = terminal.getvalue().split("\r")[1:]
    assert all(re.match(r"\[#*\.*\] [\d,]+ of [\d,]+ rows, \d+ s left", step) for step in steps)
    assert steps[-1].startswith(f"[{'#' * 30}] {rows:,} of {rows:,} rows, 0 s left")
    assert terminal.getvalue().count("\n") == 1


def test_tracks_are_numbered_from_one_without_gaps() -> None:
    seed("--size", "s")
    album = Album.objects.earliest("pk")
    numbers = list(Track.objects.filter(album=album).order_by("number").values_list("number"))
    assert numbers == [(n,) for n in range(1, len(numbers) + 1)]
