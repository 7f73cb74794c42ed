"""Statements by shape: counts, the lane of time, and what is kept of the slowest one."""

from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import override_settings

import queryaudit
from queryaudit.findings.shapes import COLUMNS, Shape, shapes_of
from queryaudit.recording.events import Query
from queryaudit.recording.statements import Sort
from tests.music.models import Album, Artist, Label

VALUE = "what " + "nobody shall read"  # in two parts: the line that asks is kept with its text


def make_query(sql: str, *spans: tuple[float, float], params: Any = None) -> Query:
    query = Query("default", sql, Sort.QUERY, "SELECT")
    for start, end in spans:
        query.count += 1
        query.seconds += end - start
        query.slowest = max(query.slowest, end - start)
        query.spans.extend((start, end))
    query.params = params
    return query


def lane_of(*spans: tuple[float, float], began: float = 0.0, duration: float = 120.0) -> str:
    (shape,), _ = shapes_of([make_query("SELECT 1", *spans)], began, duration)
    return shape.lane


class TestLane:
    def test_it_tells_when_statements_ran_and_how_busy_each_part_was(self) -> None:
        lane = lane_of((0.0, 1.0), (2.0, 2.5), (119.99, 120.0))
        assert len(lane) == COLUMNS == 120
        assert lane[:4] == "9050"
        assert lane[4:-1] == "0" * 115
        assert lane[-1] == "1"

    def test_a_long_statement_fills_what_it_passes(self) -> None:
        assert lane_of((1.5, 4.25))[:6] == "059930"

    def test_statements_of_one_part_add_up(self) -> None:
        assert lane_of((0.0, 0.25), (0.25, 0.5), (0.5, 0.75))[:2] == "70"

    def test_clocks_that_do_not_fit_stay_within_the_lane(self) -> None:
        assert lane_of((-5.0, -4.0), (130.0, 140.0)).strip("0") != ""
        assert lane_of((1.0, 2.0), duration=0.0) == ""

    def test_an_audit_records_it(self, db: None) -> None:
        with queryaudit.audit() as audit:
            Label.objects.count()
        (shape,) = audit.to_record().shapes
        assert len(shape.lane) == COLUMNS
        assert set(shape.lane) > {"0"}


def example_of(sql: str, params: Any) -> tuple[Any, bool]:
    query = make_query(sql, (0, 1), params=params)
    (shape,), _ = shapes_of([query], 0.0, 1.0, keeps_params=True)
    assert shape.example is not None
    return shape.example.params, shape.example.is_whole


