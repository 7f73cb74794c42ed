"""The words of a finding: kinds, fixes, prices, and what is kept of an audit."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from queryaudit.conf.nested import Advice, Limits
from queryaudit.findings.edits import Edit
from queryaudit.findings.locations import Location
from queryaudit.findings.tables import TableUse
from queryaudit.recording.dynamoshapes import DynamoGroup
from queryaudit.recording.ignores import Ignore
from queryaudit.recording.ledger import Group
from queryaudit.recording.rowsets import Outside, RelationLoad

__all__ = ["ROUND_TRIPS", "Finding", "Location", "Price"]

# Milliseconds a round trip: the same host, a cloud zone, the next region.
ROUND_TRIPS: Final = (1, 5, 20)

Price = dict[int, tuple[float, float | None]]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind of finding is called, how its ids begin and how bad it is."""

    name: str
    prefix: str
    severity: str  # "error", "warning" or "note"
    title: str


KINDS: Final = {
    kind.name: kind
    for kind in (
        Kind("n_plus_one", "N1", "error", "N+1"),
        Kind("write_in_loop", "WL", "error", "write in a loop"),
        Kind("duplicate", "DU", "warning", "duplicate"),
        Kind("unused_eager_load", "UE", "warning", "unused load"),
        Kind("unused_columns", "UC", "note", "unused column"),
        Kind("slow_query", "SQ", "warning", "slow query"),
        Kind("full_scan", "FS", "warning", "full scan"),
        Kind("unbounded_query", "UB", "warning", "unbounded query"),
        Kind("filter_waste", "FW", "warning", "filter waste"),
        Kind("query_budget", "QB", "error", "over budget"),
        Kind("outside_layer", "OL", "error", "outside its layer"),
        Kind("advice", "AD", "note", "advice"),
    )
}
_SEVERITIES: Final = ("error", "warning", "note")


def make_id(prefix: str, *parts: str) -> str:
    """Return ``prefix`` and 8 hex digits of the SHA-256 over ``parts``."""
    digest = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
    return f"{prefix}-{digest[:8]}"


def price(now: int, fixed: int | None) -> Price:
    """Return seconds (now, once fixed) by milliseconds a round trip."""
    return {
        ms: (now * ms / 1000, None if fixed is None else fixed * ms / 1000) for ms in ROUND_TRIPS
    }


def sum_prices(prices: Iterable[Price]) -> Price:
    """Return the sum of several prices; once fixed None where one of them is."""
    found = list(prices)
    sums: Price = {}
    for ms in ROUND_TRIPS:
        fixed = [one[ms][1] for one in found]
        left = None if None in fixed else sum(seconds or 0.0 for seconds in fixed)
        sums[ms] = sum(one[ms][0] for one in found), left
    return sums


@dataclass(frozen=True, slots=True)
class Context:
    """What rules need from outside the recording.

    ``read_loads`` are the ids of eager loads that another audit saw being read,
    ``ignores`` the reasons of the setting IGNORE by relation or id, ``budgets`` the most
    queries by view name, path pattern or label. ``label``, ``view`` and ``path`` tell
    what was audited, ``query_count`` its queries with those of audits inside.
    """

    limits: Limits = field(default_factory=Limits)
    advice: Advice = field(default_factory=Advice)
    tables: Mapping[str, TableUse] | None = None
    layers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    read_loads: Collection[str] = ()
    ignores: Mapping[str, str] = field(default_factory=dict)
    budgets: Mapping[str, int] = field(default_factory=dict)
    label: str = ""
    view: str = ""
    path: str = ""
    query_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One cause of needless queries.

    ``relation`` is ``app.Model.field``. ``used_at`` is the busiest line that uses
    it, ``uses`` all of them; ``queryset_at`` the line of the queryset that should
    change, None where none is known, and ``origin`` says "package" where that line
    is not own code. ``fix`` is the code of the change, ``fix_at`` where it belongs.
    Findings cured by one edit share ``fix_id``, ``fix``, ``fix_at`` and
    ``expected_count``: the queries of the whole request once that edit alone is
    made, None where it cannot be promised. ``count`` are the queries of this cause,
    ``duration`` their seconds. ``noun`` is "call" for calls of DynamoDB, which are no queries:
    ``calls_left`` are those left of this cause, None where it cannot be promised.
    """

    kind: str
    id: str
    relation: str | None
    uses: tuple[Location, ...]
    queryset_at: Location | None
    origin: str
    count: int
    duration: float
    edit: Edit
    expected_count: int | None = None
    noun: str = "query"
    calls_left: int | None = None

    @property
    def subject(self) -> str:
        """What it is about: the relation, else what ``origin`` says, else SQL by hand."""
        return self.relation or self.origin or "SQL by hand"

    @property
    def counted(self) -> str:
        """How often it was asked, in words: ``"2 queries"``."""
        plural = "queries" if self.noun == "query" else f"{self.noun}s"
        return f"{self.count:,} {self.noun if self.count == 1 else plural}"

    @property
    def severity(self) -> str:
        """``"error"``, ``"warning"`` or ``"note"``."""
        return KINDS[self.kind].severity

    @property
    def title(self) -> str:
        """The kind as people say it: ``"N+1"``."""
        return KINDS[self.kind].title

    @property
    def fix(self) -> str:
        """The code of the change."""
        return self.edit.text

    @property
    def fix_at(self) -> Location | None:
        """The line where the change belongs."""
        return self.edit.at

    @property
    def fix_id(self) -> str:
        """The same for all findings that this change cures."""
        return self.edit.id

    @property
    def used_at(self) -> Location | None:
        """The line that uses the relation most often."""
        return self.uses[0] if self.uses else None

    @property
    def price(self) -> Price:
        """Seconds (now, once fixed) of this finding's queries by milliseconds a round trip."""
        return price(self.count, self.left)

    @property
    def left(self) -> int | None:
        """Queries, or calls of DynamoDB, of this cause once it is fixed; None without a promise."""
        if self.noun == "call":
            return self.calls_left
        return None if self.edit.saves is None else max(0, self.count - self.edit.saves)

    def __str__(self) -> str:
        at = f" at {self.used_at}" if self.used_at else ""
        return f"{self.id} {self.title} {self.subject}: {self.counted}{at}; fix {self.fix}"


