"""What a whole request is promised to be left with, once its findings are repaired."""

from collections.abc import Iterable

from queryaudit.findings.base import Finding, Price, left_of, price
from queryaudit.findings.edits import Edit


def expected_count(findings: Iterable[Finding], query_count: int) -> int | None:
    """Return the queries left when every fix is made; None where one cannot be promised.

    Of an advice and the fixes that it stands for, those count that leave fewer.
    """
    left: int | None = query_count
    for edit in _chosen(list(findings)):
        left = None if left is None else left_of(left, edit.saves)
    return left


def _chosen(findings: list[Finding]) -> list[Edit]:
    """Return the edits to be made, each once; an advice stands for what its own lines ask."""
    edits = {finding.fix_id: finding.edit for finding in findings}
    for advice in findings:
        if advice.kind != "advice" or not advice.edit.saves:
            continue
        elsewhere = {
            one.fix_id
            for one in findings
            # It answers what is read, and all that it answers is asked on lines of its own.
            if one.kind not in {"n_plus_one", "duplicate"} or not set(one.uses) <= set(advice.uses)
        }
        others = edits.keys() - elsewhere - {advice.fix_id}
        spared = [edits[other].saves for other in others]
        if None in spared or advice.edit.saves > sum(filter(None, spared)):
            for other in others:
                del edits[other]
        else:
            edits.pop(advice.fix_id, None)
    return list(edits.values())


def price_of(queries: int, expected: int | None, calls: int, findings: Iterable[Finding]) -> Price:
    """Return the price of a request: its queries, and its calls of DynamoDB, which are no queries.

    Calls that no fix is promised to save are left as they are.
    """
    saved = sum(
        finding.count - finding.calls_left for finding in findings if finding.calls_left is not None
    )
    left = None if expected is None else expected + max(0, calls - saved)
    return price(queries + calls, left)
