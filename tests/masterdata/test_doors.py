"""Forms, the admin, checks, the command, statistics."""

from io import StringIO
from typing import Any

import pytest
from django import forms
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser, User
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import models
from django.test import RequestFactory, override_settings
from django.test.utils import isolate_apps

from queryaudit import masterdata
from queryaudit.masterdata import MasterDataManager, checks, registry
from queryaudit.masterdata.admin import MasterDataAdminMixin, urls
from queryaudit.masterdata.forms import MasterDataChoiceField, MasterDataMultipleChoiceField
from tests.masterdata.conftest import on
from tests.masterdata.models import Album, Country, Shop

TABLE = Country._meta.db_table
DEFAULT = pytest.mark.parametrize("alias", [on("default")], indirect=True)


class Chosen(forms.Form):
    country = MasterDataChoiceField(Country.cached)
    others = MasterDataMultipleChoiceField(Country.cached.filter(size=2), required=False)


def test_a_form_asks_nothing(alias: str, countries: list[Any], queries: Any) -> None:
    Country.cached.warm()
    jp, de, fr = countries
    with queries(0):
        html = Chosen().as_p()
        assert html.count(f'<option value="{jp.pk}">') == 1
        assert html.count(f'<option value="{fr.pk}">') == 2
        form = Chosen({"country": str(jp.pk), "others": [str(de.pk), fr.pk]})
        assert form.is_valid(), form.errors
        assert form.cleaned_data["country"] == jp
        assert list(form.cleaned_data["others"]) == [de, fr]
        for wrong in ("0", "x", str(jp.pk + 1_000)):
            assert "country" in Chosen({"country": wrong}).errors
        assert "others" in Chosen({"country": jp.pk, "others": [jp.pk]}).errors
        for wrong in ("x", "", "1.5", "9" * 40, "1\0"):
            form = Chosen({"country": jp.pk, "others": [str(de.pk), wrong]})
            assert "others" in form.errors
    Country.objects.filter(pk=jp.pk).delete()
    assert f'value="{jp.pk}"' not in Chosen().as_p()
    with pytest.raises(TypeError, match="QuerySet is no master data; allowed: Country.cached"):
        MasterDataChoiceField(Country.objects.all())


class AlbumAdmin(MasterDataAdminMixin, admin.ModelAdmin):  # type: ignore[type-arg]
    pass


class RawAlbumAdmin(AlbumAdmin):
    raw_id_fields = ("country",)


@DEFAULT
def test_the_admin_asks_nothing_for_select_boxes(
    alias: str, countries: list[Any], queries: Any
) -> None:
    model_admin = AlbumAdmin(Album, admin.site)
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True, is_active=True)
    Country.cached.warm()
    Shop.cached.warm()
    with queries(0):
        field = model_admin.formfield_for_foreignkey(Album._meta.get_field("country"), request)
        assert [row.code for row in field.queryset] == ["JP", "DE", "FR"]
        shops = model_admin.formfield_for_manytomany(Album._meta.get_field("shops"), request)
        assert list(shops.queryset) == []
    model_admin = RawAlbumAdmin(Album, admin.site)
    raw = model_admin.formfield_for_foreignkey(Album._meta.get_field("country"), request)
    assert isinstance(raw.queryset, models.QuerySet)


@DEFAULT
@pytest.mark.urls("tests.masterdata.urls")
def test_the_page_is_for_staff(alias: str, countries: list[Any]) -> None:
    Country.cached.warm()
    page: Any = urls()[0].callback
    request = RequestFactory().get("/masterdata/")
    request.user = AnonymousUser()
    assert page(request).status_code == 302
    request.user = User.objects.create(username="staff", is_staff=True)
    text = page(request).content.decode()
    assert "masterdata_tests.Country" in text
    assert "Forget the rows" not in text
    post: Any = RequestFactory().post("/masterdata/")
    post.user = User(is_staff=True, is_superuser=True)
    post._dont_enforce_csrf_checks = True
    assert page(post).status_code == 302
    assert not any(one["rows"] for one in masterdata.stats())


