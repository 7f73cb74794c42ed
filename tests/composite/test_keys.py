"""Keys as values: tuple and text."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

import pytest
from django.template import Context, Template

from queryaudit.composite import format_key, parse_key
from queryaudit.composite.keys import Key
from queryaudit.errors import CompositeKeyError
from tests.composite.models import Branch, Reading

ODD_TEXTS = ["JP", "", ",", "\\", "a,b\\,c", "[1", "日本", "\n", '"', "\\,", "a\\", "%s", "1"]
DEVICE = UUID("12345678-1234-5678-1234-567812345678")


@pytest.mark.parametrize("text", ODD_TEXTS)
def test_any_text_can_be_a_part(text: str) -> None:
    assert parse_key(format_key((1, text)), Branch) == (1, text)


def test_a_bracket_may_begin_a_key() -> None:
    from queryaudit.composite.keys import read_key

    fields = list(reversed(Branch._meta.pk_fields))
    assert format_key(("[x", 1)) == "\\[x,1"
    assert read_key("\\[x,1", fields, "a key") == ("[x", 1)


def test_each_part_is_of_the_type_of_its_field() -> None:
    key = parse_key("12345678-1234-5678-1234-567812345678,2026-03-01", Reading)
    assert key == (DEVICE, date(2026, 3, 1))
    assert str(key) == "12345678-1234-5678-1234-567812345678,2026-03-01"


@pytest.mark.parametrize(
    ("part", "text"),
    [
        (datetime(2026, 3, 1, 12, 30, tzinfo=UTC), "2026-03-01T12:30:00+00:00"),
        (timedelta(days=1, seconds=2), "P1DT00H00M02S"),
        (Decimal("1.50"), "1.50"),
        (b"\x00\xff", "AP8="),
        (True, "True"),
    ],
)
def test_values_are_written_so_that_their_fields_read_them(part: object, text: str) -> None:
    assert format_key((part, 1)) == f"{text},1"


def test_djangos_json_of_a_key_is_read() -> None:
    assert parse_key(json.dumps(["1", "JP"]), Branch) == (1, "JP")


def test_the_key_of_a_row_is_a_tuple_that_shows_as_text() -> None:
    branch = Branch(company=1, country_code="a,b")
    assert branch.pk == (1, "a,b")
    assert f"{branch.pk}" == str(branch.pk) == "1,a\\,b"
    assert Template("{{ branch.pk }}").render(Context({"branch": branch})) == "1,a\\,b"
    assert str(Branch(company=1, country_code=cast("str", None)).pk) == "(1, None)"
    branch.pk = "2,US"
    assert (branch.company, branch.country_code) == (2, "US")
    branch.pk = None
    assert branch.company is None


def test_a_key_hashes_as_its_tuple() -> None:
    rows: dict[tuple[Any, ...], int] = {Key((1, "JP")): 1}
    assert rows[1, "JP"] == 1


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("1", "tests.Branch"),
        ("1,2,3", "2 parts"),
        ("x,JP", "part company"),
        ("[1", "2 parts"),
        ((1,), "2 parts"),
        (7, "2 parts"),
        (("x", "JP"), "IntegerField"),
    ],
)
def test_what_is_no_key_is_named_with_what_is_allowed(value: object, said: str) -> None:
    with pytest.raises(CompositeKeyError) as raised:
        Branch.objects.filter(pk=value)
    text = str(raised.value)
    assert said.replace("tests.", "composite.") in text
    assert "composite.Branch.pk" in text
    assert "allowed" in text
    with pytest.raises(CompositeKeyError):
        Branch.objects.filter(pk__in=[value])
    with pytest.raises(CompositeKeyError):
        Branch(pk=value)


def test_a_key_with_none_has_no_text() -> None:
    with pytest.raises(CompositeKeyError, match="not None"):
        format_key((1, None))
