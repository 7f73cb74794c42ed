"""What is read is what PynamoDB reads, attribute by attribute."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import AttributeDeserializationError

from queryaudit.dynamodb import DynamoModel
from queryaudit.dynamodb.attributes import BooleanUnicodeAttribute, StringJoinAttribute
from queryaudit.dynamodb.decoders import instances_decoder, values_decoder
from tests.dynamodb.models import Place, Sample, Versioned

WHOLE: dict[str, Any] = {
    "number": -1.5e30,
    "is_true": False,
    "at": datetime(2024, 2, 29, 12, 30, 1, 5, tzinfo=UTC),
    "until": datetime(2030, 1, 1, tzinfo=UTC),
    "raw": b"\x00\xff",
    "raws": {b"\x00", b"\xff\xfe"},
    "words": {"a", "b"},
    "numbers": {1, 2.5},
    "anything": {"B": ["x", {"S": "y"}], "none": None},
    "place": Place(town="T", street="S"),
    "rows": [1, "a", {"b": [True, None]}],
    "free": {"B": "x", "deep": {"BS": ["y"]}},
}


def theirs(code: str) -> Any:
    """Return the object as PynamoDB alone reads and makes it."""
    from botocore.session import get_session

    connection = Sample._get_connection()
    client = get_session().create_client(
        "dynamodb",
        region_name="eu-west-1",
        endpoint_url=connection.connection.host,
        aws_access_key_id="tests",
        aws_secret_access_key="tests",  # noqa: S106
    )
    item = client.get_item(TableName=connection.table_name, Key={"c": {"S": code}})["Item"]
    return Sample._instantiate(item)


@pytest.mark.parametrize("names", [list(WHOLE), [], *([name] for name in WHOLE)], ids=str)
def test_instances_are_those_of_pynamodb(tables: Any, names: list[str]) -> None:
    Sample("one", **{name: WHOLE[name] for name in names}).save()
    expected = theirs("one")
    for found in (
        Sample.objects.get(code="one"),
        Sample.objects.filter(code="one").first(),
        Sample.objects.in_bulk(["one"])["one"],
        next(iter(Sample.objects.scan())),
        Sample.get("one"),
        next(iter(Sample.query("one"))),
    ):
        assert found.serialize() == expected.serialize()
        assert found.attribute_values.keys() == expected.attribute_values.keys()
        for name, value in found.attribute_values.items():
            assert type(value) is type(expected.attribute_values[name]), name
    (values,) = Sample.objects.filter(code="one").values()
    for name, value in values.items():
        if name not in {"place", "free"}:
            assert value == getattr(expected, name), name
    (found_tuple,) = Sample.objects.filter(code="one").values_list("at", "number", "raw")
    assert found_tuple == (expected.at, expected.number, expected.raw)


class Small(DynamoModel):
    class Meta:
        abstract = True

    code = UnicodeAttribute(hash_key=True)
    number = NumberAttribute(default=7)
    more = NumberAttribute(null=True, default=lambda: 8)


@pytest.mark.parametrize(
    "item",
    [
        {"code": {"S": "a"}},
        {"code": {"S": "a"}, "number": {"NULL": True}, "more": {"NULL": True}},
        {"code": {"S": "a"}, "number": {"N": "1E+3"}, "more": {"N": "-0.5"}},
        {"code": {"S": "a"}, "number": {"N": "12345678901234567890"}, "unknown": {"S": "x"}},
    ],
)
def test_items_of_other_forms(item: Any) -> None:
    (row,) = instances_decoder(Small)([item])
    assert row.attribute_values == Small._instantiate(item).attribute_values
    names = ("code", "number", "more")
    expected = tuple(getattr(row, name) for name in names)
    assert values_decoder(Small, names, "tuples")([item, item]) == [expected, expected]


def test_a_wrong_type_is_refused_as_by_pynamodb() -> None:
    for item in ({"code": {"N": "1"}}, {"code": {"S": "a"}, "more": {"S": "x"}}):
        with pytest.raises(AttributeDeserializationError):
            instances_decoder(Small)([item])
        with pytest.raises(AttributeDeserializationError):
            values_decoder(Small, ("code", "more"), "values")([item])


def test_models_with_ways_of_their_own_are_left_to_pynamodb() -> None:
    class Own(Small):
        class Meta:
            abstract = True

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.made = True

    (row,) = instances_decoder(Own)([{"code": {"S": "a"}}])
    assert row.made


def test_versions_are_kept(tables: Any) -> None:
    one = Versioned("a", text="first")
    one.save()
    assert Versioned.objects.get(code="a").version == 1
    other = Versioned.objects.get(code="a")
    other.text = "second"
    other.save()
    assert Versioned.objects.get(code="a").version == 2


def test_attributes_of_pydjamodb() -> None:
    joined = StringJoinAttribute([UnicodeAttribute(), NumberAttribute()])
    assert joined.deserialize(joined.serialize(("a", 3))) == ["a", 3]
    with pytest.raises(ValueError, match="separator"):
        joined.serialize(("a||b", 3))
    truth = BooleanUnicodeAttribute()
    assert [truth.deserialize(truth.serialize(one) or "") for one in (True, False)] == [True, False]
