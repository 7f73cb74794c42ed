"""Writing markers into source."""

from pathlib import Path

import pytest

from queryaudit.pytest_plugin.budgets import Budget, with_markers, write_budgets
from tests.pytest_plugin.conftest import Run


@pytest.mark.parametrize(
    ("source", "line", "written"),
    [
        (
            '"""Tests."""\n\nimport os\n\n\ndef test_a():\n    pass\n',
            6,
            (
                '"""Tests."""\n\nimport os\nimport pytest\n\n\n'
                "@pytest.mark.queryaudit(max_queries=7)\ndef test_a():\n    pass\n"
            ),
        ),
        (
            "import pytest\r\n\r\ndef test_a():\r\n    pass",
            3,
            (
                "import pytest\r\n\r\n@pytest.mark.queryaudit(max_queries=7)\r\n"
                "def test_a():\r\n    pass"
            ),
        ),
        (
            (
                "from __future__ import annotations\nimport pytest\nclass TestA:\n"
                "\tdef test_a(self):\n\t\tx = 'ü'\n"
            ),
            4,
            (
                "from __future__ import annotations\nimport pytest\nclass TestA:\n"
                "\t@pytest.mark.queryaudit(max_queries=7)\n\tdef test_a(self):\n\t\tx = 'ü'\n"
            ),
        ),
        (
            "#!/usr/bin/env python\n# coding: latin-1\ndef test_a():\n    pass\n",
            3,
            (
                "#!/usr/bin/env python\n# coding: latin-1\n\nimport pytest\n\n\n"
                "@pytest.mark.queryaudit(max_queries=7)\ndef test_a():\n    pass\n"
            ),
        ),
        (
            '"""Tests."""\n\n\ndef test_a():\n    pass\n',
            4,
            (
                '"""Tests."""\n\nimport pytest\n\n\n'
                "@pytest.mark.queryaudit(max_queries=7)\ndef test_a():\n    pass\n"
            ),
        ),
        (
            "import pytest\n\x0c\nX = '''\u2028\x1c'''\n@deco\nasync def test_a(): pass\n",
            4,
            (
                "import pytest\n\x0c\nX = '''\u2028\x1c'''\n"
                "@pytest.mark.queryaudit(max_queries=7)\n@deco\nasync def test_a(): pass\n"
            ),
        ),
        (
            "def test_a(): pass",
            1,
            "import pytest\n\n\n@pytest.mark.queryaudit(max_queries=7)\ndef test_a(): pass",
        ),
    ],
    ids=[
        "without the import",
        "ends of lines of Windows",
        "tabs",
        "comments that stay first",
        "a text and no import",
        "form feeds and other breaks",
        "nothing but the test",
    ],
)
def test_every_other_character_stays(source: str, line: int, written: str) -> None:
    assert with_markers(source, {line: 7}) == written


@pytest.mark.parametrize(
    ("encoding", "head"),
    [("utf-8-sig", ""), ("latin-1", "# -*- coding: latin-1 -*-\r\n"), ("utf-8", "")],
)
def test_a_source_stays_in_its_encoding(tmp_path: Path, encoding: str, head: str) -> None:
    file = tmp_path / "test_a.py"
    text = f"{head}import pytest\r\ndef test_a():\r\n    'ü'\r\n"
    file.write_bytes(text.encode(encoding))
    line = 2 + head.count("\n")
    assert write_budgets({Budget(str(file), line, "test_a"): 3}).counts == {str(file): 1}
    marker = "@pytest.mark.queryaudit(max_queries=3)\r\ndef"
    assert file.read_bytes() == text.replace("def", marker).encode(encoding)


def test_what_cannot_be_written_is_said_and_stays(tmp_path: Path) -> None:
    file = tmp_path / "test_a.py"
    file.write_text("import pytest\ndef test_b():\n    pass\n")
    gone = tmp_path / "gone.py"
    written = write_budgets({Budget(str(file), 2, "test_a"): 3, Budget(str(gone), 1, "test_c"): 3})
    assert written.counts == {}
    assert written.left_out[0] == f"{file}: no function test_a begins at line 2"
    assert "No such file" in written.left_out[1]
    assert "queryaudit" not in file.read_text()


