"""``manage.py queryaudit`` on the demo shop."""

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import override_settings
from shop.models import Album

from queryaudit import stores
from queryaudit.management import importing
from queryaudit.management.watching import rows_of
from queryaudit.stores.baseline import read_baseline
from tests.demo_site.conftest import shop  # noqa: F401  # a fixture
from tests.records import make_record

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.usefixtures("shop", "_demo")]


@pytest.fixture
def _demo(tmp_path: Path) -> Any:
    """The shop's own addresses, a store of its own, and a baseline in a folder of its own."""
    settings = {"STORE": "memory", "ENABLED": False, "BASELINE": str(tmp_path / "known.json")}
    with override_settings(ROOT_URLCONF="config.urls", QUERYAUDIT=settings):
        yield


def call(*arguments: str) -> tuple[int, str, str]:
    """Return the exit code and what was written."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("queryaudit", *arguments, stdout=out, stderr=err)
    except SystemExit as exit_:
        return int(str(exit_.code)), out.getvalue(), err.getvalue()
    except CommandError as error:
        return error.returncode, out.getvalue(), str(error)
    return 0, out.getvalue(), err.getvalue()


def test_one_page_is_told_and_its_findings_fail() -> None:
    code, out, err = call("request", "/slow/albums/")
    assert code == 1
    assert err.startswith("What was written is rolled back, but not: mail")
    assert out.startswith("GET /slow/albums/: 101 queries")
    assert call("request", "/fast/albums/")[0] == 0


def test_as_json_for_programs() -> None:
    code, out, _ = call("request", "/slow/albums/", "--json")
    (audit,) = json.loads(out)["audits"]
    assert (code, audit["query_count"], audit["expected_count"]) == (1, 101, 1)
    assert {finding["relation"] for finding in audit["findings"]} == {
        "shop.Album.artist",
        "shop.Artist.label",
    }


def test_what_a_page_writes_is_rolled_back_unless_it_is_to_be_kept() -> None:
    before = dict(Album.objects.values_list("pk", "price"))
    call("request", "/fast/reprices/")
    assert dict(Album.objects.values_list("pk", "price")) == before
    call("request", "/fast/reprices/", "--commit")
    assert dict(Album.objects.values_list("pk", "price")) != before


def test_a_login_is_asked_for_and_given() -> None:
    User.objects.create_superuser("ann", "ann@example.com", "x")
    code, _, err = call("request", "/admin/")
    assert (code, len(err.splitlines())) == (2, 1)
    assert "leads to /admin/login/?next=/admin/: it needs a login, --user NAME" in err
    code, out, err = call("request", "/admin/", "--user", "ann")
    assert code == 0
    assert out.startswith("GET /admin/: 3 queries")
    assert "no user whose username or key is 'bob'" in call("request", "/", "--user", "bob")[2]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["request", "/nope/"], "/nope/ is no address of this site"),
        (["request", "/", "--method", "POST"], "--commit asks it all the same"),
        (["request", "/", "--header", "nonsense"], "--header is 'nonsense'; allowed is NAME:VALUE"),
        (["crawl", "--max", "0"], "--max is a whole number from 1"),
        (["crawl", "--apps", "nothing"], "No page was found"),
        (["compare", "missing.json", "missing.json"], "missing.json is no report"),
        (["baseline", "show"], "known.json is no baseline: No such file"),
    ],
)
def test_wrong_use_is_one_line_and_exit_2(arguments: list[str], said: str) -> None:
    code, _, err = call(*arguments)
    assert code == 2
    assert said in err
    assert len(err.strip().splitlines()) == 1


def test_crawling_finds_every_slow_page_and_no_fast_one() -> None:
    code, out, err = call("crawl", "--fail-on", "any")
    assert code == 1
    asked = [line.partition(":")[0] for line in out.splitlines() if line.startswith("GET ")]
    told = [address.partition("?")[0] for address in asked]  # a list of the admin, sorted
    from shop.pairs import PAIRS

    assert set(told) == {f"GET {pair.slow.url}" for pair in PAIRS}
    assert "What was written is rolled back, but not: mail" in err
    assert "/queryaudit/" not in out


def test_a_crawl_ends_where_it_is_told_to() -> None:
    _, out, err = call("crawl", "--max", "3", "--format", "json")
    assert len(json.loads(out)["audits"]) == 3
    assert "more; --max asks them" in err


def test_known_findings_pass_where_only_new_ones_fail(tmp_path: Path) -> None:
    with override_settings(
        QUERYAUDIT={"STORE": "memory", "ENABLED": True, "BASELINE": str(tmp_path / "known.json")}
    ):
        assert call("request", "/slow/albums/", "--fail-on", "new")[0] == 1
        from queryaudit.stores.writer import writer

        writer.drain()
        code, out, _ = call("baseline", "write")
        assert (code, out) == (0, f"{tmp_path / 'known.json'}: 2 findings known\n")
        assert call("request", "/slow/albums/", "--fail-on", "new")[0] == 0
        assert call("request", "/slow/orders/", "--fail-on", "new")[0] == 1
        words = "shop.Album.artist n_plus_one demo_site/shop/providers/albums.py"
        assert words in call("baseline", "show")[1]
        stores.current().clear()
        call("request", "/slow/orders/")
        code, out, _ = call("baseline", "prune")
        assert (code, out.count("stays, not all of its pages were asked: GET ")) == (0, 2)
        assert len(read_baseline(tmp_path / "known.json").findings) == 2


def test_a_repaired_page_turns_its_entries_into_repaired_ones(tmp_path: Path) -> None:
    """Reports of crawls, which need no store."""
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    call("request", "/slow/albums/", "--format", "json", "--output", str(first))
    assert call("baseline", "write", "--from", str(first))[0] == 0
    data = json.loads(first.read_text())
    data["audits"][0]["findings"] = []
    second.write_text(json.dumps(data))
    assert call("baseline", "show", "--from", str(second))[1].count("(not found)") == 2
    code, out, _ = call("baseline", "prune", "--from", str(second))
    assert (code, out.count(": taken out\n")) == (0, 2)
    assert out.endswith(f"{tmp_path / 'known.json'}: 0 findings known\n")
    assert read_baseline(tmp_path / "known.json").findings == {}


def test_a_baseline_is_not_written_from_nothing(tmp_path: Path) -> None:
    code, _, err = call("baseline", "write")
    assert (code, "no audits are kept" in err) == (2, True)
    assert not (tmp_path / "known.json").exists()
    call("request", "/slow/albums/", "--format", "json", "--output", str(tmp_path / "report.json"))
    (tmp_path / "known.json").write_text('{"version": 1, "find')
    code, _, err = call("baseline", "write", "--from", str(tmp_path / "report.json"))
    assert (code, "is cut off" in err) == (2, True), "an older file is not written over"


def test_a_budget_alone_fails() -> None:
    settings = {"STORE": "memory", "ENABLED": False, "BUDGETS": {"/slow/albums/": 5}}
    with override_settings(QUERYAUDIT=settings):
        assert call("request", "/slow/albums/", "--fail-on", "budget")[0] == 1
        assert call("request", "/slow/orders/", "--fail-on", "budget")[0] == 0
    with override_settings(QUERYAUDIT={**settings, "BUDGETS": {}, "LIMITS": {"SLOW_MS": 1e-6}}):
        assert call("request", "/slow/albums/", "--fail-on", "budget")[0] == 1


def test_two_reports_beside_each_other(tmp_path: Path) -> None:
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    call("request", "/slow/albums/", "--format", "json", "--output", str(old))
    new.write_text(old.read_text())
    assert call("compare", str(old), str(new)) == (0, "nothing changed\n", "")
    data = json.loads(old.read_text())
    data["audits"][0]["findings"] = []
    data["audits"][0]["query_count"] = 1
    new.write_text(json.dumps(data))
    code, out, _ = call("compare", str(old), str(new))
    assert (code, out.splitlines()[0]) == (0, "GET /slow/albums/: 101 -> 1 query (-100)")
    assert "  gone N1-" in out
    code, out, _ = call("compare", str(new), str(old))
    assert code == 1
    assert "  NEW  N1-" in out
    new.write_text(old.read_text()[:200])
    assert call("compare", str(old), str(new))[0] == 2


def test_a_management_command_is_audited() -> None:
    code, out, _ = call("run", "seed", "--if-empty")
    assert code == 0
    assert re.search(r"manage\.py seed: \d+ queries, .* no findings", out)


def test_why_nothing_is_seen() -> None:
    code, out, _ = call("check")
    assert code == 1
    assert "no  ENABLED is False" in out
    with override_settings(QUERYAUDIT={"ENABLED": True, "STORE": "memory", "SAMPLE": 0.0}):
        assert "no  SAMPLE is 0: 0% of the requests" in call("check")[1]
    with override_settings(MIDDLEWARE=[], QUERYAUDIT={"ENABLED": True, "STORE": "memory"}):
        assert "no  MIDDLEWARE lacks queryaudit.middleware" in call("check")[1]
    with override_settings(QUERYAUDIT={"ENABLED": True, "STORE": "memory"}, DEBUG=True):
        code, out, _ = call("check")
        assert "ok  the dashboard is at /queryaudit/" in out


def test_a_summary_of_the_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    _, out, _ = call("request", "/slow/albums/", "--format", "github")
    assert out.startswith("::error file=demo_site/shop/providers/albums.py,line=13,title=N+1 shop.")
    assert (
        "**queryaudit**: 1 request, 101 queries, 2 findings"
        in (tmp_path / "summary.md").read_text()
    )


def test_what_is_kept_is_told_and_forgotten() -> None:
    with override_settings(QUERYAUDIT={"STORE": "memory", "ENABLED": True}):
        call("request", "/slow/albums/")
        from queryaudit.stores.writer import writer

        writer.drain()
        assert call("report")[1].startswith("GET /slow/albums/: 101 queries")
        assert call("clear")[1] == "No audits are kept any more.\n"
        assert call("report")[:2] == (0, "no audits\n")


def test_lists_of_other_tools_become_ignores() -> None:
    with override_settings(
        ZEAL_ALLOWLIST=[{"model": "shop.Album", "field": "artist"}, {"model": "shop.Nothing"}],
        NPLUSONE_WHITELIST=[{"label": "n_plus_one", "model": "shop.Ord*", "field": "*s"}],
    ):
        code, out, err = call("import-ignores")
    assert code == 0
    ignores = json.loads(out.strip().removeprefix('"IGNORE": ').removesuffix(","))
    assert ignores == {
        "shop.Album.artist": "from ZEAL_ALLOWLIST",
        "shop.Order.lines": "from NPLUSONE_WHITELIST",
    }
    assert "nothing of this site: ZEAL_ALLOWLIST: {'model': 'shop.Nothing'}" in err
    with override_settings(ZEAL_ALLOWLIST=["shop.Album"]):
        code, _, err = call("import-ignores")
    assert (code, err) == (
        2,
        'ZEAL_ALLOWLIST has \'shop.Album\'; allowed is {"model": "app.Model", "field": "name"}',
    )


def test_watching_tells_each_audit_once() -> None:
    first, second = make_record(id="a1", label="GET /a\x1b/"), make_record(id="a2", label="GET /b/")
    answers = [[first], [second, first]]

    def wait(_: float) -> None:
        if not answers:
            raise KeyboardInterrupt

    rows: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        rows.extend(rows_of(lambda: answers.pop(0), wait))
    assert len(rows) == 3
    assert rows[0].split() == [
        "time",
        "request",
        "status",
        "queries",
        "db",
        "ms",
        "total",
        "findings",
    ]
    assert "GET /a?/" in rows[1]
    assert "GET /b/" in rows[2]


def test_rules_about_files_become_ignores_of_the_findings_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = tmp_path / ".queryignore"
    monkeypatch.setattr(importing, "FILE", str(rules))
    rules.write_text(
        "# for query-doctor\n\nsql:SELECT * FROM x%\nfile:*/shop/templates/*\n"
        "callsite:demo_site/shop/providers/stock.py:1\n"
        "ignore:nplusone:demo_site/shop/providers/stock.py:read\n"
    )
    with override_settings(QUERYAUDIT={"STORE": "memory", "ENABLED": True}):
        call("request", "/slow/albums/")
        call("request", "/slow/movements/")
        from queryaudit.stores.writer import writer

        writer.drain()
        _, out, err = call("import-ignores")
    ignores = json.loads(out.strip().removeprefix('"IGNORE": ').removesuffix(","))
    assert sorted(ignores.values()) == [
        f"from {rules}: file:*/shop/templates/*",
        f"from {rules}: file:*/shop/templates/*",
        f"from {rules}: ignore:nplusone:demo_site/shop/providers/stock.py:read",
    ]
    assert all(id_.startswith("N1-") for id_ in ignores)
    assert err.count("nothing of this site") == 2
