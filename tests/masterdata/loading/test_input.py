"""What is wrong in a file is told with its place, and nothing is written."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management.base import CommandError

from queryaudit.errors import MasterDataError, MasterDataFileError, MissingExtraError
from tests.masterdata.conftest import on
from tests.masterdata.loading.conftest import Loader, Write, environment, noted
from tests.masterdata.loading.models import Category, Sorts

GOOD = "- {model: seeds.category, fields: {code: good, name: Good}}\n"

# What stands in line 2 of base.yaml, the field, and words of the error.
WRONG: list[tuple[str, str, str]] = [
    ("- {model: seeds.nothing, fields: {code: x}}", "", "no such model"),
    ("- {fields: {code: x}}", "", "names no model"),
    ("- {model: seeds.category, feilds: {code: x}}", "", "no 'feilds'; allowed: model, pk"),
    ("- [1, 2]", "", "a row is a mapping"),
    ("- {model: seeds.category, fields: [code]}", "", "allowed: a mapping of field names"),
    ("- {model: seeds.category, fields: {code: x, nmae: X}}", "nmae", "allowed: changed_at, code"),
    ("- {model: seeds.category, fields: {code: x, name: 5}}", "name", "int for a text"),
    ("- {model: seeds.category, fields: {code: NO, name: Norway}}", "code", "bool for a text"),
    ("- {model: seeds.category, fields: {code: x, name: null}}", "name", "takes no null"),
    ("- {model: seeds.category, fields: {code: x y, name: X}}", "code", "valid “slug”"),
    (
        "- {model: seeds.category, fields: {code: x, name: much longer than twenty}}",
        "name",
        "at most 20 characters",
    ),
    (
        "- {model: seeds.category, fields: {code: x, name: X, position: 1.5}}",
        "position",
        "float for a whole number",
    ),
    (
        "- {model: seeds.category, fields: {code: x, name: X, position: -1}}",
        "position",
        "greater than or equal to 0",
    ),
    ("- {model: seeds.category, fields: {code: x}}", "name", "no default: give a value"),
    ("- {model: seeds.category, fields: {code: good, name: Bad}}", "", "stands at base.yaml:1"),
    ("- {model: seeds.category, fields: {name: X}}", "", "its rows cannot be told apart: give"),
    (
        "- {model: seeds.category, fields: {code: x, name: X, parent: [jaz]}}",
        "parent",
        "no row of seeds.Category has this code",
    ),
    (
        "- {model: seeds.category, fields: {code: x, name: X, parent: 4711}}",
        "parent",
        "no row of seeds.Category has this id",
    ),
    (
        "- {model: seeds.category, fields: {code: x, name: X, parent: good}}",
        "parent",
        "a natural key is written as a list",
    ),
    (
        "- {model: seeds.category, fields: {code: x, name: X, parent: [a, b]}}",
        "parent",
        "no key of 2 parts; allowed: code",
    ),
    (
        "- {model: seeds.category, fields: {code: x, parent: [x], parent_id: 1, name: X}}",
        "parent_id",
        "stands twice",
    ),
    ("- {model: seeds.sorts, pk: x, fields: {number: ten}}", "number", "text for a whole number"),
    ("- {model: seeds.sorts, pk: x, fields: {share: .inf}}", "share", "not a finite number"),
    ("- {model: seeds.sorts, pk: x, fields: {price: 1.999}}", "price", "2 decimal places"),
    ("- {model: seeds.sorts, pk: x, fields: {is_open: maybe}}", "is_open", "true, false"),
    ("- {model: seeds.sorts, pk: x, fields: {day: 2025-12-31T00:00:00}}", "day", "for a date"),
    ('- {model: seeds.sorts, pk: x, fields: {day: "2025-02-30"}}', "day", "invalid date"),
    ("- {model: seeds.sorts, pk: x, fields: {clock: 12:30}}", "clock", 'write "23:59" in quotes'),
    ("- {model: seeds.sorts, pk: x, fields: {span: 5}}", "span", "int for a duration"),
    ("- {model: seeds.sorts, pk: x, fields: {key: 12}}", "key", "UUID"),
    ("- {model: seeds.sorts, pk: x, fields: {size: m}}", "size", "allowed: 'l', 's'"),
    ('- {model: seeds.category, fields: {code: x, name: "a\\0b"}}', "name", "a NUL in a text"),
    ("- {model: seeds.region, pk: [JP], fields: {name: X}}", "pk", "2 parts (country, number)"),
    (
        "- {model: seeds.album, fields: {title: X, categories: [[good]]}}",
        "categories",
        "as rows of seeds.Album_categories",
    ),
    ("- {model: seeds.rate, fields: {category: [good], rate: 1}}", "", "cannot be told apart"),
    (
        "- {model: seeds.category, remove: yes please, fields: {code: x}}",
        "",
        "allowed: true, false",
    ),
]


@pytest.mark.parametrize(("line", "field", "said"), WRONG, ids=[one[2] for one in WRONG])
@pytest.mark.parametrize("alias", [on("default")])
def test_wrong_rows_are_told_with_their_place(
    line: str, field: str, said: str, load: Loader
) -> None:
    with pytest.raises(MasterDataFileError) as refused:
        load(GOOD + line)
    error: Any = refused.value
    text = str(error)
    assert said in text
    assert (Path(error.path).name, error.line, error.field) == ("base.yaml", 2, field), text
    assert "base.yaml:2" in text
    assert text.endswith("Nothing was written.")
    assert not Category.objects.exists()
    assert not Sorts.objects.exists()
    assert not noted(load.alias)


BROKEN = [
    ("base.yaml", "", 1, "the file is empty"),
    ("base.yaml", "# a comment\n", 1, "the file is empty"),
    ("base.yaml", "model: x\n", 1, "a list of rows is expected"),
    ("base.yaml", "- {model: x\n- {model: y}\n", 2, "broken YAML"),
    ("base.yaml", "- model: seeds.category\n\tfields: {}\n", 2, "broken YAML"),
    ("base.yaml", "- {model: a.b, fields: {code: x, code: y}}\n", 1, "'code' stands twice"),
    ("base.yaml", "- model: a.b\n  fields: {day: 2025-02-30}\n", 2, "broken YAML"),
    ("base.yaml", "- !python/object:os.system {}\n", 1, "broken YAML"),
    ("base.yaml", "--- []\n--- []\n", 2, "broken YAML"),
    ("base.json", "", 1, "the file is empty"),
    ("base.json", '[\n{"model": "x",}\n]', 2, "broken JSON"),
    ("base.json", '[\n{"model": "x"}\n{"model": "y"}]', 2, "a comma and a row"),
    ("base.json", '[\n{"model": "x"},\n', 3, "broken JSON"),
    ("base.json", "[]\n[]", 2, "something stands after the list"),
    ("base.json", '[\n{"model": "a.b", "fields": {"x": 1, "x": 2}}]', 2, "'x' stands twice"),
    ("base.json", '{"model": "x"}', 1, "a list of rows"),
    ("base.category.csv", "", 1, "the file is empty"),
    ("base.category.csv", "code,name\na,b,c\n", 2, "3 cells, and the header names 2"),
    ("base.category.csv", "code,code\na,b\n", 1, "names a field twice"),
    ("base.category.csv", 'code,name\n"a,b\n', 2, "broken CSV"),
    ("base.category.csv", "code,[remove]\na,maybe\n", None, "allowed: true, or nothing"),
    ("base.csv", "code\na\n", None, "no name of a data file"),
    ("base.txt", "x", None, "no name of a data file"),
    ("base.test.yaml", "[]", None, "base is for every one"),
]


@pytest.mark.parametrize(("name", "text", "line", "said"), BROKEN)
@pytest.mark.parametrize("alias", [on("default")])
def test_broken_files_are_told_with_their_line(
    name: str, text: str, line: int | None, said: str, load: Loader, write: Write
) -> None:
    write("0002_rows/production.yaml", GOOD)
    write(f"0002_rows/{name}", text)
    with environment("production"), pytest.raises(MasterDataFileError) as refused:
        load()
    assert said in str(refused.value)
    error: Any = refused.value
    assert (Path(error.path).name, error.line) == (name, line)
    assert not Category.objects.exists()


def test_all_that_is_wrong_is_told_at_once(load: Loader) -> None:
    lines = [f"- {{model: seeds.category, fields: {{code: c{n}, name: {n}}}}}" for n in range(30)]
    with pytest.raises(MasterDataFileError) as refused:
        load("\n".join(lines))
    assert len(refused.value.problems) == 30
    assert "and 10 more" in str(refused.value)
    assert isinstance(refused.value, CommandError)


@pytest.mark.parametrize("alias", [on("default")])
def test_files_that_say_two_things_or_none(load: Loader, write: Write, tmp_path: Path) -> None:
    with pytest.raises(MasterDataFileError, match=r"no such folder, nor .*fixtures"):
        load(name="0009_missing")
    fixtures = tmp_path / "fixtures" / "0002_rows"
    fixtures.mkdir(parents=True)
    with pytest.raises(MasterDataFileError, match="no data files"):
        load()
    (fixtures / "base.yaml").write_text(GOOD)
    load()
    assert Category.objects.count() == 1
    write("0002_rows/base.yaml", GOOD)
    with pytest.raises(MasterDataFileError, match="both hold this data set"):
        load()
    (tmp_path / "masterdata" / "0002_rows" / "base.yaml").unlink()
    (tmp_path / "masterdata" / "0002_rows").rmdir()
    write("0003_twice/base.yaml", GOOD)
    write("0003_twice/base.json", "[]")
    with pytest.raises(MasterDataFileError, match=r"base\.json stands for the same"):
        load(name="0003_twice")
    write("0004_bytes/base.yaml", "x").write_bytes(b"- \xff\xfe")
    with pytest.raises(MasterDataFileError, match="no UTF-8 text"):
        load(name="0004_bytes")


@pytest.mark.parametrize("alias", [on("default")])
def test_lists_without_rows_and_byte_order_marks_are_no_errors(load: Loader, write: Write) -> None:
    write("0002_rows/base.yaml", "[]")
    write("0002_rows/base.category.csv", "\ufeffcode,name\r\njazz,Jazz\r\n")
    load()
    assert Category.objects.get().code == "jazz"


def test_a_frozen_file_that_was_changed_stops_the_next_load(load: Loader, write: Write) -> None:
    load(GOOD)
    path = write("0002_rows/base.yaml", GOOD.replace("Good", "Better"))
    write("0003_more/base.yaml", "- {model: seeds.category, fields: {code: more, name: More}}")
    with pytest.raises(MasterDataFileError, match="changed after it was loaded") as refused:
        load(name="0003_more")
    error: Any = refused.value
    assert error.path == str(path)
    assert Category.objects.count() == 1
    path.write_bytes(GOOD.replace("\n", "\r\n").encode())  # a checkout on Windows
    load(name="0003_more")
    assert Category.objects.count() == 2
    path.unlink()
    load.back()  # the journal is enough
    assert Category.objects.get().code == "more"


def test_an_error_of_the_database_leaves_nothing_behind(load: Loader) -> None:
    Category.objects.create(pk=77, code="other", name="Other")
    with pytest.raises(MasterDataFileError, match="database refuses"):
        load(
            """
            - {model: seeds.category, pk: 76, fields: {code: fine, name: Fine}}
            - {model: seeds.category, pk: 78, fields: {code: other, name: Taken}}
            """
        )
    assert Category.objects.get().code == "other"
    assert not noted(load.alias)


@pytest.mark.parametrize("alias", [on("default")])
def test_a_key_that_the_table_has_under_another_primary_key(load: Loader) -> None:
    Category.objects.create(pk=77, code="jazz", name="Jazz")
    with pytest.raises(MasterDataFileError, match=r"with 77, and a primary key cannot change"):
        load(
            "- {model: seeds.category, pk: 5, fields: {code: jazz}}",
            keys={"seeds.category": ["code"]},
        )
    assert Category.objects.get().pk == 77


@pytest.mark.parametrize("alias", [on("default")])
def test_a_load_of_which_nothing_is_noted_cannot_be_taken_back(load: Loader, write: Write) -> None:
    write("0002_rows/base.yaml", GOOD)
    Category.objects.create(code="good", name="Good")
    with pytest.raises(MasterDataError, match="migrate --fake"):
        load.back()
    assert Category.objects.count() == 1


@pytest.mark.parametrize("alias", [on("default")])
def test_a_circle_that_no_null_opens_is_told(load: Loader) -> None:
    with pytest.raises(MasterDataFileError, match="refers to itself in a circle|no row of"):
        load("- {model: seeds.place, fields: {parent: [[null, a], b], name: b}}")


@pytest.mark.parametrize("alias", [on("default")])
def test_without_pyyaml_the_extra_is_named(load: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "yaml", None)
    with pytest.raises(MissingExtraError, match=r"queryaudit\[yaml\]"):
        load(GOOD)


def test_errors_cross_processes(load: Loader) -> None:
    import pickle

    with pytest.raises(MasterDataFileError) as refused:
        load("- {model: seeds.category, fields: {code: x, name: X, parent: [jaz]}}")
    copy = pickle.loads(pickle.dumps(refused.value))
    assert str(copy) == str(refused.value)
    assert (copy.field, copy.line) == ("parent", 1)
