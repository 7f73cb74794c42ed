"""In which order new rows are written: those first that others refer to."""

from collections.abc import Iterable, Iterator
from typing import Any

from queryaudit.masterdata.loading.rows import Row

Step = list[Row]  # of one model, written together


class CircleError(ValueError):
    """Rows refer to each other in a circle that no NULL can open; ``row`` is one of them."""

    def __init__(self, row: Row) -> None:
        super().__init__("refers in a circle to a row that is not written yet")
        self.row = row


def steps(rows: Iterable[Row]) -> Iterator[Step]:
    """Yield new rows in steps, each of one model: what a row needs is in a step before its own.

    Rows of a model that do not refer to each other are one step. Raises CircleError.
    """
    by_model: dict[Any, list[Row]] = {}
    for row in rows:
        by_model.setdefault(row.model, []).append(row)
    for models in _groups(by_model):
        levels: dict[int, dict[Any, Step]] = {}
        members = [row for model in models for row in by_model[model]]
        level_of = _levels(members)
        for row in members:
            levels.setdefault(level_of[row], {}).setdefault(row.model, []).append(row)
        for level in sorted(levels):
            yield from levels[level].values()


def needs(row: Row) -> Iterator[tuple[Any, Row]]:
    """Yield field and row of each reference of ``row`` to a row that has no key yet."""
    for field, reference in row.references.items():
        if reference.target is not None and reference.target.existing is None:
            if reference.values() is None:
                yield field, reference.target


def _groups(by_model: dict[Any, list[Row]]) -> Iterator[list[Any]]:
    """Yield models in the order of their references; those in a circle together."""
    after = {
        model: {target.model for row in rows for _, target in needs(row)}
        for model, rows in by_model.items()
    }
    remaining = dict(after)
    while remaining:
        free = [
            model
            for model, others in remaining.items()
            if not (others - {model}) & remaining.keys()
        ]
        chosen = [[model] for model in free] or [_circle(remaining)]
        for group in chosen:
            yield group
            for model in group:
                del remaining[model]


def _circle(remaining: dict[Any, set[Any]]) -> list[Any]:
    """Return the models of a circle on which no model outside of it waits first."""
    reach: dict[Any, set[Any]] = {}
    for model in remaining:
        seen, todo = set(), [model]
        while todo:
            for other in remaining[todo.pop()] & remaining.keys():
                if other not in seen:
                    seen.add(other)
                    todo.append(other)
        reach[model] = seen
    smallest = min((model for model in reach if model in reach[model]), key=lambda m: len(reach[m]))
    return [model for model in remaining if model in reach[smallest]]


def _levels(members: list[Row]) -> dict[Row, int]:
    """Return for each row how many steps must come before it within its group.

    A reference that closes a circle and may be NULL is put into the row's ``late``.
    """
    inside = set(members)
    level = dict.fromkeys((row for row in members if not row.references), 0)
    for start in members:
        path: list[tuple[Row, Iterator[tuple[Any, Row]]]] = []
        on_path: set[Row] = set()
        if start not in level:
            path.append((start, needs(start)))
            on_path.add(start)
        while path:
            row, further = path[-1]
            for field, target in further:
                if target not in inside or target in level:
                    continue
                if target in on_path:
                    _leave_for_later(row, field)
                    continue
                path.append((target, needs(target)))
                on_path.add(target)
                break
            else:
                path.pop()
                on_path.discard(row)
                level[row] = max(
                    (
                        level[target] + 1
                        for field, target in needs(row)
                        if target in inside and target is not row and field not in row.late
                    ),
                    default=0,
                )
    return level


def _leave_for_later(row: Row, field: Any) -> None:
    if any(not one.null for one in field.local_related_fields):
        raise CircleError(row)
    row.late.add(field)
