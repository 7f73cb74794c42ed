"""A small shop to look at."""

from collections.abc import Iterator
from threading import Thread

import pytest
from django.core.management import call_command
from django.db import connections
from pytest_django import DjangoDbBlocker
from shop.models import HeldCategory
from shop.providers import seeding

from queryaudit.masterdata.testing import load_master_data


@pytest.fixture(scope="module")
def shop(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A seeded shop, committed, so that all threads see it, and emptied after the module."""
    with django_db_blocker.unblock():
        load_master_data()  # another test's flush may have taken the categories
        call_command("seed", "--size=s", "--replace", verbosity=0)
        yield
        seeding.delete_all()


@pytest.fixture
def categories(db: None) -> None:
    """The categories that migrations have loaded, also where another test's flush took them."""
    load_master_data()


@pytest.fixture
def warm(shop: None, django_db_blocker: DjangoDbBlocker) -> None:
    """What memory holds is read once a process, and not once a page.

    By a thread of its own: the test's transaction has begun before, and may not hand on what it
    sees.
    """

    def read() -> None:
        with django_db_blocker.unblock():
            HeldCategory.cached.warm()
            connections.close_all()

    thread = Thread(target=read)
    thread.start()
    thread.join()
