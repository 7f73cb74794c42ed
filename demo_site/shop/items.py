"""What the record shop keeps in DynamoDB; imported where a server runs."""

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute

from queryaudit.dynamodb import DynamoModel


class Price(DynamoModel):
    """What an album costs in a country, in cents of a euro, its taxes included."""

    class Meta:
        table_name = "prices"

    country = UnicodeAttribute(hash_key=True)  # ISO 3166, two letters
    album = NumberAttribute(range_key=True)
    cents = NumberAttribute()


class PlayCount(DynamoModel):
    """How often an album was played on a day, and by the hours of each country."""

    class Meta:
        table_name = "play-counts"

    album = NumberAttribute(hash_key=True)
    day = UnicodeAttribute(range_key=True)  # ISO 8601, which sorts as days do
    plays = NumberAttribute()
    hours = JSONAttribute()
