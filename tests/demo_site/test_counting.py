"""Two who count the same shelves on one day."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date
from threading import Barrier

import pytest
from django.core.management import call_command
from django.db import connections
from shop.models import StockCount
from shop.pages import Variant
from shop.procedures import stock_keeping

from queryaudit.masterdata.testing import load_master_data
from tests.conftest import needs_postgres
from tests.masterdata.conftest import chosen_database

DAY = date(2026, 11, 22)


@needs_postgres
@pytest.mark.parametrize("variant", ["slow", "fast"])
@pytest.mark.django_db(databases={"default", "postgres"}, transaction=True)
def test_one_waits_for_the_other(variant: Variant) -> None:
    together = Barrier(4)

    def count() -> int:
        together.wait(30)
        with closing(connections["postgres"]):
            return len(stock_keeping.count(variant, DAY))

    with chosen_database("postgres"):
        load_master_data("postgres")
        call_command("seed", "--size=s", "--replace", verbosity=0)
        with ThreadPoolExecutor(4) as pool:
            counted = [future.result(60) for future in [pool.submit(count) for _ in range(4)]]
        assert len(set(counted)) == 1
        assert StockCount.objects.filter(day=DAY).count() == counted[0]
