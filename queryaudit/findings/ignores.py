"""Which findings are ignored, by a block, the settings or a comment; and which ignores are stale.

An ignore is stale where a run asked at its line or relation and no finding matched it:
what it was written for has been repaired.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from queryaudit.conf.options import IGNORED
from queryaudit.findings.base import Finding, Found
from queryaudit.findings.facts import Facts
from queryaudit.findings.locations import Location, locate_use, location_of
from queryaudit.recording.ignores import Ignore
from queryaudit.recording.lines import line_at
from queryaudit.recording.rowsets import RowSet

# In Python and in templates: "# queryaudit: ignore[n_plus_one] two rows at most".
_COMMENT: Final = re.compile(
    r"#\s*queryaudit:\s*ignore(?:\[([\w\s,]+)\])?(?![\w]|\s*\[)[ \t]*([^#}\n]*)"
)


@dataclass(frozen=True, slots=True)
class IgnoreUse:
    """One ignore, and what became of it.

    ``source`` is ``"block"``, ``"setting"`` or ``"comment"``; ``target`` the relation, id
    or kinds that it names, "" for all. ``is_asked`` tells that a query was recorded
    there, ``is_matched`` that it ignored a finding.
    """

    source: str
    target: str
    reason: str
    location: Location | None
    is_asked: bool
    is_matched: bool

    @property
    def is_stale(self) -> bool:
        """Whether it was passed and there was nothing to ignore."""
        return self.is_asked and not self.is_matched


@dataclass(slots=True)
class Sorted:
    """Findings that are told, findings that are ignored, and the ignores."""

    findings: list[Finding]
    ignored: list[Finding]
    uses: list[IgnoreUse]


def sort_out(
    found: Sequence[Found],
    facts: Facts,
    settings: Mapping[str, str],
    candidates: Callable[[Facts], set[str]],
) -> Sorted:
    """Take out of ``found`` what a block, ``settings`` (reasons by target) or a comment ignores.

    ``candidates`` returns the ids that the findings of what was asked would have.
    """
    uses = _Uses(settings, candidates)
    kept: list[Finding] = []
    ignored: list[Finding] = []
    for each in found:
        (ignored if uses.match(each) else kept).append(each.finding)
    uses.ask(facts)
    return Sorted(kept, ignored, uses.listed())


def join(uses: Iterable[IgnoreUse]) -> list[IgnoreUse]:
    """Return the ignores of several audits, each once: a run's are stale where none matched."""
    joined: dict[tuple[str, str, str], IgnoreUse] = {}
    for use in uses:
        key = use.source, use.target, str(use.location)
        known = joined.get(key, use)
        joined[key] = replace(
            known,
            is_asked=known.is_asked or use.is_asked,
            is_matched=known.is_matched or use.is_matched,
        )
    return list(joined.values())


