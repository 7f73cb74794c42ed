"""Repairs that the text of a line decides."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from queryaudit.findings.repairs import read_key
from queryaudit.recording.events import TemplatePlace


@pytest.mark.parametrize(
    ("name", "line", "is_key"),
    [
        ("album", "track.album.id", True),
        ("album", "track.album.pk, track.album.id", True),
        ("album", "track.album.id, track.album.title", False),
        ("album", "track.album.artist.id", False),
        ("album", "track.subalbum.id", False),
        ("album", "track.album2.id", False),
        ("album", "track.album", False),
        ("größe", "track.größe.id", True),
        # Names with marks that combine with a letter.
        ("विक्रेता", "track.विक्रेता.id", True),
        ("ผู้ขาย", "track.ผู้ขาย.pk", True),
        ("ผู้ขาย", "track.ผู้ขาย.ชื่อ", False),
    ],
)
def test_a_key_is_read_from_the_row_where_the_line_reads_nothing_else(
    name: str, line: str, is_key: bool, tmp_path: Path
) -> None:
    file = tmp_path / "lines.html"
    file.write_text(f"{line}\n", encoding="utf-8")
    place = TemplatePlace(str(file), "lines.html", 1, line, own=True)
    step = SimpleNamespace(name=name, key=f"{name}_id")
    path: Any = SimpleNamespace(steps=[step], loads=[SimpleNamespace(place=place)], count=5)
    edit = read_key([path], ())
    assert (edit and edit.before) == (f"{name}_id" if is_key else None)
