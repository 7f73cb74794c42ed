"""Wrong declarations and wrong use of ``cached()`` are told with what is allowed."""

from collections.abc import Callable
from typing import Any

import pytest

from queryaudit import masterdata, rawsql
from queryaudit.errors import MasterDataError, UnansweredError
from queryaudit.masterdata import registry
from tests.masterdata.models import Country, Listed

_COUNTRIES = Country.objects.all()


def _depends_on(given: Any) -> Any:
    return masterdata.cached(lambda: [(1,)], depends_on=given)


WRONG: list[tuple[type[Exception], Callable[[], Any], str]] = [
    (TypeError, lambda: masterdata.cached(5), "cached.. got int; allowed are a query of a file"),
    (TypeError, lambda: masterdata.cached(Country), r"give Country.objects.all\(\)"),
    (TypeError, lambda: masterdata.cached(Country.objects.values("code")), "querysets of inst"),
    (TypeError, lambda: masterdata.cached(Country.rows.sizes.afetch), "the coroutine function"),
    (TypeError, lambda: masterdata.cached(Country.objects.all()[:5]), "got a slice of masterd"),
    (TypeError, lambda: masterdata.cached(_COUNTRIES.union(_COUNTRIES)), "got a union.. of"),
    (TypeError, lambda: masterdata.cached(_COUNTRIES.distinct("size")), "got distinct.. by col"),
    (TypeError, lambda: masterdata.cached(_COUNTRIES.select_for_update()), "lock nothing"),
    (
        TypeError,
        lambda: masterdata.cached(_COUNTRIES.select_related("region")),
        r"select_related\(None",
    ),
    (TypeError, lambda: masterdata.cached(_COUNTRIES.prefetch_related("albums")), "what it ret"),
    (TypeError, lambda: _depends_on("shop.Order"), "depends_on is 'shop.Order'; it takes a list"),
    (TypeError, lambda: _depends_on(Country), "depends_on is Country; it takes a list"),
    (TypeError, lambda: _depends_on([5]), 'has 5; allowed are models, "app_label.Model"'),
    (TypeError, lambda: _depends_on([Listed]), "has Listed, which is abstract"),
    (MasterDataError, lambda: _depends_on([]), "depends_on is empty: name what it reads"),
    (ValueError, lambda: masterdata.cached(Country.rows.sizes, ttl=-1), "ttl is -1"),
    (ValueError, lambda: masterdata.cached(Country.rows.sizes, ttl=float("nan")), "ttl is nan"),
    (ValueError, lambda: masterdata.cached(Country.rows.sizes, poll=1), "takes no poll"),
    (
        ValueError,
        lambda: masterdata.cached(Country.rows.sizes, using="nope"),
        "using is 'nope'; allowed are the databases 'default'",
    ),
    (ValueError, lambda: masterdata.cached(Country.rows.sizes, read_only=True), "no read_only"),
]


@pytest.mark.parametrize(("error", "declare", "match"), WRONG)
def test_wrong_declarations(error: type[Exception], declare: Callable[[], Any], match: str) -> None:
    with pytest.raises(error, match=match):
        declare()


@pytest.mark.django_db
def test_wrong_use() -> None:
    bare = masterdata.cached(rawsql.lazy("SELECT 1 AS one"))
    with pytest.raises(MasterDataError, match="depends_on is empty: name what it reads"):
        bare()
    number = masterdata.cached(lambda: 7, depends_on=[Country])
    with pytest.raises(MasterDataError, match="it returned int, and a list of rows"):
        number()
    at_least = masterdata.cached(Country.rows.at_least)
    with pytest.raises(UnansweredError, match="parameter size={} has no hash"):
        at_least(size={})
    with pytest.raises(UnansweredError, match="is a row, .* which may change; give its key"):
        at_least(size=Country(pk=1))
    one = masterdata.cached(lambda: Country.rows.fetch_one("SELECT 1 AS one"), depends_on=[Country])
    with pytest.raises(MasterDataError, match="returned Row, and a list of rows"):
        one()
    misspelt = masterdata.cached(lambda: [(1,)], depends_on=["masterdata_tests.Contry"])
    with pytest.raises(MasterDataError, match="'masterdata_tests.Contry', which is no model; all"):
        misspelt()
    Country.objects.create(code="JP", size=3)
    with pytest.raises(UnansweredError, match="'code': {}} has one"):
        masterdata.cached(Country.rows.sizes).filter(code={})
    with pytest.raises(UnansweredError, match="no column 'count'; allowed: code"):
        masterdata.cached(Country.rows.sizes).filter(count=1)  # a method of tuples
    with pytest.raises(Exception, match="size"):
        at_least()


def test_declared_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("queryaudit.masterdata.declared.MAX_DECLARED", len(registry.declared) + 1)
    masterdata.cached(Country.rows.sizes)
    with pytest.raises(RuntimeError, match="and not in a view"):
        masterdata.cached(Country.rows.sizes)
