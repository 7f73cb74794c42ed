"""SQL as HTML."""

import time

import pytest
from django.utils.html import strip_tags

from queryaudit.reports import sql


def test_it_is_broken_into_lines_and_coloured() -> None:
    text = sql.render("SELECT a, b FROM t WHERE c = 'x' ORDER BY a -- why")
    assert text.count("\n") >= 4
    assert '<span class="qa-sql-keyword">SELECT</span>' in text
    assert '<span class="qa-sql-value">&#x27;x&#x27;</span>' in text
    assert '<span class="qa-sql-comment">-- why</span>' in text


@pytest.mark.parametrize("evil", ["'<b>'", '"<script>"', "/* </pre><img> */", "<b", "--<i>"])
def test_every_part_is_escaped(evil: str) -> None:
    text = sql.render(f"SELECT {evil} FROM t")
    assert "<b" not in text.replace("<br", "")
    assert "<i" not in text
    assert "<script" not in text
    assert strip_tags(text)


def test_long_texts_are_shown_in_no_time() -> None:
    values = ", ".join(["%s"] * 5_000)
    start = time.perf_counter()
    text = sql.render(f"SELECT a FROM t WHERE b IN ({values})")
    assert time.perf_counter() - start < 2
    assert text.endswith("...")
    assert len(strip_tags(text)) <= sql.MAX_SHOWN + 3
