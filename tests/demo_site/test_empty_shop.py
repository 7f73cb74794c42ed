import pytest
from django.test import Client


@pytest.mark.django_db
def test_page_of_an_empty_shop_says_how_to_fill_it() -> None:
    text = Client().get("/fast/albums/").content.decode()
    assert "manage.py seed" in text
    assert '<strong id="queries">1</strong> query<' in text
