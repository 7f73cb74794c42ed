"""What django-compositepk-model's README (1.0.3) shows, on a model changed as docs/ says."""

import pytest
from django.core.exceptions import FieldError

from tests.composite.conftest import EVERY
from tests.composite.legacy import Company, CompanyBranch

pytestmark = pytest.mark.django_db(databases=EVERY)


@pytest.fixture(autouse=True)
def branches(alias: str) -> list[CompanyBranch]:
    for number in (1, 2):
        Company.objects.create(id=number, name=f"company {number}")
    rows = [(1, "JP", "Honda"), (1, "US", "Google"), (2, "JP", "Google"), (2, "CN", "Sony")]
    return [
        CompanyBranch.objects.create(company_id=company, country_code=code, name=name)
        for company, code, name in rows
    ]


def found(**look_ups: object) -> set[str]:
    return {str(row.pk) for row in CompanyBranch.objects.filter(**look_ups)}


def test_one_key_as_tuple_list_and_text() -> None:
    assert CompanyBranch.objects.get(pk=(1, "JP")).name == "Honda"
    assert found(pk="1,JP") == found(pk=[1, "JP"]) == {"1,JP"}


def test_names_with_commas() -> None:
    assert found(**{"company,country_code": (1, "JP")}) == {"1,JP"}
    assert found(**{"company_id,country_code": "1,JP"}) == {"1,JP"}
    assert found(**{"country_code,name": "JP,Google"}) == {"2,JP"}


def test_many_keys_also_on_sqlite() -> None:
    assert found(pk__in=[(1, "JP"), (1, "US"), (3, "JP")]) == {"1,JP", "1,US"}
    pairs = [("JP", "Honda"), ("CN", "Sony")]
    assert found(**{"country_code,name__in": pairs}) == {"1,JP", "2,CN"}


def test_across_relations_with_in_which_was_refused() -> None:
    companies = Company.objects.filter(
        companybranch__in=CompanyBranch.objects.filter(
            **{"country_code,name__in": [("JP", "Honda")]}
        ),
    )
    assert [company.pk for company in companies] == [1]


def test_bulk_update_also_on_sqlite(branches: list[CompanyBranch]) -> None:
    for branch in branches:
        branch.name = branch.name.upper()
    assert CompanyBranch.objects.bulk_update(branches, ["name"]) == 4
    assert found(name="SONY") == {"2,CN"}


def test_save_inserts_at_once_and_order_by_pk_is_by_its_columns() -> None:
    CompanyBranch(company_id=2, country_code="AT", name="Red").save()
    ordered = CompanyBranch.objects.order_by("-pk").values_list("pk", flat=True)
    assert [",".join(map(str, pk)) for pk in ordered] == ["2,JP", "2,CN", "2,AT", "1,US", "1,JP"]


def test_what_came_with_its_rows_has_other_names(branches: list[CompanyBranch]) -> None:
    branch = branches[0]
    assert branch.pk == (1, "JP")  # pkvals
    assert str(branch.pk) == "1,JP"  # cpk, and pk before
    assert [field.name for field in CompanyBranch._meta.pk_fields] == ["company", "country_code"]
    assert branch.delete() == (1, {"composite.CompanyBranch": 1})


def test_a_wrong_name_tells_what_there_is() -> None:
    with pytest.raises(FieldError, match="company, country_code, name"):
        found(**{"company,contry_code": (1, "JP")})
