"""The formats of a whole run, each with a file of what it looks like."""

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from sarif_pydantic import Sarif

from queryaudit.findings.base import KINDS, Location
from queryaudit.reports.causes import causes_of, path_of
from queryaudit.reports.formats import FORMATS
from queryaudit.reports.github import MOST
from tests.records import make_edit, make_finding, make_record

GOLDEN = Path(__file__).parent / "golden"
ENDINGS = {
    "text": "txt", "json": "json", "html": "html", "markdown": "md",
    "sarif": "sarif", "junit": "xml", "github": "github.txt", "gitlab": "gitlab.json",
}  # fmt: skip

RECORDS = [
    make_record(
        id="a1",
        label="GET /albums/",
        view="shop:albums",
        findings=(
            make_finding(),
            make_finding(
                id="WL-00000002",
                kind="write_in_loop",
                relation="shop.Album",
                uses=(Location("shop/views.py", 40, "", 'album.save()  # <ä> | "50 %", `x`'),),
                queryset_at=None,
                count=7,
                expected_count=None,
                edit=make_edit(
                    id="FX-2",
                    before="Album.objects.bulk_update(rows, fields)",
                    method="",
                    paths=(),
                    at=None,
                    saves=None,
                ),
            ),
        ),
    ),
    make_record(
        id="a2", label="GET /labels/", view="shop:labels", findings=(make_finding(count=3),)
    ),
    make_record(id="a3", label="GET /clean/", view="shop:clean", query_count=1, findings=()),
]


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "html"])
def test_each_looks_as_its_file_shows(name: str) -> None:
    file = GOLDEN / f"run.{ENDINGS[name]}"
    text = re.sub(r'("version": ")\d+\.\d+\.\d+"', r'\g<1>0.0.0"', FORMATS[name](RECORDS))
    assert f"{text}\n" == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", FORMATS)
def test_a_run_without_findings_is_written_too(name: str) -> None:
    assert FORMATS[name]([]) is not None
    assert FORMATS[name]([make_record(findings=())]) is not None


def test_sarif_is_valid() -> None:
    log = Sarif.model_validate_json(FORMATS["sarif"](RECORDS))
    (run,) = log.runs
    assert {rule.id for rule in run.tool.driver.rules} == {kind.prefix for kind in KINDS.values()}
    assert [result.partial_fingerprints for result in run.results] == [
        {"queryauditFindingId/v1": "N1-00000001"},
        {"queryauditFindingId/v1": "WL-00000002"},
    ]
    data: dict[str, Any] = json.loads(FORMATS["sarif"](RECORDS))
    for result in data["runs"][0]["results"]:
        rules = data["runs"][0]["tool"]["driver"]["rules"]
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in {"error", "warning", "note", "none"}
        for location in result["locations"]:
            uri = location["physicalLocation"]["artifactLocation"]["uri"]
            assert not uri.startswith("/")
            assert location["physicalLocation"]["region"]["startLine"] >= 1


def test_junit_is_xml_with_a_case_for_each_audit() -> None:
    suite = ET.fromstring(FORMATS["junit"](RECORDS))[0]  # noqa: S314  # our own
    assert suite.attrib["tests"] == "3"
    assert suite.attrib["failures"] == "2"
    assert [case.attrib["name"] for case in suite] == [
        "GET /albums/",
        "GET /labels/",
        "GET /clean/",
    ]
    hostile = make_record(label='GET /\x00"<>&', findings=(make_finding(relation="a\x1bb"),))
    ET.fromstring(FORMATS["junit"]([hostile]))  # noqa: S314


def test_github_gets_the_ten_worst_and_what_is_left() -> None:
    findings = tuple(
        make_finding(id=f"N1-{n:08x}", count=n, relation=f"shop.Album.x{n}") for n in range(1, 15)
    )
    lines = FORMATS["github"]([make_record(findings=findings)]).splitlines()
    assert len(lines) == MOST + 1
    assert "x14::14 queries" in lines[0]
    assert lines[-1].endswith("::and 4 findings more; the step summary has them all")
    (line,) = FORMATS["github"](
        [make_record(findings=(make_finding(relation="a,b:c\n%"),))]
    ).splitlines()
    assert "title=N+1 a%2Cb%3Ac%0A%25::" in line


def test_html_needs_no_other_file() -> None:
    text = FORMATS["html"](RECORDS)
    assert "://" not in re.sub(r"vscode://[^\"]*", "", text)
    assert "<link" not in text
    assert text.count("<section>") == 3
    assert "shop.Album.artist" in text


def test_a_cause_is_told_once_with_its_sum() -> None:
    worst, other = causes_of(RECORDS)
    assert (worst.finding.id, worst.queries) == ("N1-00000001", 53)
    assert worst.labels == ("GET /albums/", "GET /labels/")
    assert other.finding.id == "WL-00000002"


def test_paths_begin_at_the_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    file = tmp_path / "site" / "shop" / "views.py"
    assert path_of(Location("shop/views.py", 1, str(file))) == "site/shop/views.py"
    assert path_of(Location("shop/views.py", 1, "")) == "shop/views.py"
