"""The public API as users write it. Only type-checked, never run."""

from collections.abc import AsyncIterator
from typing import Any, assert_type

from django.db.models import CharField, DecimalField, Model
from django.http import HttpRequest, HttpResponse

import queryaudit
from queryaudit import Audit, Finding, QueryAuditError, masterdata, rawsql, stores
from queryaudit.errors import RawSQLError
from queryaudit.findings.base import Location, Price
from queryaudit.findings.record import AuditRecord
from queryaudit.masterdata import MasterData, MasterDataManager, MasterDataSet
from queryaudit.middleware import QueryAuditMiddleware
from queryaudit.rawsql import LazyRows, NamedQuery, RawSQLManager
from queryaudit.signals import request_audited
from queryaudit.stores.health import Failure


def blocks() -> None:
    with queryaudit.audit() as audit:
        pass
    assert_type(audit, Audit)
    assert_type(audit.id, str)
    assert_type(audit.query_count, int)
    assert_type(audit.transaction_statements, int)
    assert_type(audit.db_time, float)
    assert_type(audit.expected_count, int | None)
    assert_type(audit.price, Price)
    assert_type(audit.findings, list[Finding])
    with queryaudit.audit(label="orders", raise_=True, deep=True, explain=True):
        pass
    with queryaudit.ignore("shop.Album.tags", reason="two rows at most"):
        pass
    assert_type(audit.ignored, list[Finding])
    assert_type([use.is_stale for use in audit.ignores], list[bool])


async def async_blocks() -> None:
    async with queryaudit.audit() as audit:
        pass
    assert_type(audit, Audit)


def read(finding: Finding) -> None:
    assert_type(finding.kind, str)
    assert_type(finding.severity, str)
    assert_type(finding.relation, str | None)
    assert_type(finding.used_at, Location | None)
    assert_type(finding.uses, tuple[Location, ...])
    assert_type(finding.fix, str)
    assert_type(finding.fix_at, Location | None)
    assert_type(finding.expected_count, int | None)
    assert_type(finding.price[5], tuple[float, float | None])


@queryaudit.audit(label="report")
def report(year: int) -> str:
    return str(year)


@queryaudit.audit()
@queryaudit.ignore(reason="a nightly report")
async def fetch(year: int) -> str:
    return str(year)


async def call() -> None:
    assert_type(report(2026), str)
    assert_type(await fetch(2026), str)


def view(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


async def rows() -> AsyncIterator[int]:
    yield 1


def kept() -> None:
    assert_type(stores.recent(10), list[AuditRecord])
    assert_type(stores.read("id"), AuditRecord | None)
    assert_type(stores.problem(), Failure | None)


class AlbumRows(RawSQLManager):
    def of_artist(self, artist: int) -> list[Any]:
        return self.fetch("SELECT 1 AS n WHERE 1 = %(artist)s", {"artist": artist}, pause_gc=True)


class Shelf:
    rows = AlbumRows(types={"total": DecimalField()}, empty="match_none")


def raw() -> None:
    assert_type(Shelf.rows, AlbumRows)
    assert_type(Shelf.rows.using("replica"), AlbumRows)
    assert_type(Shelf.rows.fetch("SELECT 1 AS n"), list[Any])
    assert_type(Shelf.rows.lazy("SELECT 1 AS n", [1], identifiers={"sort": "title"}), LazyRows)
    assert_type(Shelf.rows.explain("SELECT 1 AS n", format="json"), str)
    assert_type(Shelf.rows.albums_of_artist, NamedQuery[Any])
    try:
        rawsql.fetch_one("SELECT 1 AS n", using="replica")
    except RawSQLError as error:
        assert_type(error.position, tuple[int, ...] | None)


async def raw_twins() -> None:
    assert_type(await Shelf.rows.afetch("SELECT 1 AS n", {"a": 1}), list[Any])
    async for _ in Shelf.rows.aiterator("SELECT 1 AS n", chunk_size=10):
        pass
    async for _ in Shelf.rows.lazy("SELECT 1 AS n"):
        pass


def errors() -> None:
    try:
        report(2026)
    except QueryAuditError:
        pass


def hear(*, audit: Audit, **_: object) -> None:
    print(audit)


request_audited.connect(hear)
QueryAuditMiddleware(view)


class Country(Model):
    code = CharField(max_length=2, unique=True)

    cached = MasterDataManager(read_only=True, depends_on=["a_table"], ttl=60)


async def master_data() -> None:
    assert_type(Country.cached, MasterData[Country])
    assert_type(Country.cached.get(code="JP"), Country)
    assert_type(Country.cached.filter(code="JP"), MasterDataSet[Country])
    assert_type(Country.cached.all().first(), Country | None)
    assert_type([row.code for row in Country.cached.all()], list[str])
    assert_type(await Country.cached.aget(pk=1), Country)
    assert_type(await Country.cached.all().afirst(), Country | None)
    assert_type(masterdata.stats(), list[dict[str, Any]])
    assert_type(masterdata.warm(), int)
    masterdata.clear()
