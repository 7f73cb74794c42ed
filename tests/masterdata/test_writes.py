"""Every way to write: afterwards memory says what the database says."""

from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.management import call_command
from django.db import connections, migrations, models, transaction
from django.db.migrations.state import ProjectState

from queryaudit.masterdata import MasterDataManager
from queryaudit.masterdata.manager import MasterData
from tests.conftest import needs_mariadb, needs_postgres
from tests.masterdata.conftest import ALIASES, on
from tests.masterdata.models import (
    Album,
    Country,
    CountryName,
    CountryProxy,
    Currency,
    Island,
    Region,
    Shop,
)

Write = Callable[[list[Any], str], object]
TABLE = "masterdata_tests_country"


def sql(text: str, params: Any = None, *, many: bool = False) -> Write:
    def write(rows: list[Any], alias: str) -> None:
        with connections[alias].cursor() as cursor:
            if many:
                cursor.executemany(text, params)
            else:
                cursor.execute(text, params)

    return write


def save(rows: list[Any], alias: str) -> None:
    rows[0].name = "Nippon"
    rows[0].save()


def bulk_update(rows: list[Any], alias: str) -> None:
    for row in rows:
        row.name = row.name.upper()
    Country.objects.bulk_update(rows, ["name"])


def historical(rows: list[Any], alias: str) -> None:
    """What a data migration does: a model made for it, of which no signal tells."""
    state = ProjectState()
    fields: Any = [("id", models.BigAutoField(primary_key=True)), ("name", models.CharField())]
    options = {"db_table": TABLE}
    migrations.CreateModel("Country", fields, options).state_forwards("past", state)
    past: Any = state.apps.get_model("past", "Country")
    past.objects.using(alias).filter(pk=rows[0].pk).update(name="past")


def clear_region(rows: list[Any], alias: str) -> None:
    Region.objects.get(name="Europe").countries.clear()


def add_field(rows: list[Any], alias: str) -> None:
    field = models.IntegerField(default=7)
    field.set_attributes_from_name("size")
    with connections[alias].schema_editor(atomic=False) as editor:
        editor.execute(f"CREATE TABLE scratch_{alias} (id integer)")
        editor.execute(f"DROP TABLE scratch_{alias}")
    Country.objects.update(size=9)


