"""Each kind of what is held, by the same few words."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, ClassVar, Protocol

from django.test import override_settings

from tests.dynamodb.conftest import at
from tests.masterdata.contract import declared
from tests.masterdata.contract.gate import Gate
from tests.masterdata.models import Country, Currency, Rate
from tests.masterdata.other import Other
from tests.stores.redis_process import RedisProcess

WITHIN = 0.1  # seconds after another process's commit


class Kind(Protocol):
    """Three rows, numbers 1 to 3, each with a value of ten times its number.

    ``within`` are the seconds in which a write of a process that declares the same is seen,
    ``slowest`` those for any other write, None where that may be never.
    """

    label: str
    within: float
    slowest: float | None
    is_shared: bool

    def fill(self) -> None: ...
    def get(self, number: int) -> Any: ...
    def all(self) -> list[Any]: ...
    def value(self, row: Any) -> int: ...
    def write(self, number: int, value: int) -> None: ...
    def other_writes(self, number: int, value: int) -> str: ...
    def other(self) -> AbstractContextManager[Any]: ...
    def lost(self, folder: Path) -> AbstractContextManager[None]: ...
    def spoil(self, row: Any) -> None: ...


class SQL:
    """What tables have in common."""

    within = WITHIN
    slowest: float | None = None
    is_shared = False
    is_asked_when_lost = True

    def __init__(self, alias: str) -> None:
        self.alias = alias

    def other(self) -> Any:
        return Other()

    @contextmanager
    def lost(self, folder: Path) -> Iterator[None]:
        """Hear of others by Redis, whose server then goes away."""
        server = RedisProcess(folder)
        server.start()
        try:
            with override_settings(
                QUERYAUDIT={"MASTERDATA": {"COHERENCE": "redis", "URL": server.url}}
            ):
                self.get(1)  # type: ignore[attr-defined]
                server.stop()
                yield
        finally:
            server.stop()


class OfModel(SQL):
    cached: Any = Country.cached
    label = "masterdata_tests.Country"

    def fill(self) -> None:
        for number in (1, 2, 3):
            Country.objects.create(code=f"c{number}", size=number * 10, details={"list": []})

    def get(self, number: int) -> Any:
        return Country.cached.get(code=f"c{number}")

    def all(self) -> list[Any]:
        return list(Country.cached.all())

    def value(self, row: Any) -> int:
        return int(row.size)

    def write(self, number: int, value: int) -> None:
        Country.objects.filter(code=f"c{number}").update(size=value)

    def other_writes(self, number: int, value: int) -> str:
        return (
            f"Country.objects.using({self.alias!r}).filter(code='c{number}').update(size={value})"
        )

    def spoil(self, row: Any) -> None:
        row.size = 99
        row.details["list"].append(1)


class OfQuerySet(OfModel):
    """A queryset that ``cached()`` was given."""

    cached = declared.large

    def get(self, number: int) -> Any:
        return declared.large.get(code=f"c{number}")

    def all(self) -> list[Any]:
        return list(declared.large)


class OfCompositeKey(SQL):
    cached: Any = Rate.cached
    label = "masterdata_tests.Rate"

    def fill(self) -> None:
        for number in (1, 2, 3):
            currency = Currency.objects.create(code=f"c{number}", name="a")
            Rate.objects.create(currency=currency, year=2026, value=number * 10)

    def get(self, number: int) -> Any:
        return Rate.cached.get(pk=(f"c{number}", 2026))

    def all(self) -> list[Any]:
        return sorted(Rate.cached.all(), key=lambda row: str(row.pk))

    def value(self, row: Any) -> int:
        return int(row.value)

    def write(self, number: int, value: int) -> None:
        Rate.objects.filter(pk=(f"c{number}", 2026)).update(value=value)

    def other_writes(self, number: int, value: int) -> str:
        rows = f"Rate.objects.using({self.alias!r})"
        return f"{rows}.filter(currency_id='c{number}').update(value={value})"

    def spoil(self, row: Any) -> None:
        row.value = 99


class OfRawSQL(OfModel):
    cached = declared.sizes
    label = "masterdata_tests.Country.sizes"
    is_shared = True

    def get(self, number: int) -> Any:
        return declared.sizes.get(code=f"c{number}")

    def all(self) -> list[Any]:
        return declared.sizes()  # type: ignore[no-any-return]

    def spoil(self, row: Any) -> None:
        row.size = 99


class OfRawParameters(OfRawSQL):
    """A query with parameters."""

    cached = declared.at_least

    label = "masterdata_tests.Country.at_least"

    def get(self, number: int) -> Any:
        return declared.at_least.bind(size=0).get(code=f"c{number}")

    def all(self) -> list[Any]:
        return declared.at_least(size=0)  # type: ignore[no-any-return]


class OfPartition:
    """Items of one hash key of DynamoDB; processes hear of each other by the version item."""

    label = "tests.masterdata.contract.declared.Price"
    within = declared.POLL + WITHIN
    slowest: float | None = None
    is_shared = False
    is_asked_when_lost = False
    cached: ClassVar[Any] = declared.prices

    def __init__(self, address: str) -> None:
        self.address = address

    def fill(self) -> None:
        declared.Price.objects.bulk_create(
            declared.Price(country="JP", number=number, value=number * 10, words=["a"])
            for number in (1, 2, 3)
        )

    def get(self, number: int) -> Any:
        return self.cached.get(country="JP", number=number)

    def all(self) -> list[Any]:
        return list(self.cached.filter(country="JP"))

    def value(self, row: Any) -> int:
        return int(row.value)

    def write(self, number: int, value: int) -> None:
        declared.Price("JP", number).update(actions=[declared.Price.value.set(value)])

    def other_writes(self, number: int, value: int) -> str:
        return f"Price('JP', {number}).update(actions=[Price.value.set({value})]) and None"

    def other(self) -> Any:
        return Other(dynamodb=self.address)

    @contextmanager
    def lost(self, folder: Path) -> Iterator[None]:
        with Gate(self.address) as gate, at(gate.address):
            self.get(1)
            gate.close()
            yield

    def spoil(self, row: Any) -> None:
        row.value = 99
        row.words.append("b")


class OfScan(OfPartition):
    """A whole table of DynamoDB, which only its ttl renews."""

    within = declared.TTL + WITHIN
    slowest: float | None = declared.TTL + WITHIN
    cached: ClassVar[Any] = declared.all_prices

    def all(self) -> list[Any]:
        return sorted(self.cached.all(), key=lambda row: row.number)
