"""The file of known findings."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings

from queryaudit.errors import BaselineError
from queryaudit.reports import console, html
from queryaudit.stores.baseline import (
    Baseline,
    known_ids,
    page_of,
    read_baseline,
    write_baseline,
)
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
    record = make_record(method="GET", view="shop:albums", findings=tuple(findings))
    write_baseline(path, Baseline({}).joined_by([record]))
    written = read_baseline(path)
    assert written == Baseline({}).joined_by([record])
    assert list(written.findings) == ["N1-00000001", "N1-00000002"]
    data = json.loads(path.read_text())
    assert data["version"] == 1
    words = "shop.Album.artist n_plus_one shop/providers.py"
    assert data["findings"]["N1-00000001"] == words, "no line, which edits above would move"
    assert data["pages"]["N1-00000001"] == ["GET shop:albums"]
    assert len(path.read_text().splitlines()) == 11, "one entry a line"


def test_known_findings_are_told_as_known_and_never_as_new(path: Path) -> None:
    write_baseline(path, Baseline({"N1-00000001": ""}))
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
    write_baseline(path, Baseline({"N1-00000001": ""}))
    assert known_ids() == {"N1-00000001"}
    write_baseline(path, Baseline({}))
    os.utime(path, ns=(1, 1))
    assert known_ids() == frozenset()


def test_a_broken_file_costs_no_page_an_error(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path.write_text('{"version": 1, "find')
    assert known_ids() == frozenset()
    with pytest.raises(BaselineError, match="it is no JSON, or is cut off"):
        read_baseline(path)


def test_what_is_known_stays_until_its_own_page_is_asked_and_is_without_it() -> None:
    finding = make_finding(id="N1-00000001")
    slow = make_record(method="GET", view="shop:albums", status=200, findings=(finding,))
    post = make_record(method="POST", view="shop:albums", status=200, findings=(finding,))
    baseline = Baseline({"N1-00000009": "by hand"}).joined_by([slow, post, slow])
    assert baseline.pages == {"N1-00000001": ["GET shop:albums", "POST shop:albums"]}
    other = make_record(method="GET", view="shop:labels", status=200, findings=())
    fixed = make_record(method="GET", view="shop:albums", status=200, findings=())
    broken = make_record(method="POST", view="shop:albums", status=500, findings=())
    assert baseline.repaired_in([other]) == []
    assert baseline.repaired_in([fixed, broken]) == [], "a page that failed says nothing"
    fixed_post = make_record(method="POST", view="shop:albums", status=200, findings=())
    assert baseline.repaired_in([fixed, fixed_post]) == ["N1-00000001"]
    assert baseline.repaired_in([fixed, fixed_post, slow]) == []
    assert baseline.without(["N1-00000001"]) == Baseline({"N1-00000009": "by hand"})
    assert page_of(make_record(view="", method="", label="manage.py seed")) == "manage.py seed"


def test_a_finding_of_many_pages_names_a_few() -> None:
    finding = make_finding(id="N1-00000001")
    records = [make_record(method="GET", view=f"v{n}", findings=(finding,)) for n in range(9)]
    assert len(Baseline({}).joined_by(records).pages["N1-00000001"]) == 5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"version": 1, "findings": {}, "pages": {"N1-1": "x"}}', "lists of texts"),
        ("[" * 100_000, "it is no JSON"),
        ("\xff", "it is no JSON"),
    ],
)
def test_what_is_no_baseline_is_told(path: Path, text: str, said: str) -> None:
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(BaselineError, match=said):
        read_baseline(path)


def test_a_file_that_cannot_be_written_is_told(path: Path) -> None:
    with pytest.raises(BaselineError, match="No such file"):
        write_baseline(path / "nowhere" / "x.json", Baseline({}))