EVERYWHERE: dict[str, Write] = {
    "save": save,
    "create": lambda rows, alias: Country.objects.create(code="NZ"),
    "delete": lambda rows, alias: rows[0].delete(),
    "update": lambda rows, alias: Country.objects.filter(code="JP").update(name="x"),
    "update by an expression": lambda *_: Country.objects.update(size=models.F("size") + 1),
    "queryset.delete": lambda *_: Country.objects.filter(size=2).delete(),
    "bulk_create": lambda *_: Country.objects.bulk_create([Country(code=c) for c in "abc"]),
    "bulk_update": bulk_update,
    "update_or_create": lambda *_: Country.objects.update_or_create({"name": "x"}, code="JP"),
    "get_or_create": lambda *_: Country.objects.get_or_create(code="NZ"),
    "an upsert": lambda *_: Country.objects.bulk_create(
        [Country(code="JP", name="up")], ignore_conflicts=True
    ),
    "asave": lambda rows, _: async_to_sync(Country.objects.filter(pk=rows[0].pk).aupdate)(name="a"),
    "a reverse set": clear_region,
    "a cascade of Python": lambda *_: Region.objects.all().delete(),
    "a proxy": lambda *_: CountryProxy.objects.update(name="proxy"),
    "a child": lambda *_: Island.objects.create(code="IS", name="Iceland", sea="Atlantic"),
    "a historical model": historical,
    "raw SQL": sql(f"UPDATE {TABLE} SET name = 'raw'"),
    "raw SQL, lower case, comment": sql(f"/* x */ update {TABLE}\nset name = 'raw'"),
    "raw SQL, an alias": sql(f"DELETE FROM {TABLE} WHERE code IN (%s, %s)", ["JP", "DE"]),
    "executemany": sql(f"UPDATE {TABLE} SET name = %s", [["one"], ["two"]], many=True),
    "bytes in the text": sql(f"UPDATE {TABLE} SET name = 'DELETE FROM x;'"),
    "a schema": add_field,
    "flush": lambda _, alias: call_command("flush", database=alias, interactive=False, verbosity=0),
}
OF_ONE: dict[str, dict[str, Write]] = {
    "default": {
        "INSERT OR REPLACE": sql(
            f"INSERT OR REPLACE INTO {TABLE} SELECT * FROM {TABLE} WHERE code = 'JP'"
        ),
        "WITH": sql(
            f"WITH x AS (SELECT 'DE' AS c) UPDATE {TABLE} SET name = 'w' "
            "WHERE code IN (SELECT c FROM x)"
        ),
        "executescript": lambda _, alias: (
            connections[alias]
            .cursor()
            .executescript(f"UPDATE {TABLE} SET name = 'script'; SELECT 1;")
        ),
        "brackets": sql(f"UPDATE [main].[{TABLE}] SET name = 'brackets'"),
        "a name in single quotes": sql(f"UPDATE '{TABLE}' SET name = 'a string'"),
        "DELETE of a name in single quotes": sql(f"DELETE FROM '{TABLE}' WHERE code = 'JP'"),
    },
    "postgres": {
        "a CTE that writes": sql(
            f"WITH gone AS (DELETE FROM {TABLE} WHERE code = 'JP' RETURNING id) "
            "SELECT count(*) FROM gone"
        ),
        "TRUNCATE": sql(f'TRUNCATE "{TABLE}" CASCADE'),
        "TRUNCATE of what is referred to": sql("TRUNCATE masterdata_tests_region CASCADE"),
        "DO": sql(f"DO $$ BEGIN UPDATE {TABLE} SET name = 'do'; END $$"),
        "a schema's name": sql(f'UPDATE "public"."{TABLE}" AS c SET name = \'schema\''),
        "ONLY": sql(f"UPDATE ONLY {TABLE} SET name = 'only'"),
        "two statements": sql(f"SELECT 1; UPDATE {TABLE} SET name = 'second'"),
        "MERGE": sql(
            f"MERGE INTO {TABLE} c USING (SELECT 'JP' AS code) x ON c.code = x.code "
            "WHEN MATCHED THEN UPDATE SET name = 'merged'"
        ),
        "PREPARE and EXECUTE": lambda rows, alias: (
            sql(f"PREPARE p AS UPDATE {TABLE} SET name = 'prepared'")(rows, alias),
            sql("EXECUTE p")(rows, alias),
            sql("DEALLOCATE p")(rows, alias),
        ),
        "copy": lambda _, alias: copy_in(alias),
        "EXPLAIN ANALYZE": sql(f"EXPLAIN ANALYZE UPDATE {TABLE} SET name = 'explained'"),
    },
    "mariadb": {
        "two tables": sql(
            f"UPDATE {TABLE} c JOIN masterdata_tests_region r ON r.id = c.region_id "
            "SET c.name = 'joined', r.name = 'joined'"
        ),
        "DELETE of an alias": sql(
            f"DELETE c FROM {TABLE} c JOIN masterdata_tests_region r ON r.id = c.region_id"
        ),
        "REPLACE": sql(f"REPLACE INTO {TABLE} SELECT * FROM {TABLE} WHERE code = 'JP'"),
        "a procedure": lambda _, alias: call_procedure(alias),
        "code in a comment": sql(f"/*! UPDATE {TABLE} SET name = 'versioned' */"),
    },
}


def copy_in(alias: str) -> None:
    with connections[alias].cursor() as cursor:
        with cursor.copy("COPY masterdata_tests_region (name) FROM STDIN") as copy:
            copy.write_row(["copied"])


