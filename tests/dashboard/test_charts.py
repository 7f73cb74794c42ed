"""Charts as numbers: what the templates draw."""

from queryaudit.dashboard import charts
from queryaudit.dashboard.summaries import percentile
from queryaudit.dashboard.waterfall import rows_of, ticks_of
from queryaudit.findings.record import Phase
from queryaudit.findings.shapes import COLUMNS, Shape
from queryaudit.reports import lanes
from tests.records import USE, make_record


class TestBars:
    def test_columns_stand_side_by_side_and_the_greatest_fills_the_height(self) -> None:
        drawn = charts.bars([50, 100, 0], ["a", "b", "c"], "queries")
        assert [(bar.x, bar.y, bar.height) for bar in drawn.bars] == [
            ("0", "60", "60"),
            ("30", "0", "120"),
            ("60", "120", "0"),
        ]
        assert drawn.top == 100
        assert drawn.text == (
            "queries of 3 requests, oldest first: 50 at first, 0 at last, from 0 to 100"
        )

    def test_two_hundred_of_them_fit_the_width(self) -> None:
        drawn = charts.bars([1] * 200, ["x"] * 200, "queries")
        last = drawn.bars[-1]
        assert float(last.x) + float(last.width) == charts.WIDTH

    def test_of_nothing_and_of_zeros(self) -> None:
        assert charts.bars([], [], "queries").text == "no queries"
        assert charts.bars([0], ["x"], "queries").bars[0].height == "0"


class TestPercentiles:
    def test_nearest_rank(self) -> None:
        values = [float(n) for n in range(1, 21)]
        assert percentile(values, 50) == 10
        assert percentile(values, 95) == 19
        assert percentile([7.0], 95) == 7
        assert percentile([], 50) == 0

    def test_lines_over_the_last_requests(self) -> None:
        lines = charts.percentiles([0.1] * 10 + [0.2])
        assert lines.top == 0.2
        assert len(lines.p50.split()) == 11
        assert lines.p50.split()[-1] == "600,61"
        assert lines.p95.split()[-1] == "600,2"
        assert lines.text == "durations, at last p50 100 ms, p95 200 ms"

    def test_of_one_request_and_of_none(self) -> None:
        assert charts.percentiles([0.1]).p50 == "0,2 600,2"
        assert charts.percentiles([]).p50 == ""


def test_parts_of_a_whole_follow_one_another() -> None:
    found = charts.parts([("a", 0.25), ("b", 0.745), ("c", 0.005)])
    assert [(part.x, part.width, part.percent) for part in found] == [
        ("0", "25", "25 %"),
        ("25", "74.5", "74 %"),
        ("99.5", "0.5", "< 1 %"),
    ]


def test_a_spark_shows_the_last_hundred() -> None:
    assert charts.spark([0, 2, 1]) == "M33.33 20V0H66.67V20zM66.67 20V10H100V20z"
    assert charts.spark([0, 0]) == charts.spark([]) == ""
    assert charts.spark([1] * 500).count("M") == 100


class TestWaterfall:
    def test_lanes_stand_in_the_order_in_which_they_begin(self) -> None:
        late = Shape("SELECT late", "default", 1, 0.05, USE, "0" * 60 + "9" * 60)
        early = Shape("SELECT early", "default", 2, 0.01, USE, "9" + "0" * 119)
        record = make_record(shapes=(late, early), phases=(Phase("page.html", 0.025, 0.05),))
        rows = rows_of(record)
        assert [(row.name, row.kind) for row in rows] == [
            ("whole request", "whole"),
            ("page.html", "template"),
            ("SELECT early", "sql"),
            ("SELECT late", "sql"),
        ]
        assert rows[1].path == "M30.0 1H90.0V8H30.0z"
        assert rows[2].detail == "2 times, 10.0 ms"
        assert ticks_of(record) == ["0.0 ms", "25.0 ms", "50.0 ms", "75.0 ms", "100.0 ms"]

    def test_an_audit_that_took_no_time_is_one_row(self) -> None:
        assert [row.kind for row in rows_of(make_record(duration=0.0))] == ["whole"]


class TestLanes:
    def test_bars_of_one_height_are_drawn_as_one(self) -> None:
        assert lanes.path_of("0990050") == "M1 0H3V9H1zM5 4H6V9H5z"

    def test_the_smallest_is_seen(self) -> None:
        assert lanes.path_of("1") == "M0 6H1V9H0z"

    def test_the_longest_is_short(self) -> None:
        assert len(lanes.path_of("19" * (COLUMNS // 2))) < 2_500

    def test_where_nothing_ran(self) -> None:
        assert lanes.path_of("0" * COLUMNS) == lanes.path_of("") == ""
        assert lanes.began_at("0" * COLUMNS) == COLUMNS
        assert lanes.began_at("005") == 2
