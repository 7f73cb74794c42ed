"""A small site with tests of its own, run by pytest in a process of its own."""

from collections.abc import Callable
from pathlib import Path

import pytest

SETTINGS = """
SECRET_KEY = "x"
DEBUG = False
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
INSTALLED_APPS = ["books"]
MIDDLEWARE = []
ROOT_URLCONF = "books.urls"
"""
MODELS = """
from django.db import models


class Author(models.Model):
    name = models.CharField(max_length=50)


class Book(models.Model):
    title = models.CharField(max_length=50)
    author = models.ForeignKey(Author, models.CASCADE)
"""
VIEWS = """
from django.http import HttpResponse

from books.models import Book


def show_slow(request):
    books = Book.objects.order_by("pk")
    return HttpResponse(", ".join(book.author.name for book in books))


def show_fast(request):
    books = Book.objects.select_related("author").order_by("pk")
    return HttpResponse(", ".join(book.author.name for book in books))


def show_twice(request):
    names = [book.title for book in Book.objects.all()]
    return HttpResponse(str(len(names) + Book.objects.count()))
"""
URLS = """
from django.urls import path

from books import views

urlpatterns = [
    path("slow/", views.show_slow),
    path("fast/", views.show_fast),
    path("twice/", views.show_twice),
]
"""
HELP = """
from books.models import Author, Book


def make_books(count):
    for number in range(count):
        author = Author.objects.create(name=f"author {number}")
        Book.objects.create(title=f"book {number}", author=author)
"""

Run = Callable[..., pytest.RunResult]


@pytest.fixture
def site(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """The site's files, and settings for pytest-django."""
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE", raising=False)
    pytester.makepyfile(site_settings=SETTINGS)
    pytester.mkpydir("books")
    for name, text in (
        ("models", MODELS),
        ("views", VIEWS),
        ("urls", URLS),
        ("making", HELP),
    ):
        Path("books", f"{name}.py").write_text(text)
    pytester.makeini(
        "[pytest]\nDJANGO_SETTINGS_MODULE = site_settings\npythonpath = .\n"
        "addopts = --strict-markers -p no:cacheprovider\n"
        "asyncio_default_fixture_loop_scope = function\n"
    )
    return pytester


@pytest.fixture
def run(site: pytest.Pytester) -> Run:
    """Write one file of tests and run it; its result is returned."""

    def run_tests(source: str, *arguments: str) -> pytest.RunResult:
        header = "import pytest\nfrom books.making import make_books\n\n"
        Path("test_site.py").write_text(header + source)
        return site.runpytest_subprocess("-p", "no:randomly", *arguments)

    return run_tests
