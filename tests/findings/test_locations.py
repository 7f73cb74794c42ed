"""Lines and ids, over ways to write a queryset and over versions of Python."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.test import override_settings

import queryaudit
from queryaudit.findings.locations import _Source
from tests.music.models import Album

pytestmark = pytest.mark.django_db


def queryset_text(read: Callable[[], Any]) -> str:
    with queryaudit.audit() as audit:
        for album in read():
            assert album.artist
    (finding,) = audit.findings
    assert finding.queryset_at is not None
    return finding.queryset_at.text


def chain() -> Any:
    return (
        Album.objects
        .filter(
            title__contains="album",
        )
        .order_by("pk")
    )  # fmt: skip


def argument() -> Any:
    return {
        "a": 1,
    }.get("b", Album.objects.all())  # fmt: skip


def keyword() -> Any:
    return {
        "albums": Album.objects.filter(
            pk__gt=0,
        ),
    }["albums"]  # fmt: skip


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (chain, "Album.objects"),
        (argument, '}.get("b", Album.objects.all()) # fmt: skip'),
        (keyword, '"albums": Album.objects.filter('),
    ],
)
def test_the_line_is_that_of_the_model(
    read: Callable[[], Any], text: str, albums: list[Album]
) -> None:
    assert queryset_text(read) == text


SOURCE = """
from tests.music.models import Album

def loop():
    return [
        album.artist
        for title in ("album",)
        for album in Album.objects.filter(title__contains=title)
    ]
"""


def ids_of(path: Path, source: str) -> list[str]:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source)
    namespace: dict[str, Any] = {}
    exec(compile(source, str(path), "exec"), namespace)  # noqa: S102
    with queryaudit.audit() as audit:
        namespace["loop"]()
    return [finding.id for finding in audit.findings]


def test_an_id_is_the_same_on_every_python_and_in_every_folder(
    tmp_path: Path, albums: list[Album]
) -> None:
    """Written down: 3.11 runs comprehensions beside their function, 3.12 within it (PEP 709)."""
    for folder in ("a", "b"):
        with override_settings(QUERYAUDIT={"OWN": [tmp_path / folder]}):
            assert ids_of(tmp_path / folder / "shop" / "lists.py", SOURCE) == ["N1-6237bdb4"]


def test_an_id_of_a_package_is_the_same_wherever_it_lies(
    tmp_path: Path, albums: list[Album]
) -> None:
    found = [
        ids_of(tmp_path / folder / "site-packages" / "lists.py", SOURCE + extra)
        for folder, extra in (("lib/python3.11", ""), ("lib/python3.13", "\n# the next version\n"))
    ]
    assert found[0] == found[1]


@pytest.mark.parametrize("source", ["", "a\n", "\na\n\n  a\nb", "a\n\n\nb\n\n"])
def test_equal_lines_are_counted_also_after_the_end_of_a_file(source: str) -> None:
    """Generated code has lines that no file has, and a file may be shorter by now."""
    lines = ["", *(line.strip() for line in source.split("\n")), *[""] * 5]
    found = _Source(source)
    for first in range(1, len(lines)):
        for line in range(first, len(lines)):
            for text in ("", "a", "b", "c"):
                assert found.count_equal(text, first, line) == lines[first:line].count(text)


def test_learnt_lines_are_not_taken_for_those_further_in(
    tmp_path: Path, albums: list[Album]
) -> None:
    """One line asks through a package and through own code, with the same SQL, in turn."""
    package = tmp_path / "site-packages" / "lib.py"
    package.parent.mkdir()
    package.write_text("def read(album):\n    return album.artist\n")
    namespace: dict[str, Any] = {}
    exec(compile(package.read_text(), str(package), "exec"), namespace)  # noqa: S102

    def read(album: Album) -> Any:
        return album.artist  # own

    readers: list[Callable[[Album], Any]] = [read, namespace["read"]]
    with queryaudit.audit() as audit:
        for number, album in enumerate(Album.objects.all()):
            readers[number % 2](album)
    (finding,) = audit.findings
    assert {use.text for use in finding.uses} == {
        "return album.artist # own",
        "readers[number % 2](album)",
    }


def read_artist(album: Album) -> Any:
    return album.artist


class TestAsync:
    def test_the_awaiting_line_is_named(self, albums: list[Album]) -> None:
        async def ask() -> list[str]:
            titles = [album.title async for album in Album.objects.all()]  # loop
            await Album.objects.aget(pk=albums[0].pk)  # get
            return titles

        with queryaudit.audit() as audit:
            async_to_sync(ask)()
        places = {shape.place.text for shape in audit.to_record().shapes if shape.place}
        assert places == {
            "titles = [album.title async for album in Album.objects.all()] # loop",
            "await Album.objects.aget(pk=albums[0].pk) # get",
        }

    def test_two_querysets_made_before_the_audit_are_told_apart(self, albums: list[Album]) -> None:
        first, second = Album.objects.all(), Album.objects.filter(pk__gt=0)

        async def ask() -> None:
            for album in [album async for album in first]:
                await sync_to_async(read_artist)(album)
            for album in [album async for album in second]:
                await sync_to_async(read_artist)(album)

        with queryaudit.audit() as audit:
            async_to_sync(ask)()
        assert len({finding.id for finding in audit.findings}) == 2
        assert all(f.queryset_at and f.queryset_at.own for f in audit.findings)
