"""Record the rows that select_related() brought with others."""

from typing import Any

from django.db.models import Model

from queryaudit.capture import columns, steps
from queryaudit.recording.recorder import Recorder
from queryaudit.recording.rowsets import RowSet

# By the name of a relation the rows that a join brought, and what these brought in turn: None
# where they brought nothing, which all rows of one evaluation do or none. A name without rows is
# one that no join brought.
Joined = dict[str, "tuple[RowSet, Joined | None] | None"]


def tag_joined(row: Any, recorder: Recorder, rowset: RowSet, joined: Joined) -> None:
    """Tag what came with ``row`` by select_related, each under the relation it came by.

    ``joined`` is kept from row to row of one evaluation, and filled by the first ones.
    """
    for name, related in row._state.fields_cache.items():  # noqa: SLF001
        if related is None:
            continue
        if name not in joined:
            if related._state.queryaudit_rows is not None:  # noqa: SLF001
                continue  # the row that it was joined to, or one that was read elsewhere
            joined[name] = _begin(row, recorder, rowset, name, related)
        known = joined[name]
        if known is None:
            continue
        state = related._state  # noqa: SLF001
        if state.queryaudit_rows is not None:
            continue
        child, below = known
        child.rows += 1
        state.queryaudit_rows = child
        if recorder.is_deep:
            columns.note_row(child, related)
        if below is not None:
            tag_joined(related, recorder, child, below)


def _begin(
    row: Model, recorder: Recorder, rowset: RowSet, name: str, related: Model
) -> tuple[RowSet, Joined | None] | None:
    """Return the record of what is joined by ``name``; None where it is no relation."""
    child = rowset.children.get(name)
    if child is None:
        step = steps.cached(row, name)
        if step is None:
            return None
        child = recorder.follow(rowset, step)
        child.is_joined = True
    child.is_eager = True
    rowset.expect_read(child)
    # Of the first row alone: Python makes the dict when it is asked for it. What is in there
    # counts: each row with a foreign key has an empty cache from the beginning.
    brings = bool(related._state.__dict__.get("fields_cache"))  # noqa: SLF001
    return child, ({} if brings else None)
