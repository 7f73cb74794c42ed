import json as stdlib_json
import re
from html.parser import HTMLParser
from io import StringIO
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings

import queryaudit
from queryaudit.findings.base import KINDS, Location
from queryaudit.findings.shapes import Shape
from queryaudit.recording.memory import MemoryReads
from queryaudit.reports import console, html, json
from queryaudit.reports.editor import editor_link
from queryaudit.reports.server_timing import audit_header, server_timing
from queryaudit.reports.words import summary
from tests.music.models import Album
from tests.records import QUERYSET, USE, make_edit, make_finding, make_record

TREE = (
    make_finding(),
    make_finding(id="N1-00000002", relation="shop.Artist.label", count=49),
)


class TestConsole:
    def test_one_box_for_each_fix_with_its_findings(self) -> None:
        other = make_finding(
            id="N1-00000003", edit=make_edit(id="FX-00000002", paths=("x",)), expected_count=41
        )
        text = console.render(make_record(findings=(*TREE, other), query_count=101))
        assert text.splitlines()[0] == "GET /albums/: 101 queries, 20.0 ms in the database, 3 N+1"
        first, second = text.split("\n\n")[1:]
        assert first.splitlines() == [
            '  | fix   .select_related("artist")  FX-00000001',
            "  | at    shop/providers.py:9  return Album.objects.all()",
            "  |       101 -> 1 query, 505 ms -> 5 ms at 5 ms a round trip",
            "  | N+1   shop.Album.artist  50 queries, 10.0 ms  N1-00000001",
            "  | used  shop/views.py:17  album.artist.name",
            "  | N+1   shop.Artist.label  49 queries, 10.0 ms  N1-00000002",
            "  | used  shop/views.py:17  album.artist.name",
        ]
        assert "N1-00000003" in second

    def test_prices_are_those_of_the_request(self) -> None:
        text = console.render(make_record(query_count=201, expected_count=3))
        assert "201 ms -> 3 ms at 1 ms, 1.0 s -> 15 ms at 5 ms, 4.0 s -> 60 ms at 20 ms" in text

    def test_many_uses_are_cut(self) -> None:
        uses = tuple(Location("a.py", n) for n in range(5))
        text = console.render(make_record(findings=(make_finding(uses=uses),)))
        assert text.count("| used") == 3
        assert "and on 2 more lines" in text

    def test_where_nothing_is_promised_it_says_so(self) -> None:
        finding = make_finding(
            queryset_at=None, edit=make_edit(at=None, saves=None), expected_count=None
        )
        text = console.render(make_record(findings=(finding,), expected_count=None))
        assert "at    a queryset that was read before this audit" in text
        assert "51 queries now, no promise" in text
        assert "->" not in text

    def test_a_finding_without_a_queryset_names_the_line_of_its_fix(self) -> None:
        edit = make_edit(method="", paths=(), before="Artist.objects.in_bulk(keys)", at=USE)
        finding = make_finding(queryset_at=None, edit=edit, relation="shop.Artist")
        text = console.render(make_record(findings=(finding,)))
        assert "fix   Artist.objects.in_bulk(keys)" in text
        assert "at    shop/views.py:17  album.artist.name" in text
        assert "shop/views.py:17" in html.render(make_record(findings=(finding,)))

    def test_a_clean_request_has_no_line(self) -> None:
        assert console.render_line(make_record(findings=())) == ""

    def test_a_request_with_findings_has_one(self) -> None:
        line = console.render_line(make_record(findings=TREE))
        assert (
            line == "GET /albums/ 200 51q 20ms/100ms 2 N+1, 1 fix (-> 1q)  "
            "51 ms -> 1 ms at 1 ms, 255 ms -> 5 ms at 5 ms, 1.0 s -> 20 ms at 20 ms  "
            "N1-00000001 N1-00000002"
        )

    def test_what_is_new_is_told_apart(self) -> None:
        record = make_record(findings=TREE, new={"N1-00000002": 3})
        assert ", 1 new  " in console.render_line(record)
        lines = console.render(record).splitlines()
        told = [line for line in lines if "N1-0000000" in line]
        assert [line.endswith("new since 3 requests") for line in told] == [False, True]

    def test_colours_are_for_terminals(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class Terminal(StringIO):
            def isatty(self) -> bool:
                return True

        monkeypatch.delenv("NO_COLOR", raising=False)
        monkeypatch.setenv("TERM", "xterm")
        assert console.has_colours(Terminal())
        assert not console.has_colours(StringIO())
        monkeypatch.setenv("NO_COLOR", "1")
        assert not console.has_colours(Terminal())
        monkeypatch.delenv("NO_COLOR")
        monkeypatch.setenv("TERM", "dumb")
        assert not console.has_colours(Terminal())

    def test_colours_change_no_word(self) -> None:
        record = make_record(findings=TREE)
        line, fixes = console.render_line(record), console.render_fixes(record, {"N1-00000001"})
        text = f"{line}\n{fixes}"
        coloured = console.coloured(text)
        assert coloured.count("\x1b[") == 4, "the counts and the fix"
        assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == text

    def test_nothing_begins_a_line_of_its_own_or_moves_the_terminal(self) -> None:
        evil = "GET /\nERROR all is lost\x1b[31m\r/"
        finding = make_finding(relation=evil, edit=make_edit(paths=(evil,)))
        record = make_record(label=evil, findings=(finding,))
        assert len(console.render_line(record).splitlines()) == 1
        for text in (console.render_line(record), console.render(record)):
            assert "\x1b" not in text
            assert "\r" not in text
            assert "GET /\\nERROR all is lost\\x1b[31m\\r/" in text


class TestJson:
    def test_it_is_read_as_written(self) -> None:
        record = make_record(findings=TREE)
        assert json.parse(json.render(record)) == record

    def test_what_memory_answered_comes_back(self) -> None:
        reads = MemoryReads("shop.Country", hits=199, loads=1, misses=2, rows=200)
        record = make_record(memory=(reads,))
        assert json.parse(json.render(record)) == record
        line = "shop.Country 202 reads, 1 of them loaded it, 2 asked the database"
        assert f"  from memory: {line}" in console.render(record)
        assert f"From memory: {line}." in html.render(record)

    def test_it_names_its_schema(self) -> None:
        assert stdlib_json.loads(json.render(make_record()))["schema"] == 4
        with pytest.raises(ValueError, match="schema 7; this version reads 4"):
            json.parse('{"schema": 7}')

    @pytest.mark.parametrize(
        ("part", "message"),
        [
            ({"started_at": "x"}, "started_at is 'x'; allowed is a number"),
            ({"duration": None}, "duration is None"),
            ({"new": None}, "allowed is a dict"),
            (
                {"findings": [{"kind": "of_tomorrow"}]},
                "findings of unknown kinds: of_tomorrow",
            ),
        ],
    )
    def test_what_another_version_wrote_is_refused(
        self, part: dict[str, Any], message: str
    ) -> None:
        data = {**make_record().to_dict(), **part}
        with pytest.raises(ValueError, match=message):
            json.parse(stdlib_json.dumps(data))


class TestHeaders:
    def test_server_timing(self) -> None:
        assert server_timing(make_record(findings=TREE)) == (
            'db;dur=20.0;desc="51 queries", app;dur=80.0, total;dur=100.0, n1;desc="2 N+1"'
        )
        assert audit_header(make_record()) == "id=a1; q=51; f=1"

    def test_both_stay_below_300_bytes(self) -> None:
        record = make_record(
            id="f" * 16, query_count=10**6, db_time=1e4, duration=1e5, findings=TREE * 500
        )
        assert len(server_timing(record)) + len(audit_header(record)) < 300

    def test_with_findings_of_every_kind_they_do_as_well(self) -> None:
        findings = tuple(
            make_finding(id=f"{kind.prefix}-{n:08x}", kind=kind.name)
            for kind in KINDS.values()
            for n in range(12)
        )
        record = make_record(
            id="f" * 16, query_count=10**6, db_time=1e4, duration=1e5, findings=findings
        )
        headers = {"Server-Timing": server_timing(record), "X-Queryaudit": audit_header(record)}
        assert len("".join(f"{name}: {value}\r\n" for name, value in headers.items())) < 300
        assert 'n1;desc="12 N+1"' in headers["Server-Timing"]
        assert headers["X-Queryaudit"].endswith(f"f={12 * len(KINDS)}")


class Page(HTMLParser):
    """Collects elements, and refuses style and script."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in {"script", "style", "img", "b"}
        for name, value in attrs:
            assert not name.startswith("on")
            assert name != "style"
            if name == "href":
                self.links.append(value or "")

    def handle_data(self, data: str) -> None:
        self.words.append(data)


class TestHtml:
    def test_it_has_the_boxes_and_the_shapes(self) -> None:
        page = Page(html.render(make_record(findings=TREE)))
        text = " ".join(" ".join(page.words).split())
        assert 'fix .select_related("artist") Copy the fix' in text
        assert "at shop/providers.py:9 return Album.objects.all()" in text
        assert "51 → 1 query" in text
        assert "shop.Artist.label : 49 queries" in text or "shop.Artist.label: 49 queries" in text
        assert "SELECT ?" in text
        assert "vscode://file/srv/shop/providers.py:9" in page.links

    @pytest.mark.parametrize(
        "evil",
        [
            "<script>alert(1)</script>",
            '"><img src=x onerror=alert(1)>',
            "{{ settings.SECRET_KEY }}",
            "'-alert(1)-'",
            "</td></table><b>",
        ],
    )
    def test_nothing_breaks_out(self, evil: str) -> None:
        place = Location(evil, 1, f"/srv/{evil}", evil)
        finding = make_finding(
            relation=evil,
            uses=(place,),
            queryset_at=place,
            edit=make_edit(paths=(evil,), at=place),
            origin=evil,
        )
        record = make_record(
            label=evil, path=evil, findings=(finding,), shapes=(Shape(evil, evil, 1, 0.1, place),)
        )
        page = Page(html.render(record))
        assert evil in "".join(page.words)

    @pytest.mark.parametrize(
        ("values", "text"),
        [
            ({"findings": TREE, "query_count": 101}, "2 N+1, 1 fix · 101 → 1 query"),
            (
                {"findings": TREE, "query_count": 101, "expected_count": 3},
                "2 N+1, 1 fix · 101 → 3 queries",
            ),
            ({"expected_count": None}, "1 N+1, 1 fix · 51 queries"),
            ({"findings": (), "query_count": 1}, "1 query"),
        ],
    )
    def test_the_summary_says_it_before_any_click(self, values: dict[str, Any], text: str) -> None:
        assert summary(make_record(**values)) == text


class TestEditor:
    def test_the_default_is_vscode(self) -> None:
        assert editor_link(USE) == "vscode://file/srv/shop/views.py:17"

    def test_paths_of_a_container_are_those_of_the_host(self) -> None:
        with override_settings(
            QUERYAUDIT={"EDITOR": "pycharm", "PATHS": {"/srv": "/home/me/src", "/s": "/no"}}
        ):
            assert (
                editor_link(QUERYSET) == "pycharm://open?file=/home/me/src/shop/providers.py&line=9"
            )

    def test_an_own_link(self) -> None:
        with override_settings(QUERYAUDIT={"EDITOR": "my:/{path}#{line}"}):
            assert editor_link(Location("a b.py", 3, "/a b.py")) == "my://a%20b.py#3"

    def test_no_file_no_link(self) -> None:
        assert editor_link(None) == editor_link(Location("a.py", 1)) == ""


def test_findings_without_a_line_or_a_relation_are_shown(albums: list[Album]) -> None:
    with override_settings(QUERYAUDIT={"BUDGETS": {"orders": 1}}):
        with queryaudit.audit(label="orders", raise_=False) as audit, connection.cursor() as cursor:
            for number in (1, 2, 3):
                cursor.execute("SELECT %s", [number])
            list(Album.objects.select_related("artist"))
        record = audit.to_record()
    text = console.render(record)
    assert "N+1   SQL by hand  3 queries" in text
    assert "over budget   orders  4 queries" in text
    assert "4 queries as before, with less to do" in text
    assert "None" not in text
    assert "SQL by hand" in html.render(record)
