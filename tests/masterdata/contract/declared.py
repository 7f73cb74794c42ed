"""What the contract holds, declared as a site does; the other process imports it, too."""

from pynamodb.attributes import ListAttribute, NumberAttribute, UnicodeAttribute

from queryaudit import masterdata
from queryaudit.dynamodb import DynamoModel
from queryaudit.masterdata import registry
from tests.masterdata.models import Country

TTL = 2.0
POLL = 0.1


class Price(DynamoModel):
    """A price by country and day; of one country, a partition."""

    class Meta:
        table_name = "contract_prices"

    country = UnicodeAttribute(hash_key=True)
    number = NumberAttribute(range_key=True)
    value = NumberAttribute(default=0)
    words: ListAttribute[str] = ListAttribute(default=list)


_before = list(registry.declared)
sizes = masterdata.cached(Country.rows.sizes)
at_least = masterdata.cached(Country.rows.at_least)
large = masterdata.cached(Country.objects.filter(size__gte=2))
prices = masterdata.cached(Price.objects, ttl=60, poll=POLL)
all_prices = masterdata.cached(Price.objects.scan(), ttl=TTL)

# Of these tests alone: others begin without.
DECLARED = registry.declared[len(_before) :]
registry.declared[:] = _before
