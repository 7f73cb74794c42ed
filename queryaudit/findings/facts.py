"""What several rules read of one recording, worked out once."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from queryaudit.conf.nested import Limits
from queryaudit.findings.locations import Location, locate_queryset
from queryaudit.findings.origins import querysets_of
from queryaudit.findings.paths import Queryset
from queryaudit.findings.tables import TableUse, uses_of
from queryaudit.findings.variation import Variation, variation_of
from queryaudit.recording.events import AnyPlace
from queryaudit.recording.fingerprint import shape_of
from queryaudit.recording.ledger import READS, WRITES, Group
from queryaudit.recording.recorder import Recorder


class Loop(NamedTuple):
    """Statements of one shape that one caller asked again and again from one place."""

    place: AnyPlace
    shape: str
    groups: list[Group]


@dataclass
class Facts:
    """One recording, and what follows from it without any judgement of a kind."""

    recorder: Recorder
    limits: Limits

    @cached_property
    def querysets(self) -> list[Queryset]:
        """The lines that make querysets, with what was loaded below their rows."""
        return querysets_of(self.recorder, self.limits.n_plus_one, self._looped_lines)

    @cached_property
    def loops(self) -> list[Loop]:
        """The statements that follow no relation and were asked in a loop."""
        groups: defaultdict[tuple[AnyPlace, str, str], list[Group]] = defaultdict(list)
        for group in self.recorder.ledger.groups.values():
            if not group.is_set and group.query.word in READS | WRITES:
                shape = shape_of(group.query.sql)
                groups[group.place, group.query.alias, shape].append(group)
        found = []
        for (place, _, shape), members in groups.items():
            stacks: defaultdict[int, int] = defaultdict(int)
            for group in members:
                for stack, count in group.stacks.items():
                    stacks[stack] += count
            is_repeated = max(stacks.values()) >= self.limits.n_plus_one
            if is_repeated and variation_of(members) is Variation.LOOP:
                found.append(Loop(place, shape, members))
        return found

    def loops_of(self, words: Collection[str]) -> list[Loop]:
        """Return the loops of statements that begin with one of ``words``."""
        return [loop for loop in self.loops if loop.groups[0].query.word in words]

    @cached_property
    def written(self) -> set[AnyPlace]:
        """The places that write: what they read before is a part of the writing."""
        groups = self.recorder.ledger.groups.values()
        return {group.place for group in groups if group.query.word not in READS}

    @cached_property
    def looped_relations(self) -> set[AnyPlace]:
        """The places that ask for relations in a loop."""
        return {
            load.place
            for queryset in self.querysets
            for path in queryset.paths.values()
            if path.is_loop
            for load in path.loads
        }

    @cached_property
    def read_to_write(self) -> set[AnyPlace]:
        """The places that write, and read in a loop what they need for it."""
        read = self.looped_relations | {loop.place for loop in self.loops_of(READS)}
        return read & self.written

    @cached_property
    def tables(self) -> dict[str, TableUse]:
        """What was done with the tables of which models."""
        return uses_of(self.recorder)

    @property
    def _looped_lines(self) -> set[Location]:
        """The lines that ask for one row after the other, each by a query of its own."""
        return {locate_queryset(loop.place) for loop in self.loops_of(READS)}