class TestExample:
    def test_without_the_setting_no_parameter_is_kept(self, db: None) -> None:
        with queryaudit.audit() as audit:
            list(Label.objects.filter(name=VALUE))
        record = audit.to_record()
        assert record.shapes[0].example is None
        assert VALUE not in str(record.to_dict())

    def test_with_it_those_of_the_slowest_statement_are(self, db: None) -> None:
        with override_settings(QUERYAUDIT={"PARAMS": True}), queryaudit.audit() as audit:
            list(Label.objects.filter(name="blue", pk__in=[1, 2]))
        (shape,) = audit.to_record().shapes
        assert shape.example is not None
        assert sorted(map(str, shape.example.params)) == ["1", "2", "blue"]
        assert shape.example.is_whole
        assert shape.example.sql.count("%s") == 3

    @pytest.mark.parametrize(
        ("sql", "params", "kept", "is_whole"),
        [
            ("SELECT a FROM t WHERE name = %s", ("x",), ["x"], True),
            ("SELECT a FROM t WHERE password = %s", ("x",), ["..."], False),
            ("SELECT a FROM t WHERE name = %s AND api_key = %s", ("x", "y"), ["x", "..."], False),
            ('UPDATE "u" SET "password" = %s WHERE "u"."id" = %s', ("h", 3), ["...", 3], False),
            ("INSERT INTO u (name, token) VALUES (%s, %s)", ("n", "t"), ["n", "..."], False),
            (
                "INSERT INTO u (name, token) VALUES (%s, %s), (%s, %s) RETURNING id",
                ("n", "t", "m", "u"),
                ["n", "...", "m", "..."],
                False,
            ),
            ("INSERT INTO u (a, name, token) VALUES (now(), %s, %s)", "nt", ["n", "..."], False),
            ('INSERT INTO u ("Pass Word", b) VALUES (%s, %s)', ("p", "b"), ["...", "b"], False),
            ("INSERT INTO u (a, b) VALUES (upper(%s), %s)", ("p", "b"), ["...", "b"], False),
            ("INSERT INTO u VALUES (%s)", ("p",), ["..."], False),
            (
                "INSERT INTO u (b, a) VALUES (%s, %s) ON CONFLICT (b) DO UPDATE SET password = %s",
                (1, "a", "p"),
                [1, "a", "..."],
                False,
            ),
            ('SELECT a WHERE "u"."password"::text LIKE %s', ("%x%",), ["..."], False),
            ('SELECT a WHERE "u"."name"::text LIKE %s', ("%x%",), ["%x%"], True),
            ("SELECT a WHERE password NOT IN (%s, %s)", "xy", ["...", "..."], False),
            ("SELECT a WHERE name = %s AND password ILIKE %s", "xy", ["x", "..."], False),
            ("SELECT a WHERE name = %s AND %s = password", "xy", ["x", "..."], False),
            ("SELECT a WHERE password = %(p)s OR name = %(p)s", {"p": "x"}, {"p": "..."}, False),
            ("SELECT a WHERE (data ->> %s) = %s", ("password", "x"), ["...", "..."], False),
            ("SELECT a WHERE JSON_EXTRACT(d, %s) = %s", ("$.pin", "x"), ["...", "..."], False),
            ("SELECT a WHERE api_tokens = %s", ("x",), ["..."], False),
            ("SELECT set_config(%s, %s)", ("qa.secret_key", "x"), ["...", "..."], False),
            ("SELECT a WHERE day BETWEEN %s AND %s", (1, 2), [1, 2], True),
            ("SELECT a FROM t LIMIT %s OFFSET %s", (1, 2), [1, 2], True),
            ('SELECT %s AS "a" FROM t WHERE b = %s LIMIT 1', (1, 2), [1, 2], True),
            ("SELECT a WHERE name || password = %s", ("x",), ["..."], False),
            ("SELECT a WHERE name = %s", ("x", "y"), ["...", "..."], False),  # one too many
            ("SELECT a FROM t WHERE UPPER(token) = UPPER(%s)", ("x",), ["..."], False),
            ("SELECT a FROM t WHERE token IN (%s, %s)", ("x", "y"), ["...", "..."], False),
            (
                "SELECT a WHERE b = %(b)s AND pin = %(pin)s",
                {"b": 1, "pin": 2},
                {"b": 1, "pin": "..."},
                False,
            ),
            ("SELECT a FROM t WHERE a = %s", (None,), [None], True),
            ("SELECT a FROM t WHERE a = %s", (date(2026, 1, 2),), ["2026-01-02"], True),
            ("SELECT a FROM t WHERE a = %s", (b"\x00" * 10,), ["<10 bytes>"], False),
            ("SELECT a FROM t WHERE a = %s", ("x" * 300,), ["x" * 200 + "..."], False),
            ("SELECT a FROM t WHERE a = ANY(%s)", ([1, 2],), [[1, 2]], True),
            (
                "SELECT a FROM t WHERE a = %s",
                ('{"name": "x", "apiKey": "y", "in": [{"token": "z"}]}',),
                ['{"name": "x", "apiKey": "...", "in": [{"token": "..."}]}'],
                False,
            ),
            (
                "SELECT a FROM t WHERE a = %s",
                ('{"body": "{\\"password\\": \\"p\\"}"}',),
                ['{"body": "{\\"password\\": \\"...\\"}"}'],
                False,
            ),
            ("SELECT a FROM t WHERE a = %s", ("{no json",), ["{no json"], True),
            ("SELECT a FROM t WHERE a = %s", ('{"token": ',), ["..."], False),
        ],
    )
    def test_what_looks_secret_is_masked(
        self, sql: str, params: Any, kept: Any, is_whole: bool
    ) -> None:
        assert example_of(sql, params) == (kept, is_whole)

    @pytest.mark.parametrize(
        "sql",
        [
            "SELECT a FROM u WHERE password = 'hunter2'",
            "SELECT a FROM u WHERE password = $$hunter2$$",
            'SELECT a FROM u WHERE password = "hunter2"',
            "SELECT a FROM u /* hunter2 */",
            "SELECT a FROM u -- hunter2",
            "SELECT a FROM u WHERE pin = 1234",
            "SELECT " + "a" * 11_000,
        ],
    )
    def test_a_text_with_secrets_or_without_its_end_is_not_kept(self, sql: str, db: None) -> None:
        with override_settings(QUERYAUDIT={"PARAMS": True}):
            audit = queryaudit.audit()
            with audit, connection.cursor() as cursor:
                with suppress(DatabaseError):  # there is no such table: it is counted all the same
                    cursor.execute(sql)
        (shape,) = audit.to_record().shapes
        assert shape.example is None
        assert "1234" not in shape.sql

    def test_a_batch_keeps_no_parameters(self, db: None) -> None:
        with override_settings(QUERYAUDIT={"PARAMS": True}), queryaudit.audit() as audit:
            with connection.cursor() as cursor:
                cursor.executemany("INSERT INTO music_label (name) VALUES (%s)", [["a"], ["b"]])
        (shape,) = audit.to_record().shapes
        assert shape.example is not None
        assert shape.example.params == []


def test_shapes_of_a_real_page(albums: list[Album]) -> None:
    with queryaudit.audit() as audit:
        assert [album.artist.label.name for album in Album.objects.all()]
    shapes = {shape.count: shape for shape in audit.to_record().shapes}
    assert set(shapes) == {1, 6}
    assert Artist.objects.count() == 6
    assert all(isinstance(shape, Shape) for shape in shapes.values())
