"""Rows of files in the tables of every database."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from queryaudit.errors import MasterDataFileError, MasterDataInUseError
from tests.masterdata.loading.conftest import Loader, Write, environment
from tests.masterdata.loading.models import (
    Album,
    Category,
    Genre,
    Left,
    Place,
    Rate,
    Region,
    Right,
    Shop,
    Sorts,
)

TREE = """
- {model: seeds.category, fields: {code: bebop, parent: [jazz], name: Bebop}}
- {model: seeds.category, fields: {code: jazz, name: Jazz}}
- {model: seeds.category, fields: {code: cool, parent: [jazz], name: Cool, position: 2}}
"""


def tree() -> list[Any]:
    rows = Category.objects.order_by("code")
    return list(rows.values_list("code", "parent__code", "name", "position"))


def written(alias: str, run: Callable[[], object]) -> list[str]:
    with CaptureQueriesContext(connections[alias]) as captured:
        run()
    sent = [one["sql"] for one in captured.captured_queries]
    kinds = ("INSERT", "UPDATE", "DELETE")
    return [sql for sql in sent if sql.startswith(kinds) and "queryaudit_masterdata" not in sql]


def test_a_tree_is_loaded_parents_first_and_taken_back(load: Loader) -> None:
    load(TREE)
    assert tree() == [
        ("bebop", "jazz", "Bebop", 0),
        ("cool", "jazz", "Cool", 2),
        ("jazz", None, "Jazz", 0),
    ]
    load.back()
    assert tree() == []


def test_a_second_run_writes_nothing(load: Loader) -> None:
    load(TREE)
    assert written(load.alias, load) == []
    assert len(tree()) == 3


def test_what_differs_is_changed_and_put_back_and_other_columns_stay(load: Loader) -> None:
    jazz = Category.objects.create(code="jazz", name="Jaz", position=7)
    load(TREE)
    assert (Category.objects.get(code="jazz").name, Category.objects.get(code="jazz").position) == (
        "Jazz",
        7,
    )
    load.back()
    assert tree() == [("jazz", None, "Jaz", 7)]
    assert Category.objects.get().pk == jazz.pk


def test_a_column_that_somebody_changed_since_is_left_when_taken_back(
    load: Loader, caplog: pytest.LogCaptureFixture
) -> None:
    Category.objects.create(code="jazz", name="Jaz")
    load(TREE)
    Category.objects.filter(code="jazz").update(name="Jass")
    load.back()
    assert tree() == [("jazz", None, "Jass", 0)]
    assert "keeps its name = 'Jass'" in caplog.text


def test_rows_are_removed_and_come_back_whole(load: Loader) -> None:
    old = Category.objects.create(code="old", name="Old", position=3)
    changed_at = Category.objects.get().changed_at
    load("- {model: seeds.category, remove: true, fields: {code: old}}")
    assert tree() == []
    load("- {model: seeds.category, remove: true, fields: {code: old}}", name="0003_again")
    load.back("0003_again")
    load.back()
    row = Category.objects.get()
    assert (row.pk, row.code, row.name, row.position) == (old.pk, "old", "Old", 3)
    assert row.changed_at == changed_at


def test_nothing_is_removed_or_taken_back_that_rows_of_users_hang_on(load: Loader) -> None:
    load(TREE)
    album = Album.objects.create(title="Mine", category=Category.objects.get(code="cool"))
    with pytest.raises(MasterDataInUseError) as refused:
        load.back()
    text = str(refused.value)
    assert f"seeds.Album id={album.pk} refers by category to seeds.Category id=" in text
    assert len(tree()) == 3
    with pytest.raises(MasterDataInUseError, match="refers by category"):
        load("- {model: seeds.category, remove: true, fields: {code: cool}}", name="0003_less")
    assert len(tree()) == 3
    album.delete()
    load.back()
    assert tree() == []


def test_pairs_of_many_to_many_count_as_rows_that_hang_on(load: Loader) -> None:
    other = Category.objects.create(code="rock", name="Rock")
    load(TREE)
    Album.objects.create(title="Mine", category=other).categories.set(
        Category.objects.filter(code="cool")
    )
    with pytest.raises(MasterDataInUseError, match="Album_categories"):
        load.back()


def test_a_removed_row_may_be_one_that_others_are_moved_away_from(load: Loader) -> None:
    load(TREE)
    load(
        """
        - {model: seeds.category, remove: true, fields: {code: jazz}}
        - {model: seeds.category, fields: {code: swing, name: Swing}}
        - {model: seeds.category, fields: {code: bebop, parent: [swing]}}
        - {model: seeds.category, fields: {code: cool, parent: null}}
        """,
        name="0003_swing",
    )
    assert tree() == [
        ("bebop", "swing", "Bebop", 0),
        ("cool", None, "Cool", 2),
        ("swing", None, "Swing", 0),
    ]
    load.back("0003_swing")
    assert [row[:2] for row in tree()] == [("bebop", "jazz"), ("cool", "jazz"), ("jazz", None)]


def test_rows_are_told_apart_by_a_constraint_over_a_reference(load: Loader) -> None:
    Place.objects.create(name="Asia")
    load(
        """
        - {model: seeds.place, fields: {parent: [[null, Asia], Japan], name: Tokyo}}
        - {model: seeds.place, fields: {parent: [null, Asia], name: Japan}}
        - {model: seeds.place, fields: {parent: null, name: Asia}}
        - {model: seeds.place, fields: {parent: null, name: Europe}}
        - {model: seeds.place, fields: {parent: [null, Europe], name: Japan}}
        """
    )
    rows = Place.objects.values_list("parent__parent__name", "parent__name", "name")
    assert set(rows) == {
        ("Asia", "Japan", "Tokyo"),
        (None, "Asia", "Japan"),
        (None, None, "Asia"),
        (None, None, "Europe"),
        (None, "Europe", "Japan"),
    }
    assert written(load.alias, load) == []


def test_keys_of_several_columns_and_references_to_them(load: Loader) -> None:
    Region.objects.create(pk=("JP", 7), name="Kanto")
    text = """
        - {model: seeds.region, pk: [JP, 1], fields: {name: Kansai}}
        - {model: seeds.region, fields: {country: DE, number: 2, name: Hessen}}
        - {model: seeds.shop, fields: {code: a, region: [Kansai]}}
        - {model: seeds.shop, fields: {code: b, region: [DE, 2]}}
        - {model: seeds.shop, fields: {code: c, region: "JP,7"}}
        - {model: seeds.shop, fields: {code: d, region: [Kanto]}}
        - {model: seeds.shop, fields: {code: e, country: JP, region: null}}
        - {model: seeds.category, fields: {code: jazz, name: Jazz}}
        - {model: seeds.rate, fields: {category: [jazz], since: 2025-01-01, rate: 1.1}}
        """
    load(text)
    rows = Shop.objects.order_by("code").values_list("code", "country", "number")
    assert list(rows) == [
        ("a", "JP", 1),
        ("b", "DE", 2),
        ("c", "JP", 7),
        ("d", "JP", 7),
        ("e", "JP", None),
    ]
    assert Rate.objects.get().pk == (Category.objects.get().pk, date(2025, 1, 1))
    assert Rate.objects.get().rate == Decimal("1.1")
    assert written(load.alias, load) == []
    load(text.replace("rate: 1.1", "rate: 1.25").replace("Hessen", "Hesse"), name="0003_more")
    assert (Rate.objects.get().rate, Region.objects.get(pk="DE,2").name) == (
        Decimal("1.25"),
        "Hesse",
    )
    load.back("0003_more")
    load.back()
    assert [str(row.pk) for row in Region.objects.all()] == ["JP,7"]
    assert not Shop.objects.exists()


def test_a_child_with_a_table_of_its_own(load: Loader) -> None:
    text = """
        - {model: seeds.category, fields: {code: music, name: Music}}
        - {model: seeds.genre, fields: {code: jazz, name: Jazz, since: 1917, parent: [music]}}
        """
    load(text)
    genre = Genre.objects.get()
    assert (genre.code, genre.since, genre.parent and genre.parent.code) == ("jazz", 1917, "music")
    load(text.replace("1917", "1915").replace("name: Jazz", "name: Jass"), name="0003_more")
    genre.refresh_from_db()
    assert (genre.since, genre.name) == (1915, "Jass")
    assert written(load.alias, lambda: load(name="0003_more")) == []
    load.back("0003_more")
    load.back()
    assert not Category.objects.exists()


def test_given_keys_leave_the_counter_behind_them(load: Loader) -> None:
    load(
        """
        - {model: seeds.category, pk: 500, fields: {code: rock, name: Rock}}
        - {model: seeds.category, pk: 501, fields: {code: punk, name: Punk, parent: 500}}
        """
    )
    assert Category.objects.create(code="own", name="Own").pk > 501


def test_tables_that_refer_to_each_other(load: Loader) -> None:
    text = """
        - {model: seeds.left, fields: {code: l, right: [r]}}
        - {model: seeds.right, fields: {code: r, left: [l]}}
        """
    load(text)
    assert Left.objects.get().right == Right.objects.get()
    assert written(load.alias, load) == []


def test_every_sort_of_column_comes_and_comes_back(load: Loader) -> None:
    text = """
        - model: seeds.sorts
          pk: all
          fields:
            {number: -3, share: 0.1, price: 19.99, is_open: true, day: 2025-12-31,
             moment: 2025-12-31T23:59:58.123456Z, clock: "23:59:00.5", span: "1 02:03:04.5",
             key: 4d9cf2a1-0d3f-4a5d-9c6b-1f4c5d6e7f80, details: {a: [1, null, x]},
             content: aGVsbG8=, size: l}
        """
    load(text)
    row = Sorts.objects.get()
    values = {
        "number": -3,
        "share": 0.1,
        "price": Decimal("19.99"),
        "is_open": True,
        "day": date(2025, 12, 31),
        "moment": datetime(2025, 12, 31, 23, 59, 58, 123456, tzinfo=UTC),
        "clock": time(23, 59, 0, 500000),
        "span": timedelta(days=1, hours=2, minutes=3, seconds=4.5),
        "key": UUID("4d9cf2a1-0d3f-4a5d-9c6b-1f4c5d6e7f80"),
        "details": {"a": [1, None, "x"]},
        "size": "l",
    }
    assert {name: getattr(row, name) for name in values} == values
    assert bytes(row.content or b"") == b"hello"
    assert written(load.alias, load) == []
    load("- {model: seeds.sorts, pk: all, remove: true}", name="0003_none")
    assert not Sorts.objects.exists()
    load.back("0003_none")
    row = Sorts.objects.get()
    assert {name: getattr(row, name) for name in values} == values
    assert bytes(row.content or b"") == b"hello"
    load(
        """
        - model: seeds.sorts
          pk: all
          fields: {number: null, share: null, price: null, is_open: false, day: null, moment: null,
            clock: null, span: null, details: null, content: null, size: s}
        """,
        name="0003_empty",
    )
    assert (Sorts.objects.get().moment, Sorts.objects.get().details) == (None, None)
    load.back("0003_empty")
    row = Sorts.objects.get()
    assert {name: getattr(row, name) for name in values} == values
    assert bytes(row.content or b"") == b"hello"


def test_columns_that_nobody_gives_have_their_defaults(load: Loader) -> None:
    load(
        """
        - {model: seeds.sorts, pk: a, fields: {}}
        - {model: seeds.sorts, pk: b}
        """
    )
    first, second = Sorts.objects.order_by("pk")
    assert first.size == "s"
    assert first.key != second.key
    load(TREE, name="0003_tree")
    assert all(row.changed_at is not None for row in Category.objects.all())


def test_json_and_csv_say_the_same_as_yaml(load: Loader, write: Write) -> None:
    write(
        "0002_rows/base.json",
        '[{"model": "seeds.category", "fields": {"code": "jazz", "name": "Jazz"}}]',
    )
    write(
        "0002_rows/base.category.csv",
        'code,parent,name,position\r\nbebop,"[""jazz""]",Bebop,0\r\ncool,"[""jazz""]","Cool",2\r\n',
    )
    load()
    assert len(tree()) == 3
    assert tree()[1] == ("cool", "jazz", "Cool", 2)
    write("0003_less/base.seeds.category.csv", "code,[remove],name\ncool,true,\njazz,,Jass\n")
    load(name="0003_less")
    assert [row[2] for row in tree()] == ["Bebop", "Jass"]
    write("0004_sorts/base.sorts.csv", 'pk,number,is_open,details,day\na,5,true,"{""x"": 1}",\n')
    load(name="0004_sorts")
    row = Sorts.objects.get()
    assert (row.number, row.is_open, row.details, row.day) == (5, True, {"x": 1}, None)


def test_the_environments_file_is_laid_over_base(load: Loader, write: Write) -> None:
    write(
        "0002_rows/production.yaml",
        """
        - {model: seeds.category, fields: {code: jazz, name: Real Jazz}}
        - {model: seeds.category, remove: true, fields: {code: cool}}
        - {model: seeds.category, fields: {code: extra, name: Extra}}
        """,
    )
    with environment("production"):
        load(TREE)
        assert [row[2] for row in tree()] == ["Bebop", "Extra", "Real Jazz"]
    with environment("development"):
        load.back()
        assert tree() == []
        load()
        assert [row[2] for row in tree()] == ["Bebop", "Cool", "Jazz"]


def test_repairs_change_what_is_there_and_test_data_is_its_environments_own(
    load: Loader, write: Write, caplog: pytest.LogCaptureFixture
) -> None:
    write(
        "0002_rows/production.repair.yaml",
        """
        - {model: seeds.category, fields: {code: broken, name: Mended}}
        - {model: seeds.category, fields: {code: gone, name: Gone}}
        """,
    )
    write(
        "0002_rows/development.test.yaml",
        "- {model: seeds.category, fields: {code: try, name: Try}}",
    )
    Category.objects.create(code="broken", name="Broken")
    with environment("production"):
        load()
    assert [row[2] for row in tree()] == ["Mended"]
    assert "mends seeds.Category code='gone', which is not there" in caplog.text
    load.back()
    assert [row[2] for row in tree()] == ["Broken"]
    with environment("development"):
        load()
    assert [row[2] for row in tree()] == ["Broken", "Try"]
    with environment("staging"):
        load.back()
        load()
    assert [row[2] for row in tree()] == ["Broken"]


def test_a_key_that_the_collation_takes_for_the_same_is_the_same_row(load: Loader) -> None:
    row = Category.objects.create(code="JAZZ", name="Jaz")
    same = Category.objects.filter(code="jazz").exists()
    load("- {model: seeds.category, fields: {code: jazz, name: Jazz}}")
    assert [one[0] for one in sorted(tree())] == (["jazz"] if same else ["JAZZ", "jazz"])
    load.back()
    assert list(Category.objects.values_list("pk", "code", "name")) == [(row.pk, "JAZZ", "Jaz")]


def test_keys_may_be_named_where_the_model_has_none(load: Loader) -> None:
    text = "- {model: seeds.note, fields: {text: hello}}"
    with pytest.raises(MasterDataFileError, match="cannot be told apart"):
        load(text)
    load(text, keys={"seeds.Note": ["text"]})
    assert written(load.alias, lambda: load(text, keys={"seeds.Note": ["text"]})) == []


def test_rows_held_in_memory_are_those_of_the_files_after_the_commit(load: Loader) -> None:
    Category.objects.create(code="jazz", name="Jaz")
    assert Category.cached.get(code="jazz").name == "Jaz"
    load(TREE)
    assert Category.cached.get(code="jazz").name == "Jazz"
    assert len(Category.cached.all()) == 3
    load.back()
    assert [row.name for row in Category.cached.all()] == ["Jaz"]


def test_a_statement_a_batch_is_the_most(load: Loader, write: Write) -> None:
    rows = [
        f'{{"model": "category", "fields": {{"code": "c{n}", "name": "n{n}", "position": 1}}}}'
        for n in range(3_000)
    ]
    text = "[" + ",\n".join(rows) + "]"
    write("0002_rows/base.json", text)
    sent = written(load.alias, load)
    size = connections[load.alias].ops.bulk_batch_size(
        [f for f in Category._meta.concrete_fields if not f.primary_key], [None] * 3_000
    )
    assert len(sent) == -(-3_000 // min(size, 2_000))
    write("0003_rows/base.json", text.replace('"position": 1', '"position": 2'))
    assert len(written(load.alias, lambda: load(name="0003_rows"))) <= 2
    assert Category.objects.filter(position=2).count() == 3_000
    assert len(written(load.alias, lambda: load.back("0003_rows"))) <= 6
    assert Category.objects.filter(position=1).count() == 3_000


def test_a_flush_is_followed_by_a_load_of_what_migrations_have_loaded(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.core.management import call_command
    from shop.models import Category as Kind

    from queryaudit.masterdata.testing import load_master_data

    call_command("flush", interactive=False, verbosity=0)
    assert load_master_data() == 30
    assert Kind.objects.get(code="opera").parent == Kind.objects.get(code="classical")
    assert load_master_data() == 0
    Kind.objects.filter(code="opera").update(name_de="Operette")
    assert load_master_data() == 1
    assert Kind.objects.get(code="opera").name_de == "Oper"
