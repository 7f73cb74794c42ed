"""A small shop to look at."""

from collections.abc import Iterator

import pytest
from django.core.management import call_command
from pytest_django import DjangoDbBlocker
from shop.providers import seeding


@pytest.fixture(scope="module")
def shop(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A seeded shop, committed, so that all threads see it, and emptied after the module."""
    with django_db_blocker.unblock():
        call_command("seed", "--size=s", "--replace", verbosity=0)
        yield
        seeding.delete_all()
