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
        target = reference.target
        if target is not None and target.existing is None and reference.values() is None:
            yield field, target


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

    A reference that closes a circle and may be NULL is put into its row's ``late``.
    """
    inside = set(members)
    level = dict.fromkeys((row for row in members if not row.references), 0)
    for start in members:
        while start not in level:
            _descend(start, inside, level)
    return level


def _descend(start: Row, inside: set[Row], level: dict[Row, int]) -> None:
    """Find the level of ``start`` and of all it needs; or open a circle, and begin again."""
    path: list[tuple[Row, Iterator[tuple[Any, Row]]]] = [(start, _inner(start, inside))]
    fields: list[Any] = []  # by which each row of the path leads to the next
    places = {start: 0}
    while path:
        row, further = path[-1]
        for field, target in further:
            if target in level:
                continue
            if target in places:
                circle = [one for one, _ in path[places[target] :]]
                _open(list(zip(circle, [*fields[places[target] :], field], strict=True)))
                return
            fields.append(field)
            places[target] = len(path)
            path.append((target, _inner(target, inside)))
            break
        else:
            path.pop()
            del places[row]
            if fields:
                fields.pop()
            needed = (level[target] for _, target in _inner(row, inside))
            level[row] = max(needed, default=-1) + 1


def _inner(row: Row, inside: set[Row]) -> Iterator[tuple[Any, Row]]:
    for field, target in needs(row):
        if target in inside and field not in row.late:
            yield field, target


def _open(circle: list[tuple[Row, Any]]) -> None:
    for row, field in circle:
        if all(one.null for one in field.local_related_fields):
            row.late.add(field)
            return
    raise CircleError(circle[0][0])
