"""The formats of a whole run, each with a file of what it looks like."""

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import xmlschema

from queryaudit.findings.base import KINDS, Location
from queryaudit.findings.record import SCHEMA, AuditRecord
from queryaudit.reports.causes import causes_of, path_of
from queryaudit.reports.formats import FORMATS
from queryaudit.reports.github import MOST
from tests.records import make_edit, make_finding, make_record

GOLDEN = Path(__file__).parent / "golden"
SCHEMAS = Path(__file__).parent / "schemas"
OWN_SCHEMA = Path(__file__).parents[2] / "docs" / "report.schema.json"
# https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
GITLAB = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "additionalProperties": False,
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": "^(?!\\./|/)."},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}
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


HOSTILE = make_record(
    label='GET /\x00"<>&]]>',
    findings=(
        make_finding(relation="a\x1bb"),
        make_finding(
            id="N1-00000009",
            uses=(Location("shop/ä b%.html", 0, "", "{{ x }}\n"), Location("", 0, "", "")),
        ),
    ),
)
RUNS = pytest.mark.parametrize(
    "records", [RECORDS, [], [HOSTILE], [make_record(findings=())]], ids=len
)


@RUNS
def test_sarif_is_valid(records: list[AuditRecord]) -> None:
    schema = json.loads((SCHEMAS / "sarif-2.1.0-rtm.5.json").read_text())
    validator = jsonschema.Draft4Validator(schema)
    data: dict[str, Any] = json.loads(FORMATS["sarif"](records))
    assert [error.message for error in validator.iter_errors(data)] == []
    data["runs"][0]["tool"].pop("driver")
    assert not validator.is_valid(data), "the schema refuses what is none"


def test_results_of_sarif_have_our_ids_and_relative_paths() -> None:
    data: dict[str, Any] = json.loads(FORMATS["sarif"](RECORDS))
    (run,) = data["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert {rule["id"] for rule in rules} == {kind.prefix for kind in KINDS.values()}
    assert [result["partialFingerprints"] for result in run["results"]] == [
        {"queryauditFindingId/v1": "N1-00000001"},
        {"queryauditFindingId/v1": "WL-00000002"},
    ]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        for location in result["locations"]:
            uri = location["physicalLocation"]["artifactLocation"]["uri"]
            assert not uri.startswith("/")


@RUNS
def test_junit_is_what_jenkins_reads(records: list[AuditRecord]) -> None:
    schema = xmlschema.XMLSchema(str(SCHEMAS / "jenkins-junit.xsd"))
    schema.validate(FORMATS["junit"](records))
    assert not schema.is_valid("<testsuites><testcase/></testsuites>")


@RUNS
def test_gitlab_gets_entries_as_its_table_says(records: list[AuditRecord]) -> None:
    entries = json.loads(FORMATS["gitlab"](records))
    jsonschema.validate(entries, GITLAB)
    fingerprints = [entry["fingerprint"] for entry in entries]
    assert len(set(fingerprints)) == len(fingerprints)


@RUNS
def test_json_is_as_documented(records: list[AuditRecord]) -> None:
    schema = json.loads(OWN_SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    data = json.loads(FORMATS["json"](records))
    jsonschema.validate(data, schema)
    assert schema["$defs"]["audit"]["properties"]["schema"]["const"] == SCHEMA
    if records:
        assert data["audits"][0].keys() == schema["$defs"]["audit"]["properties"].keys()
        data["audits"][0]["query_count"] = "many"
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(data, schema)


def test_junit_is_xml_with_a_case_for_each_audit() -> None:
    suite = ET.fromstring(FORMATS["junit"](RECORDS))[0]  # noqa: S314  # our own
    assert suite.attrib["tests"] == "3"
    assert suite.attrib["failures"] == "2"
    assert [case.attrib["name"] for case in suite] == [
        "GET /albums/",
        "GET /labels/",
        "GET /clean/",
    ]


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
    installed = tmp_path / ".venv" / "django" / "index.html"
    package = Location("django/index.html", 1, str(installed), own=False)
    assert path_of(package) == "django/index.html"
    record = make_record(
        findings=(
            make_finding(uses=(package,), queryset_at=None, edit=make_edit(at=None), count=1),
        )
    )
    line = FORMATS["github"]([record])
    assert line.startswith("::error title=N+1 shop.Album.artist::1 query for shop.Album.artist in ")