@pytest.mark.parametrize(
    ("settings", "ids"),
    [
        ({}, []),
        ({"COHERENCE": "redis"}, ["queryaudit.masterdata.E001"]),
        ({"ALIAS": "nowhere"}, ["queryaudit.masterdata.E003"]),
        ({"COHERENCE": "reddis"}, ["queryaudit.E002"]),
        ({"URL": "http://x"}, ["queryaudit.E002"]),
        ({"MAX_ROWS": 0, "TTL": -1}, ["queryaudit.E002"] * 2),
        ({"MAX_ROW": 1}, ["queryaudit.E001"]),
    ],
)
def test_wrong_settings_are_named(settings: dict[str, Any], ids: list[str]) -> None:
    with override_settings(QUERYAUDIT={"ENABLED": False, "MASTERDATA": settings}):
        assert [message.id for message in run_checks(tags=["queryaudit"])] == ids


def test_what_local_means_is_said_before_a_deployment() -> None:
    with override_settings(QUERYAUDIT={"MASTERDATA": {"COHERENCE": "local"}}):
        messages = checks.check_deployment()
    assert {message.id for message in messages} == {"queryaudit.masterdata.W001"}
    with override_settings(QUERYAUDIT={"MASTERDATA": {"COHERENCE": "sqlite"}}):
        ids = [(m.id, "sqlite" in m.msg) for m in checks.check_deployment()]
    assert set(ids) <= {("queryaudit.masterdata.W002", True)}


@isolate_apps("tests.masterdata")
def test_models_that_do_not_fit_are_named() -> None:
    class Nameless(models.Model):
        cached = MasterDataManager(depends_on=["masterdata_tests.Nowhere"])

        class Meta:
            app_label = "masterdata_tests"
            managed = False

    messages = list(checks._check_model(Nameless))
    assert [m.id for m in messages] == ["queryaudit.masterdata.E004", "queryaudit.masterdata.E005"]


@pytest.mark.django_db
def test_dependencies_that_there_are_not_are_named() -> None:
    before = list(registry.declared)
    try:
        for given in ("Country", "masterdata_tests.Contry", "nowhere", TABLE, f"public.{TABLE}"):
            masterdata.cached(lambda: [(1,)], depends_on=[given])
        named = [message.msg for message in checks.check_declared()]
        tables = [message.msg for message in checks.check_tables(databases=["default"])]
    finally:
        registry.declared[:] = before
        registry.forget()
    assert len(named) == 2
    assert "names 'Country', which is no model" in named[0]
    assert "names 'masterdata_tests.Contry', which is no model" in named[1]
    (told,) = tables
    assert "depends_on names 'nowhere', a table that is not there" in told
    assert checks.check_tables(databases=None) == []


@DEFAULT
def test_the_command(alias: str, countries: list[Any]) -> None:
    out = StringIO()
    call_command("masterdata", "status", stdout=out)
    lines = out.getvalue().splitlines()
    assert lines[0].split()[:4] == ["model", "database", "coherence", "state"]
    (line,) = [one for one in lines if one.startswith("masterdata_tests.Country ")]
    assert line.split()[1:5] == ["default", "sqlite", "held", "3"]
    with pytest.raises(CommandError, match="is sqlite; triggers that notify are PostgreSQL's"):
        call_command("masterdata", "triggers", "show")
    with pytest.raises(CommandError, match="no alias of DATABASES; allowed: default"):
        call_command("masterdata", "triggers", "show", database="x")


STATS = {
    *("model", "database", "coherence", "state", "problem", "rows", "bytes", "answers", "hits"),
    *("kind", "promise", "misses", "loads", "drops", "dropped_ago", "dropped_why", "read_only"),
}


@DEFAULT
def test_statistics_are_plain_data(alias: str, countries: list[Any]) -> None:
    for _ in range(3):
        Country.cached.get(code="JP")
    list(Country.cached.filter(name="Japan"))
    (found,) = masterdata.stats()
    assert found.keys() == STATS
    assert (found["hits"], found["loads"], found["answers"]) == (3, 1, 1)
    assert found["bytes"] > 1_000
    Country.objects.filter(code="JP").update(name="x")
    (found,) = masterdata.stats()
    assert (found["state"], found["drops"], found["dropped_why"]) == ("empty", 1, "a write")
    masterdata.clear()
    assert Country.cached.get(code="JP").name == "x"