class _Uses:
    """The ignores that one recording passed, and whether they matched."""

    def __init__(
        self, settings: Mapping[str, str], candidates: Callable[[Facts], set[str]]
    ) -> None:
        self._settings = settings
        self._candidates = candidates
        self._matched: set[str | Ignore | Location] = set()
        self._asked: set[str | Ignore | Location] = set()
        self._comments: dict[tuple[str, int], _Comment | None] = {}

    def match(self, found: Found) -> bool:
        """Return whether the finding is ignored, and note by what."""
        finding = found.finding
        by: set[str | Ignore | Location] = {*found.ignoring()}
        targets = {finding.relation or "", finding.id}
        by |= targets & self._settings.keys()
        by |= self._comments_on(finding)
        self._matched |= by
        return bool(by)

    def _comments_on(self, finding: Finding) -> set[Location]:
        """Return the comments that ignore it: on its queryset, its fix, or all lines of use."""
        for location in (finding.queryset_at, finding.fix_at):
            comment = self._comment_at(location)
            if comment is not None and comment.is_about(finding.kind):
                return {comment.location}
        comments = [self._comment_at(use) for use in finding.uses]
        if comments and all(c is not None and c.is_about(finding.kind) for c in comments):
            return {comment.location for comment in comments if comment is not None}
        return set()

    def _comment_at(self, location: Location | None) -> "_Comment | None":
        if location is None or not location.file:
            return None
        key = location.file, location.line
        if key not in self._comments:
            self._comments[key] = _comment_at(location)
        return self._comments[key]

    def ask(self, facts: Facts) -> None:
        """Note which ignores stand where a query was recorded."""
        recorder = facts.recorder
        loads = [
            (rowset.steps[-1].relation, load)
            for rowset in _all_rowsets(recorder.rowsets)
            for load in rowset.loads.values()
        ]
        groups = list(recorder.ledger.groups.values())
        places = {load.place for _, load in loads} | {group.place for group in groups}
        places |= {
            root.origin.place
            for root in recorder.rowsets
            if root.origin is not None and root.origin.place is not None
        }
        calls = list(recorder.dynamodb.groups.values()) if recorder.dynamodb else []
        places |= {call.place for call in calls if call.place is not None}
        for place in places:
            comment = self._comment_at(locate_use(place))
            if comment is not None:
                self._asked.add(comment.location)
        for group in groups:
            self._asked |= {ignore for blocks in group.within for ignore in blocks}
        for call in calls:
            self._asked |= {ignore for blocks in call.within for ignore in blocks}
        for _, load in loads:
            self._asked |= {ignore for blocks in load.within for ignore in blocks}
        for root in recorder.rowsets:
            self._asked |= set(root.within)
        if self._settings:
            relations = {relation for relation, _ in loads} | {group.model for group in groups}
            relations |= {call.shape.name for call in calls}
            self._asked |= {target for target in self._settings if target in relations}
            if any("-" in target for target in self._settings):
                self._asked |= self._candidates(facts) & self._settings.keys()

    def listed(self) -> list[IgnoreUse]:
        """Return the ignores that were passed or that matched, and all of the settings."""
        uses = [
            self._use("setting", target, reason, None, target)
            for target, reason in self._settings.items()
            if IGNORED.fullmatch(target)
        ]
        seen = self._asked | self._matched
        for key in seen:
            if isinstance(key, Ignore):
                location = location_of(key.file, key.line)
                uses.append(self._use("block", ", ".join(key.targets), key.reason, location, key))
        uses += [
            self._use("comment", ", ".join(c.kinds), c.reason, c.location, c.location)
            for c in {c.location: c for c in self._comments.values() if c is not None}.values()
            if c.location in seen
        ]
        return uses

    def _use(
        self,
        source: str,
        target: str,
        reason: str,
        location: Location | None,
        key: str | Ignore | Location,
    ) -> IgnoreUse:
        is_matched = key in self._matched
        return IgnoreUse(
            source, target, reason, location, is_matched or key in self._asked, is_matched
        )


@dataclass(frozen=True, slots=True)
class _Comment:
    location: Location
    kinds: tuple[str, ...]
    reason: str

    def is_about(self, kind: str) -> bool:
        return not self.kinds or kind in self.kinds


def _comment_at(location: Location) -> _Comment | None:
    """Return the comment at the end of a line, or on the line above where it stands alone."""
    for number in (location.line, location.line - 1):
        text = line_at(location.file, number) if number > 0 else ""
        is_alone = text.lstrip().startswith(("#", "{#"))
        found = _COMMENT.search(text) if number == location.line or is_alone else None
        if found is not None:
            kinds = tuple(kind.strip() for kind in (found[1] or "").split(",") if kind.strip())
            return _Comment(replace(location, line=number), kinds, found[2].strip())
    return None


def _all_rowsets(roots: Iterable[RowSet]) -> Iterable[RowSet]:
    stack = list(roots)
    while stack:
        rowset = stack.pop()
        yield rowset
        stack += rowset.children.values()
