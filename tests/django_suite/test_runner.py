"""The runner on a small suite that is laid out as Django's, in processes of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.django_suite.results import Result, differences, read

ROOT = Path(__file__).resolve().parents[2]

RUNTESTS = """
import sys

import django
from django.conf import settings
from django.test.utils import get_runner

assert sys.argv[1:3] == ["--parallel=1", "--noinput"]
databases = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
settings.configure(DATABASES=databases, INSTALLED_APPS=["django.contrib.contenttypes"])
django.setup()
sys.exit(bool(get_runner(settings)(verbosity=0).run_tests(sys.argv[3:])))
"""

PIECES = """
import sys
import unittest
from unittest import mock

from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import SimpleTestCase, TestCase

IS_AUDITED = "queryaudit" in sys.modules


class Outcomes(unittest.TestCase):
    def test_ok(self): pass
    def test_failure(self): self.fail("on purpose")
    def test_error(self): 1 / 0
    def test_skipped(self): self.skipTest("no reason")
    @unittest.expectedFailure
    def test_expected_failure(self): self.fail()
    @unittest.expectedFailure
    def test_unexpected_success(self): pass
    def test_parts(self):
        for number in range(3):
            with self.subTest(number=number):
                self.assertNotEqual(number, 1)


class NoClass(SimpleTestCase):
    @classmethod
    def setUpClass(cls): raise ValueError("no class")
    def test_never(self): pass


class Queries(TestCase):
    def test_two(self):
        ContentType.objects.create(app_label="a", model="b")
        self.assertEqual(ContentType.objects.filter(app_label="a").count(), 1)
    async def test_async(self):
        self.assertEqual(await ContentType.objects.acount(), await ContentType.objects.acount())
    def test_wrappers(self):
        self.assertEqual(connection.execute_wrappers, [])


class Auditor(TestCase):
    def break_it(self, name, action):
        if IS_AUDITED:
            patch = mock.patch(name, side_effect=RuntimeError("broken on purpose"))
            patch.start()
            getattr(self, action)(patch.stop)
    def test_recording(self):
        self.break_it("queryaudit.recording.recorder.Recorder.record_query", "addCleanup")
        ContentType.objects.count()
    def test_recording_again(self):
        self.test_recording()
    def test_zz_rules(self):
        self.break_it("queryaudit.auditing.judged.find", "addClassCleanup")
"""


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("suite")
    (folder / "runtests.py").write_text(RUNTESTS)
    (folder / "pieces").mkdir()
    (folder / "pieces" / "__init__.py").touch()
    (folder / "pieces" / "tests.py").write_text(PIECES)
    return folder


def run(suite: Path, mode: str, label: str = "pieces") -> tuple[int, dict[str, Result], str]:
    results = suite / f"{mode}-{label}.jsonl"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    process = subprocess.run(
        [sys.executable, "-m", "tests.django_suite.runner", mode, str(results), label],
        cwd=suite,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    found = {result.test.removeprefix("pieces.tests."): result for result in read(results)}
    return process.returncode, found, process.stderr


@pytest.fixture(scope="module")
def bare(suite: Path) -> dict[str, Result]:
    code, results, errors = run(suite, "bare")
    assert code == 1, errors
    return results


@pytest.fixture(scope="module")
def audited(suite: Path) -> dict[str, Result]:
    code, results, errors = run(suite, "audited")
    assert code == 1, errors
    return results


def test_every_outcome_is_told(bare: dict[str, Result]) -> None:
    assert {name: result.outcome for name, result in bare.items() if "Outcomes" in name} == {
        "Outcomes.test_ok": "ok",
        "Outcomes.test_failure": "failure",
        "Outcomes.test_error": "error",
        "Outcomes.test_skipped": "skipped",
        "Outcomes.test_expected_failure": "expected failure",
        "Outcomes.test_unexpected_success": "unexpected success",
        "Outcomes.test_parts": "failure",
    }
    assert "on purpose" in bare["Outcomes.test_failure"].detail
    assert "(number=1)" in bare["Outcomes.test_parts"].detail
    (name,) = (name for name in bare if "NoClass" in name)
    assert name.startswith("setUpClass")
    assert bare[name].outcome == "error"


def test_a_bare_run_audits_nothing(bare: dict[str, Result]) -> None:
    assert not any(result.queries or result.told for result in bare.values())


def test_only_what_looks_for_the_auditor_differs(
    bare: dict[str, Result], audited: dict[str, Result]
) -> None:
    found = differences(bare.values(), audited.values())
    assert [(one.test, one.bare, one.audited) for one in found] == [
        ("pieces.tests.Queries.test_wrappers", "ok", "failure")
    ]


def test_queries_are_counted_by_test_sync_and_async(audited: dict[str, Result]) -> None:
    assert audited["Queries.test_two"].queries == 2
    assert audited["Queries.test_async"].queries == 2
    assert audited["Outcomes.test_ok"].queries == 0


def test_each_error_of_the_auditor_is_told_with_its_test(audited: dict[str, Result]) -> None:
    told = {name: result.told for name, result in audited.items() if result.told}
    assert told.keys() == {
        "Auditor.test_recording",
        "Auditor.test_recording_again",
        "Auditor.test_zz_rules",
    }
    for messages in told.values():
        assert len(messages) == 1
        assert "RuntimeError: broken on purpose" in messages[0]
    assert told["Auditor.test_recording"][0].startswith("queryaudit failed while recording a query")
    assert all(audited[name].outcome == "ok" for name in told)


def test_a_suite_that_cannot_begin_is_broken(tmp_path: Path) -> None:
    (tmp_path / "runtests.py").write_text("raise ValueError('no settings')")
    code, results, errors = run(tmp_path, "bare")
    assert (code, results) == (3, {})
    assert "ValueError: no settings" in errors


def test_a_bare_run_that_imports_queryaudit_is_broken(suite: Path) -> None:
    (suite / "impure").mkdir()
    (suite / "impure" / "__init__.py").touch()
    (suite / "impure" / "tests.py").write_text("import queryaudit\n" + PIECES)
    code, _, errors = run(suite, "bare", "impure")
    assert code == 3
    assert "The bare run has imported queryaudit." in errors
