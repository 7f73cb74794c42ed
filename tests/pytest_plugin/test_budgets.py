"""Writing markers into source."""

import pytest

from queryaudit.pytest_plugin.budgets import with_markers


@pytest.mark.parametrize(
    ("source", "line", "written"),
    [
        (
            '"""Tests."""\n\nimport os\n\n\ndef test_a():\n    pass\n',
            6,
            (
                '"""Tests."""\nimport pytest\n\nimport os\n\n\n'
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
    ],
    ids=["without the import", "ends of lines of Windows", "tabs"],
)
def test_every_other_character_stays(source: str, line: int, written: str) -> None:
    assert with_markers(source, {line: 7}) == written
