"""The statements of an audit by shape: how many, how long, and when, drawn as a lane of time."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil
from typing import Final

from queryaudit.findings.figures import DynamoFigures
from queryaudit.findings.locations import Location, locate_use
from queryaudit.findings.placeholders import columns_of, holds_values, names_of
from queryaudit.masking import Value, masked_params
from queryaudit.recording.dynamocounts import sum_up
from queryaudit.recording.dynamoshapes import DynamoShape
from queryaudit.recording.events import Query
from queryaudit.recording.fingerprint import shape_of
from queryaudit.recording.statements import CUT
from queryaudit.recording.texts import CUT_TEXT

MAX_SHAPES: Final = 40  # kept of one audit, the slowest
COLUMNS: Final = 120  # of a lane, however many statements there were
DYNAMODB: Final = "dynamodb"  # the alias of shapes that are no SQL
_FULLEST: Final = 9  # the level of a column that was busy from end to end


@dataclass(frozen=True, slots=True)
class Example:
    """The slowest statement of a shape, kept where ``PARAMS`` says so.

    ``params`` are its parameters as JSON has them, by number or by name; what looks secret is
    masked, and ``is_whole`` is then False: its plan cannot be asked for.
    """

    sql: str
    params: list[Value] | dict[str, Value]
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """Statements that differ in values alone; ``seconds`` all together, ``place`` the first.

    ``lane`` has a digit for each of ``COLUMNS`` equal parts of the audit's time: 0 where
    none of the statements ran, else up to 9 where they took all of it.
    """

    sql: str
    alias: str
    count: int
    seconds: float
    place: Location | None
    lane: str = ""
    example: Example | None = None
    figures: DynamoFigures | None = None  # of calls of DynamoDB


def shapes_of(
    queries: Iterable[Query], began: float, duration: float, *, keeps_params: bool = False
) -> tuple[tuple[Shape, ...], bool]:
    """Return the shapes of ``queries``, the slowest first, and whether some were left out.

    The audit ``began`` as ``perf_counter()`` tells and took ``duration`` seconds.
    """
    by_shape: dict[tuple[str, str], list[Query]] = {}
    for query in queries:
        by_shape.setdefault((query.alias, shape_of(query.sql)), []).append(query)
    slowest = sorted(by_shape.items(), key=lambda item: -sum(query.seconds for query in item[1]))
    found = tuple(
        Shape(
            sql=sql,
            alias=alias,
            count=sum(query.count for query in alike),
            seconds=round(sum(query.seconds for query in alike), 6),
            place=next((locate_use(query.place) for query in alike if query.place), None),
            lane=_lane_of([query.spans for query in alike], began, duration),
            example=_example_of(alike) if keeps_params else None,
        )
        for (alias, sql), alike in slowest[:MAX_SHAPES]
    )
    return found, len(slowest) > MAX_SHAPES


def shapes_of_calls(
    calls: Iterable[DynamoShape], began: float, duration: float
) -> tuple[Shape, ...]:
    """Return the shapes of calls of DynamoDB, the slowest first; their alias is ``dynamodb``."""
    by_text: dict[str, list[DynamoShape]] = {}
    for call in calls:
        by_text.setdefault(call.text, []).append(call)
    found = [
        Shape(
            sql=text,
            alias=DYNAMODB,
            count=sum(call.count for call in alike),
            seconds=round(sum(call.seconds for call in alike), 6),
            place=next((locate_use(call.place) for call in alike if call.place), None),
            lane=_lane_of([call.spans for call in alike], began, duration),
            figures=DynamoFigures.of(sum_up(alike)),
        )
        for text, alike in by_text.items()
    ]
    return tuple(sorted(found, key=lambda shape: -shape.seconds)[:MAX_SHAPES])


def _lane_of(spans: Iterable[Iterable[float]], began: float, duration: float) -> str:
    """Return how busy each part of the time was; linear in the number of spans."""
    width = duration / COLUMNS
    if width <= 0:
        return ""
    busy: defaultdict[int, float] = defaultdict(float)  # few of them are
    last = COLUMNS - 1
    for times in spans:
        numbers = iter(times)
        for start, end in zip(numbers, numbers, strict=True):
            first = min(last, max(0, int((start - began) / width)))
            final = min(last, max(0, int((end - began) / width)))
            if first == final:
                busy[first] += end - start
                continue
            busy[first] += began + (first + 1) * width - start
            busy[final] += end - began - final * width
            for column in range(first + 1, final):
                busy[column] += width
    lane = ["0"] * COLUMNS
    for column, seconds in busy.items():
        if seconds > 0:
            lane[column] = str(min(_FULLEST, ceil(seconds / width * _FULLEST)))
    return "".join(lane)


def _example_of(queries: list[Query]) -> Example | None:
    """Return the slowest statement; None for one that is not whole or has values in its text."""
    query = max(queries, key=lambda query: query.slowest)
    sql = query.sql
    if sql.endswith(CUT) or sql == CUT_TEXT or holds_values(sql):
        return None
    params, is_whole = masked_params(query.params, columns_of(sql), names_of(sql))
    return Example(sql, params, is_whole)