def call_procedure(alias: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute("DROP PROCEDURE IF EXISTS rename_countries")
        cursor.execute(f"CREATE PROCEDURE rename_countries() UPDATE {TABLE} SET name = 'called'")
        Country.cached.warm()
        cursor.callproc("rename_countries")
        cursor.execute("SELECT 1") if cursor.nextset() else None
        cursor.execute("DROP PROCEDURE rename_countries")


MODELS: list[Any] = [Country, Region, Island]


def said(alias: str) -> list[Any]:
    """Return what memory says, and hold it against the database."""
    held = [[vars(row) | {"_state": 0} for row in model.cached.all()] for model in MODELS]
    true = [[vars(row) | {"_state": 0} for row in model.objects.using(alias)] for model in MODELS]
    assert held == true
    return held


PARAMETERS = [
    pytest.param(*one.values, name, marks=one.marks, id=f"{one.values[0]}-{name}")
    for one in ALIASES
    for name in (*EVERYWHERE, *OF_ONE[one.values[0]])
]


@pytest.mark.parametrize(("alias", "name"), PARAMETERS, indirect=["alias"])
def test_a_write_is_seen_and_a_rollback_leaves_nothing(
    alias: str, countries: list[Any], name: str
) -> None:
    write = EVERYWHERE.get(name) or OF_ONE[alias][name]
    before = said(alias)
    is_transactional = not (alias == "mariadb" and name in {"a schema", "a procedure", "flush"})
    if is_transactional and name not in {"executescript", "flush", "a schema"}:
        with pytest.raises(ZeroDivisionError), transaction.atomic(using=alias):
            write(countries, alias)
            said(alias)
            1 / 0  # noqa: B018
        assert said(alias) == before
        for row in countries:
            row.pk = Country.objects.get(code=row.code).pk
    write(countries, alias)
    after = said(alias)
    is_silent = name in {"an upsert", "INSERT OR REPLACE", "REPLACE"}
    assert is_silent or after != before


@pytest.mark.parametrize("alias", [on("default")], indirect=True)
def test_rows_that_a_database_deletes_by_itself(alias: str, countries: list[Any]) -> None:
    """A constraint that cascades, by Django 6.1 or by hand: the statement names the parent."""
    Shop.objects.create(region=countries[0].region, number=1)
    Currency.objects.create(code="JPY", name="Yen", country=countries[0])
    assert Shop.cached.count() == 1
    with connections[alias].cursor() as cursor:
        cursor.execute("PRAGMA foreign_keys = OFF")
        cursor.execute("DELETE FROM masterdata_tests_region WHERE name = 'Asia'")
        # What ON DELETE CASCADE would do, where nobody hears of it.
        connections[alias].connection.execute("DELETE FROM masterdata_tests_shop")
        cursor.execute("PRAGMA foreign_keys = ON")
    assert Shop.cached.count() == 0


def test_a_view_depends_on_its_tables(alias: str, countries: list[Any]) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute(f"CREATE VIEW masterdata_country_name AS SELECT id, name FROM {TABLE}")
        try:
            assert {row.name for row in CountryName.cached.all()} == {"Japan", "Germany", "France"}
            Country.objects.filter(code="JP").update(name="Nippon")
            assert "Nippon" in {row.name for row in CountryName.cached.all()}
        finally:
            cursor.execute("DROP VIEW masterdata_country_name")


def test_relations_are_answered_from_memory(alias: str, countries: list[Any], queries: Any) -> None:
    jp, de, fr = countries
    yen = Currency.objects.create(code="JPY", name="Yen", country=jp)
    shop = Shop.objects.create(region=jp.region, number=1)
    for row in (jp, de, fr, jp):
        Album.objects.create(title=row.name, country=row, currency=yen).shops.add(shop)
    for model in (Country, Region, Currency, Shop):
        model.cached.warm()
    with queries(2):
        Currency.cached.get(code="JPY").country  # noqa: B018  # warms the base manager's rows
        albums: list[Any] = list(Album.objects.order_by("pk"))
        assert [album.country.region.name for album in albums] == [
            "Asia",
            "Europe",
            "Europe",
            "Asia",
        ]
        assert albums[0].currency == yen
    with queries(1):
        albums = list(Album.objects.prefetch_related("country__region", "currency").order_by("pk"))
        assert [album.country.code for album in albums] == ["JP", "DE", "FR", "JP"]
    with queries(0):
        assert Country.cached.get(code="JP").currency == yen
        assert Country.cached.all().prefetch_related("currency", "region")[0].currency == yen
        with pytest.raises(Currency.DoesNotExist):
            _ = Country.cached.all().prefetch_related("currency")[1].currency
    albums[0].country.name = "poison"
    Region.objects.filter(name="Asia").update(name="ASIA")
    with queries(3):
        album: Any = Album.objects.get(pk=albums[0].pk)
        assert album.country is not None
        assert (album.country.name, album.country.region.name) == ("Japan", "ASIA")
        assert Album.objects.select_related("country").get(pk=album.pk).country == jp


@pytest.mark.parametrize(
    "alias", [on("postgres", needs_postgres), on("mariadb", needs_mariadb)], indirect=True
)
def test_a_view_that_is_written_is_named(alias: str, countries: list[Any]) -> None:
    rows: Any = MasterData(MasterDataManager(depends_on=["masterdata_door"]), Country)
    sql(f"CREATE VIEW masterdata_door AS SELECT * FROM {TABLE}")(countries, alias)
    try:
        assert rows.get(code="JP").name == "Japan"
        sql("UPDATE masterdata_door SET name = 'door'")(countries, alias)
        assert rows.get(code="JP").name == "door"
    finally:
        sql("DROP VIEW masterdata_door")(countries, alias)