SOURCES = """
import functools
from unittest import mock
from django.test import TestCase, override_settings
from books.models import Book
from support import Inherited


@override_settings(USE_TZ=False)
@mock.patch("books.views.HttpResponse")
def test_decorated(patched, db):
    Book.objects.count()


def by_hand(function):
    def wrapper(db):
        return function(db)
    return wrapper


@by_hand
def test_by_hand(db):
    Book.objects.count()


class TestOuter:
    class TestInner:
        @pytest.mark.parametrize("times", [1, 2])
        @pytest.mark.django_db
        def test_nested(self, times):
            for _ in range(times):
                Book.objects.count()


@pytest.mark.queryaudit(no_n_plus_one=True)
class TestCases(TestCase):
    def setUp(self):
        make_books(5)

    @classmethod
    def setUpTestData(cls):
        make_books(1)

    def test_method(self):
        assert Book.objects.count() == 6

    async def test_coroutine(self):
        assert await Book.objects.acount() == 6


class TestInherited(Inherited):
    pass


def test_without_queries():
    pass
"""
SUPPORT = """
import pytest
from books.models import Book


class Inherited:
    @pytest.mark.django_db
    def test_of_another_file(self):
        Book.objects.count()
"""


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "xdist"])
def test_budgets_stand_above_functions_however_they_are_decorated(
    run: Run, workers: tuple[str, ...]
) -> None:
    Path("support.py").write_text(SUPPORT)
    result = run(SOURCES, "--queryaudit-write-budgets", *workers)
    result.assert_outcomes(passed=8)
    written = Path("test_site.py").read_text()
    for count, below in (
        (1, "@override_settings(USE_TZ=False)\n@mock.patch"),
        (2, '        @pytest.mark.parametrize("times", [1, 2])'),
        (1, "    def test_method"),
        (1, "    async def test_coroutine"),
    ):
        indent = below[: len(below) - len(below.lstrip())]
        assert f"{indent}@pytest.mark.queryaudit(max_queries={count})\n{below}" in written
    assert written.count("max_queries=") == 4, "none of a test that asks nothing, none elsewhere"
    assert "queryaudit" not in Path("support.py").read_text()
    result = run(written.partition("make_books\n\n")[2])
    result.assert_outcomes(passed=8)


def test_only_a_run_of_all_tests_says_what_nobody_met(run: Run) -> None:
    Path("known.json").write_text('{"version": 1, "findings": {"N1-00000001": "x n_plus_one"}}')
    tests = "def test_a():\n    pass\n\n\ndef test_b():\n    {}\n"
    option = ("--queryaudit-baseline", "known.json")
    for body, arguments, is_told in (
        ("pass", (), True),
        ("pytest.skip()", (), False),
        ("pytest.xfail()", (), False),
        ("assert 0", (), False),
        ("raise KeyboardInterrupt", (), False),
        ("pass", ("--collect-only",), False),
        ("pass", ("--ignore", "nothing"), False),
        ("pass", ("test_site.py::test_a",), False),
    ):
        text = run(tests.format(body), *option, *arguments).stdout.str()
        assert ("queryaudit: repaired" in text) is is_told, (body, arguments)


def test_a_test_that_is_run_again_has_an_audit_of_its_own(run: Run) -> None:
    Path("conftest.py").write_text("""
from _pytest.runner import runtestprotocol

def pytest_runtest_protocol(item, nextitem):
    for _ in range(3):
        for report in runtestprotocol(item, nextitem=nextitem, log=False):
            item.ihook.pytest_runtest_logreport(report=report)
    return True
""")
    result = run(
        """
from django.test import TestCase
from books.models import Book

class Tests(TestCase):
    @pytest.mark.queryaudit(max_queries=1)
    def test_method(self):
        Book.objects.count()

    @pytest.mark.queryaudit(max_queries=0)
    async def test_coroutine(self):
        await Book.objects.acount()

@pytest.mark.asyncio
@pytest.mark.queryaudit(max_queries=0)
async def test_async(transactional_db):
    await Book.objects.acount()
""",
        "-p",
        "asyncio",
    )
    result.assert_outcomes(passed=3, failed=6)
    assert result.stdout.str().count("1 query, budget 0 (1 over)") >= 6


def test_a_method_of_unittest_that_fails_or_is_skipped_stays_as_it_is(run: Run) -> None:
    result = run("""
from django.test import TestCase
from books.models import Book

@pytest.mark.queryaudit(max_queries=0, allow=["books.Book.author"])
class Tests(TestCase):
    def test_broken(self):
        Book.objects.count()
        self.assertEqual(1, 2)

    def test_skipped(self):
        Book.objects.count()
        self.skipTest("not here")

class Broken(Tests):
    def setUp(self):
        raise ValueError("in setUp")
""")
    result.assert_outcomes(failed=3, skipped=1)
    text = result.stdout.str()
    assert "1 != 2" in text
    assert "budget" not in text
    assert "allow names" not in text
