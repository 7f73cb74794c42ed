"""The rows of one audit: evaluations of querysets, and below them what relations led to."""

from itertools import count
from typing import Final

from queryaudit.recording.events import Origin
from queryaudit.recording.ignores import IGNORING
from queryaudit.recording.rowsets import Evaluation, RowSet, Step

MAX_ROWSETS: Final = 20_000
MAX_PLACES: Final = 100
MAX_STEPS: Final = 8  # of a path of relations: album.artist.label has two

_numbers = count(1)


class RowTree:
    """The roots in ``rowsets``, relations below them, and the rows that came from other audits.

    ``number`` tells this audit's records from those of others; ``is_cut`` that a bound was
    reached. ``late_reads`` are eager loads that another audit saw and this one read.
    """

    __slots__ = ("_adopted", "is_cut", "late_reads", "number", "rowsets")

    def __init__(self) -> None:
        self.number = next(_numbers)
        self.is_cut = False
        self.rowsets: list[RowSet] = []
        self.late_reads: list[RowSet] = []
        self._adopted: dict[int, tuple[RowSet, RowSet]] = {}

    def forget_rows(self) -> None:
        """Let all rows go."""
        self.rowsets, self.late_reads, self._adopted = [], [], {}

    def begin_rows(
        self, origin: Origin | None, model: str, evaluation: Evaluation
    ) -> RowSet | None:
        """Return the record for one evaluation's rows of ``app.Model``; None over the bound."""
        if len(self.rowsets) >= MAX_ROWSETS:
            self.is_cut = True
            return None
        rowset = RowSet(self.number, origin, model, evaluation)
        rowset.within = IGNORING.get()
        self.rowsets.append(rowset)
        return rowset

    def note_late_read(self, load: RowSet) -> None:
        """Keep an eager load of an earlier audit whose rows are read only now."""
        if len(self.late_reads) < MAX_PLACES:
            self.late_reads.append(load)

    def own_rows(self, rowset: RowSet) -> RowSet | None:
        """Return ``rowset``, or its twin here where it was recorded by another audit."""
        if rowset.audit == self.number:
            return rowset
        known = self._adopted.get(id(rowset))
        if known is not None:
            return known[1]
        twin: RowSet | None
        if rowset.parent is None:
            twin = self.begin_rows(rowset.origin, rowset.model, rowset.evaluation)
        else:
            parent = self.own_rows(rowset.parent)
            twin = parent and self.follow(parent, rowset.steps[-1], rowset.form)
        if twin is not None:
            twin.is_adopted = True
            twin.rows = max(twin.rows, rowset.rows)
            twin.is_joined, twin.is_prefetched = rowset.is_joined, rowset.is_prefetched
            twin.own = twin.own or rowset.own
            self._adopted[id(rowset)] = rowset, twin
        return twin

    def follow(self, rowset: RowSet, step: Step, form: str = "rows", detail: str = "") -> RowSet:
        """Return what ``step`` leads to from ``rowset``, asked in ``form``.

        ``detail`` keeps apart what one form asks differently.
        """
        key = step.name if form == "rows" and not detail else f"{step.name} {form} {detail}"
        child = rowset.children.get(key)
        if child is None:
            if len(rowset.steps) >= MAX_STEPS:
                return rowset  # a linked list goes round here, on bounded memory
            child = rowset.children[key] = rowset.child(step, form)
        return child
