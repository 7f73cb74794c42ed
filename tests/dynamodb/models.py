"""Models of DynamoDB that the tests use."""

from typing import Any

from pynamodb.attributes import (
    BinaryAttribute,
    BinarySetAttribute,
    BooleanAttribute,
    JSONAttribute,
    ListAttribute,
    MapAttribute,
    NumberAttribute,
    NumberSetAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    UTCDateTimeAttribute,
    VersionAttribute,
)
from pynamodb.indexes import (
    AllProjection,
    GlobalSecondaryIndex,
    KeysOnlyProjection,
    LocalSecondaryIndex,
)

from queryaudit.dynamodb import DynamoDBManager, DynamoModel
from queryaudit.dynamodb.attributes import StringJoinAttribute


class ByDay(GlobalSecondaryIndex["Reading"]):
    class Meta:
        projection = AllProjection()

    day = UnicodeAttribute(hash_key=True)
    number = NumberAttribute(range_key=True)


class ByTemperature(LocalSecondaryIndex["Reading"]):
    class Meta:
        index_name = "temperatures"
        projection = KeysOnlyProjection()

    sensor = UnicodeAttribute(hash_key=True)
    temperature = NumberAttribute(range_key=True)


class Reading(DynamoModel):
    class Meta:
        table_name = "readings"

    sensor = UnicodeAttribute(hash_key=True)
    number = NumberAttribute(range_key=True)
    day = UnicodeAttribute(null=True)
    temperature = NumberAttribute(null=True)
    note = UnicodeAttribute(null=True)
    is_checked = BooleanAttribute(default=False)

    by_day = ByDay()
    by_temperature = ByTemperature()
    days = DynamoDBManager(index=by_day)
    temperatures = DynamoDBManager(index="by_temperature")


class Place(MapAttribute[str, str]):
    town = UnicodeAttribute()
    street = UnicodeAttribute(null=True)


class Sample(DynamoModel):
    """An attribute of each class of PynamoDB, under names of their own in the table."""

    class Meta:
        table_name = "samples"

    code = UnicodeAttribute(hash_key=True, attr_name="c")
    number = NumberAttribute(null=True, attr_name="n")
    is_true = BooleanAttribute(null=True)
    at = UTCDateTimeAttribute(null=True)
    until = TTLAttribute(null=True)
    raw = BinaryAttribute(null=True, legacy_encoding=False)
    raws = BinarySetAttribute(null=True, legacy_encoding=False)
    words = UnicodeSetAttribute(null=True)
    numbers = NumberSetAttribute(null=True)
    anything = JSONAttribute(null=True)
    place = Place(null=True)
    rows: ListAttribute[Any] = ListAttribute(null=True)
    free: MapAttribute[str, str] = MapAttribute(null=True)


class Dated(DynamoModel):
    class Meta:
        table_name = "dated"

    code = UnicodeAttribute(hash_key=True)
    day = UnicodeAttribute(range_key=True)


class Versioned(DynamoModel):
    class Meta:
        table_name = "versioned"

    code = UnicodeAttribute(hash_key=True)
    text = UnicodeAttribute(null=True)
    version = VersionAttribute()


class Raw(DynamoModel):
    class Meta:
        table_name = "raws"

    code = BinaryAttribute(hash_key=True, legacy_encoding=False)
    part = BinaryAttribute(range_key=True, legacy_encoding=False)


class Joined(DynamoModel):
    """Keys of several values, one of them under the name of a method."""

    class Meta:
        table_name = "joined"

    key = StringJoinAttribute([UnicodeAttribute(), NumberAttribute()], hash_key=True)
    part = StringJoinAttribute([UnicodeAttribute(), UnicodeAttribute()], range_key=True)
    note = UnicodeAttribute(null=True)


class Timed(DynamoModel):
    class Meta:
        table_name = "timed"

    at = UTCDateTimeAttribute(hash_key=True)
