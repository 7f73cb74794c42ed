"""The walk over all pairs once more, on PostgreSQL."""

import pytest
from django.core.management import call_command
from shop.models import HeldCategory
from shop.pairs import PAIRS
from shop.procedures import tour

from queryaudit.masterdata.testing import load_master_data
from tests.conftest import needs_postgres
from tests.demo_site.test_walk import hold
from tests.masterdata.conftest import chosen_database


@needs_postgres
@pytest.mark.django_db(databases={"default", "postgres"}, transaction=True)
def test_findings_lead_to_the_twins_there_as_well() -> None:
    with chosen_database("postgres"):
        load_master_data("postgres")
        call_command("seed", "--size=s", "--replace", verbosity=0)
        HeldCategory.cached.warm()
        stops = tour.walk(PAIRS, "testserver")
        for stop in stops:
            hold(stop)
    assert len(stops) == len(PAIRS)
