"""Rows in fixtures: keys as text, references by their columns, by text and by natural key."""

import json
from pathlib import Path

import pytest
from django.core import serializers
from django.core.management import call_command
from django.core.serializers.base import DeserializationError
from django.db import connections

from tests.composite.conftest import EVERY
from tests.composite.legacy import Region, Shop

pytestmark = pytest.mark.django_db(databases=EVERY)
FORMATS = ["json", "jsonl", "xml", "yaml"]


@pytest.fixture(autouse=True)
def shops(alias: str) -> list[Shop]:
    region = Region.objects.create(pk=("JP", 1), name="Kansai")
    return [
        Shop.objects.create(region=region),
        Shop.objects.create(country="JP", region_no=None),
    ]


def numbers() -> list[tuple[str, int | None]]:
    return [(shop.country, shop.region_no) for shop in Shop.objects.order_by("pk")]


def load(text: str, form: str, alias: str, *, forward: bool = False) -> None:
    rows = serializers.deserialize(form, text, using=alias, handle_forward_references=forward)
    late = []
    with connections[alias].constraint_checks_disabled():  # as loaddata does
        for row in rows:
            row.save(using=alias)
            if row.deferred_fields:
                late.append(row)
        for row in late:
            row.save_deferred_fields(using=alias)


@pytest.mark.parametrize("form", FORMATS)
def test_by_plain_key_rows_come_back_as_they_were(form: str, alias: str) -> None:
    rows = [*Region.objects.all(), *Shop.objects.order_by("pk")]
    text = serializers.serialize(form, rows)
    Shop.objects.all().delete()
    Region.objects.all().delete()
    load(text, form, alias)
    assert numbers() == [("JP", 1), ("JP", None)]
    assert Shop.objects.get(region="JP,1").country == "JP"


@pytest.mark.parametrize("form", FORMATS)
def test_by_natural_key_a_reference_finds_its_row_where_keys_differ(form: str, alias: str) -> None:
    text = serializers.serialize(form, Shop.objects.order_by("pk"), use_natural_foreign_keys=True)
    assert "Kansai" in text
    Shop.objects.all().delete()
    Region.objects.all().delete()
    Region.objects.create(pk=("JP", 77), name="Kansai")
    load(text, form, alias)
    assert numbers() == [("JP", 77), ("JP", None)]


@pytest.mark.parametrize("form", FORMATS)
def test_rows_themselves_by_natural_key_keep_the_key_that_is_there(form: str, alias: str) -> None:
    text = serializers.serialize(form, Region.objects.all(), use_natural_primary_keys=True)
    Shop.objects.all().delete()
    Region.objects.all().delete()
    load(text, form, alias)
    assert Region.objects.get(name="Kansai").pk == ("JP", 1)
    load(text, form, alias)
    assert Region.objects.count() == 1


def test_references_to_rows_that_come_later_wait(alias: str) -> None:
    shops = serializers.serialize("json", Shop.objects.all(), use_natural_foreign_keys=True)
    regions = serializers.serialize("json", Region.objects.all())
    Shop.objects.all().delete()
    Region.objects.all().delete()
    load(json.dumps(json.loads(shops) + json.loads(regions)), "json", alias, forward=True)
    assert numbers() == [("JP", 1), ("JP", None)]


def test_dumpdata_writes_what_is_referred_to_first(alias: str, tmp_path: Path) -> None:
    file = tmp_path / "rows.json"
    call_command(
        *("dumpdata", "composite.Shop", "composite.Region"),
        natural_foreign=True,
        natural_primary=True,
        database=alias,
        output=str(file),
        verbosity=0,
    )
    models = [row["model"] for row in json.loads(file.read_text())]
    assert models == ["composite.region", "composite.shop", "composite.shop"]
    Shop.objects.all().delete()
    Region.objects.all().delete()
    call_command("loaddata", str(file), database=alias, verbosity=0)
    assert Shop.objects.filter(region__name="Kansai").count() == 1


def test_a_reference_that_is_no_key_names_itself(alias: str) -> None:
    row = {
        "model": "composite.shop",
        "pk": 9,
        "fields": {"country": "JP", "region_no": 1, "region": "JP"},
    }
    with pytest.raises((DeserializationError, ValueError), match=r"composite\.Region\.pk"):
        load(json.dumps([row]), "json", alias)


def test_a_model_without_natural_keys_is_written_by_its_columns_alone(alias: str) -> None:
    from tests.composite.models import Album, Artist, Track

    artist = Artist.objects.create(name="Ann")
    Album.objects.create(artist=artist, number=1, title="one")
    Track.objects.create(artist=artist, album_no=1, title="first")
    (row,) = json.loads(serializers.serialize("json", Track.objects.all()))
    assert row["fields"] == {"artist": artist.pk, "album_no": 1, "title": "first"}
