"""What master data in local memory answers is counted beside the queries."""

import pytest

import queryaudit
from queryaudit import masterdata
from queryaudit.masterdata import lifecycle
from queryaudit.recording.memory import MAX_SOURCES, MemoryLedger, MemoryReads
from tests.masterdata.models import Album, Country, Region

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _nothing_held() -> object:
    lifecycle.forget()
    yield
    lifecycle.forget()


def test_hits_loads_and_misses_are_counted_by_model() -> None:
    country = Country.objects.create(code="JP")
    Album.objects.bulk_create(Album(title=f"album {n}", country=country) for n in range(5))
    with queryaudit.audit() as audit:
        codes = [album.country.code for album in Album.objects.all() if album.country]
        Country.cached.get(code="JP")
        Country.cached.filter(size=0).count()
    assert codes == ["JP"] * 5
    (reads,) = audit.memory_reads
    assert (reads.source, reads.misses) == ("masterdata_tests.Country", 0)
    assert reads.loads >= 1
    assert reads.hits + reads.loads == 7
    assert "from memory: masterdata_tests.Country 7 reads" in str(audit)
    assert [finding.relation for finding in audit.findings] == []


def test_an_audit_around_another_counts_its_reads_too() -> None:
    Region.objects.create(name="Asia")
    masterdata.warm()
    with queryaudit.audit() as outer:
        Region.cached.first()
        with queryaudit.audit() as inner:
            len(Region.cached.all())
    assert [reads.hits for reads in inner.memory_reads] == [1]
    assert [reads.hits for reads in outer.memory_reads] == [2]
    assert outer.to_record().memory == outer.memory_reads
    with queryaudit.audit() as other:
        pass
    assert other.memory_reads == ()


def test_sources_are_bounded() -> None:
    ledger = MemoryLedger()
    for number in range(MAX_SOURCES + 10):
        ledger.add(f"app.Model{number}", "hit", 1)
    assert len(list(ledger)) == MAX_SOURCES
    ledger.add("app.Model7", "miss", 3)
    assert next(iter(ledger)) == MemoryReads("app.Model7", 1, 0, 1, 4)