Blocks = tuple[Ignore, ...]  # of ignore(), from the outermost in


class Found(NamedTuple):
    """A finding as a rule returns it; ``within`` counts its facts by the blocks they stood in."""

    finding: Finding
    within: Mapping[Blocks, int]

    def ignoring(self) -> set[Ignore]:
        """Return the blocks that ignore it: those it matches, if every fact stood in one."""
        finding = self.finding
        matching = {
            blocks: {one for one in blocks if one.matches(finding.relation, finding.id)}
            for blocks in self.within
        }
        if not matching or not all(matching.values()):
            return set()
        return set().union(*matching.values())

    def at_queryset(self, location: Location, origin: str) -> "Found":
        """Return it with the line that built the queryset, and what is to be said of it."""
        return self._replace(finding=replace(self.finding, queryset_at=location, origin=origin))


def within(asked: Iterable[RelationLoad | Group | Outside | DynamoGroup]) -> dict[Blocks, int]:
    """Return how many of the queries of ``asked`` stood in which blocks of ``ignore()``."""
    counts: dict[Blocks, int] = {}
    for one in asked:
        rest = one.count - sum(one.within.values())
        for blocks, count in (*one.within.items(), *(((), rest),) * bool(rest)):
            counts[blocks] = counts.get(blocks, 0) + count
    return counts


def merge(groups: Iterable[Sequence[Finding]], query_count: int) -> list[Finding]:
    """Join findings of several recordings, worst first.

    Counts of one id are added, those of budgets excepted, and what the edit of one fix_id
    saves. The expected counts are then those of a request of ``query_count`` queries.
    """
    merged: dict[str, Finding] = {}
    edits: dict[str, Edit] = {}
    for group in groups:
        for edit in {finding.fix_id: finding.edit for finding in group}.values():
            known_edit = edits.get(edit.id)
            edits[edit.id] = edit if known_edit is None else known_edit.joined_with(edit)
        for finding in group:
            known = merged.get(finding.id)
            merged[finding.id] = finding if known is None else _add(known, finding)
    findings = [
        replace(
            finding,
            edit=edits[finding.fix_id],
            expected_count=left_of(query_count, edits[finding.fix_id].saves),
        )
        for finding in merged.values()
    ]
    return sorted(findings, key=_badness)


def left_of(query_count: int, saved: int | None) -> int | None:
    """Return the queries left of so many; None where what is saved cannot be promised."""
    return None if saved is None else query_count - saved


def _add(first: Finding, second: Finding) -> Finding:
    if first.kind == "query_budget":
        # Two that judged one page, one within the other: what each counted is no sum.
        return max(first, second, key=lambda finding: finding.count)
    return replace(
        first,
        count=first.count + second.count,
        duration=first.duration + second.duration,
        calls_left=None
        if first.calls_left is None or second.calls_left is None
        else first.calls_left + second.calls_left,
        uses=tuple(dict.fromkeys(first.uses + second.uses)),
    )


def _badness(finding: Finding) -> tuple[int, int, str]:
    return _SEVERITIES.index(finding.severity), -finding.count, finding.id
