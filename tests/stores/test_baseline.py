"""The file of known findings."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings

from queryaudit.errors import BaselineError
from queryaudit.reports import console, html
from queryaudit.stores.baseline import known_ids, read_baseline, write_baseline
from queryaudit.stores.history import History
from tests.records import make_finding, make_record


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "known.json"
    with override_settings(QUERYAUDIT={"BASELINE": str(path), "STORE": "memory"}):
        yield path


def test_it_is_read_as_written_and_sorted_for_people(path: Path) -> None:
    findings = [
        make_finding(id="N1-00000002", relation="shop.Track.album"),
        make_finding(id="N1-00000001"),
    ]
    written = write_baseline(path, findings)
    assert read_baseline(path) == written
    assert list(written.findings) == ["N1-00000001", "N1-00000002"]
    data = json.loads(path.read_text())
    assert data["version"] == 1
    words = "shop.Album.artist n_plus_one shop/providers.py"
    assert data["findings"]["N1-00000001"] == words, "no line, which edits above would move"


def test_known_findings_are_told_as_known_and_never_as_new(path: Path) -> None:
    write_baseline(path, [make_finding(id="N1-00000001")])
    history = History()
    history.add(make_record(findings=()))
    both = (
        make_finding(id="N1-00000001"),
        make_finding(id="N1-00000002", relation="shop.Track.album"),
    )
    record = history.compare(make_record(findings=both))
    assert record.known == ("N1-00000001",)
    assert record.new == {"N1-00000002": 1}
    assert [record.since(finding) for finding in both] == ["known", "new"]
    assert ", 1 new, 1 known" in console.render_line(record)
    assert "N1-00000001  known" in console.render(record)
    assert '<span class="qa-new">known</span>' in html.render(record)
    assert type(record).from_dict(json.loads(json.dumps(record.to_dict()))) == record


def test_a_file_that_changes_is_read_again(path: Path) -> None:
    assert known_ids() == frozenset()
    write_baseline(path, [make_finding()])
    assert known_ids() == {"N1-00000001"}
    write_baseline(path, [])
    os.utime(path, ns=(1, 1))
    assert known_ids() == frozenset()


def test_a_broken_file_costs_no_page_an_error(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path.write_text('{"version": 1, "find')
    assert known_ids() == frozenset()
    with pytest.raises(BaselineError, match="it is no JSON, or is cut off"):
        read_baseline(path)
