"""``manage.py queryaudit baseline``: write, show and prune the file of known findings."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from django.core.management import CommandError

from queryaudit.findings.record import AuditRecord
from queryaudit.reports.words import count_of
from queryaudit.stores.baseline import Baseline, read_baseline, write_baseline


def read_if_any(path: Path) -> Baseline:
    """Return the baseline; one without entries where there is no file."""
    return read_baseline(path) if path.exists() else Baseline({})


def write(path: Path, records: Sequence[AuditRecord]) -> Iterator[str]:
    """Add the findings of ``records``, and yield what is told."""
    if not records:
        msg = (
            "no audits are kept that could say what is known: --from REPORT takes those of "
            "`crawl --format json --output REPORT`"
        )
        raise CommandError(msg, returncode=2)
    baseline = read_if_any(path).joined_by(records)
    write_baseline(path, baseline)
    yield f"{path}: {count_of(len(baseline.findings), 'finding')} known"


def prune(path: Path, records: Sequence[AuditRecord]) -> Iterator[str]:
    """Take out what ``records`` show to be repaired, and yield what is told."""
    baseline = read_baseline(path)
    found = {finding.id for record in records for finding in record.findings}
    repaired = baseline.repaired_in(records)
    kept = baseline.without(repaired)
    if repaired:
        write_baseline(path, kept)
    for id_ in repaired:
        yield f"{id_}  {baseline.findings[id_]}: taken out"
    for id_, words in kept.findings.items():
        if id_ not in found:
            yield f"{id_}  {words}: stays, {_reason(kept, id_)}"
    yield f"{path}: {count_of(len(kept.findings), 'finding')} known"


def show(path: Path, records: Sequence[AuditRecord]) -> Iterator[str]:
    """Yield each entry, and whether ``records`` have it."""
    baseline = read_baseline(path)
    found = {finding.id for record in records for finding in record.findings}
    for id_, words in baseline.findings.items():
        yield f"{id_}  {words}{'' if id_ in found else '  (not found)'}"


def _reason(baseline: Baseline, id_: str) -> str:
    pages = baseline.pages.get(id_)
    if not pages:
        return "the file does not say which page had it"
    return f"not all of its pages were asked: {', '.join(pages)}"
