"""The findings that a team knows and has not repaired yet: a file beside the code.

Version 1 is a JSON object, ``{"version": 1, "findings": {"N1-7f3ac04e": "shop.Album.artist"},
"pages": {"N1-7f3ac04e": ["GET shop:albums"]}}``: ids with words for people, and the pages
that had them, which may be left out. Written sorted, one finding a line, so that changes are read.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final

from django.conf import settings

from queryaudit import conf
from queryaudit.errors import BaselineError, log_once
from queryaudit.findings.base import KINDS, Finding
from queryaudit.findings.record import AuditRecord

VERSION: Final = 1
_FAILED: Final = 400  # statuses from here on are no answer of the page
_MOST_PAGES: Final = 5  # of one finding: those of a page's frame are on every page


@dataclass(frozen=True, slots=True)
class Baseline:
    """Ids, each with words that say what it is, and with the pages that had it."""

    findings: dict[str, str]
    pages: dict[str, list[str]] = field(default_factory=dict)

    def joined_by(self, records: Iterable[AuditRecord]) -> "Baseline":
        """Return a baseline that knows the findings of ``records`` as well.

        What is known and was not found stays: its page may not have been asked.
        """
        words = dict(self.findings)
        pages = {id_: list(asked) for id_, asked in self.pages.items()}
        for record in records:
            for finding in record.findings:
                # What a person wrote about an id stays.
                words.setdefault(finding.id, words_of(finding))
                on = pages.setdefault(finding.id, [])
                if len(on) < _MOST_PAGES and page_of(record) not in on:
                    on.append(page_of(record))
        return Baseline(words, pages)

    def repaired_in(self, records: Sequence[AuditRecord]) -> list[str]:
        """Return the ids whose pages were all asked, and answered without the finding."""
        found = {finding.id for record in records for finding in record.findings}
        answered = {page_of(record) for record in records if record.status < _FAILED}
        return [
            id_
            for id_ in self.findings
            if id_ not in found and self.pages.get(id_) and answered.issuperset(self.pages[id_])
        ]

    def without(self, ids: Iterable[str]) -> "Baseline":
        """Return a baseline that does not know ``ids``."""
        gone = set(ids)
        return Baseline(
            {id_: words for id_, words in self.findings.items() if id_ not in gone},
            {id_: pages for id_, pages in self.pages.items() if id_ not in gone},
        )


def page_of(record: AuditRecord) -> str:
    """Return what a baseline calls a page: method and view, or the label of what has no view."""
    return f"{record.method} {record.view}".strip() if record.view else record.label


def read_baseline(path: Path) -> Baseline:
    """Return what stands in ``path``. Raises BaselineError where it is none, and says why."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BaselineError(str(path), error.strerror or str(error)) from None
    except (ValueError, RecursionError) as error:
        raise BaselineError(str(path), f"it is no JSON, or is cut off: {error}") from None
    if not isinstance(data, dict) or "version" not in data:
        raise BaselineError(str(path), "it has no version")
    if data["version"] != VERSION:
        reason = f"its version is {data['version']!r}, and this queryaudit reads {VERSION}"
        raise BaselineError(str(path), reason)
    findings = data.get("findings")
    if not isinstance(findings, dict) or not all(map(_is_entry, findings.items())):
        prefixes = ", ".join(kind.prefix for kind in KINDS.values())
        raise BaselineError(str(path), f"its findings are no dict of ids ({prefixes}) and words")
    pages = data.get("pages", {})
    if not isinstance(pages, dict) or not all(map(_is_list_of_pages, pages.values())):
        raise BaselineError(str(path), "its pages are no dict of ids and lists of texts")
    return Baseline(findings, pages)


def baseline_path() -> Path:
    """Return the file that the setting BASELINE names, below BASE_DIR."""
    return Path(getattr(settings, "BASE_DIR", "."), conf.get().baseline)


def known_ids() -> frozenset[str]:
    """Return the ids of the site's baseline; none where there is no file, or none to be read."""
    path = baseline_path()
    try:
        return _ids(path, path.stat().st_mtime_ns)
    except OSError:
        return frozenset()


@lru_cache(maxsize=4)
def _ids(path: Path, version: int) -> frozenset[str]:  # noqa: ARG001  # a newer file is another key
    try:
        return frozenset(read_baseline(path).findings)
    except BaselineError:
        log_once(f"reading the baseline {path}")
        return frozenset()


def write_baseline(path: Path, baseline: Baseline) -> None:
    """Write ``baseline`` as what is known from now on. Raises BaselineError."""
    ordered = sorted(baseline.findings.items(), key=lambda item: (item[1], item[0]))
    pages = {id_: sorted(baseline.pages[id_]) for id_, _ in ordered if baseline.pages.get(id_)}
    parts = [f'  "version": {VERSION}', f'  "findings": {_lines(dict(ordered))}']
    if pages:
        parts.append(f'  "pages": {_lines(pages)}')
    text = ",\n".join(parts)
    try:
        path.write_text(f"{{\n{text}\n}}\n", encoding="utf-8")
    except OSError as error:
        raise BaselineError(str(path), error.strerror or str(error)) from None


def _lines(entries: Mapping[str, object]) -> str:
    """Return a dict as JSON, a line for each entry."""
    lines = [
        f"    {json.dumps(id_)}: {json.dumps(value, ensure_ascii=False)}"
        for id_, value in entries.items()
    ]
    return "{\n" + ",\n".join(lines) + "\n  }" if lines else "{}"


def words_of(finding: Finding) -> str:
    """Return what a baseline says of a finding: no line number, which edits above would move."""
    place = finding.queryset_at or finding.used_at
    return f"{finding.subject} {finding.kind}{f' {place.path}' if place else ''}"


def _is_entry(entry: tuple[object, object]) -> bool:
    id_, words = entry
    prefixes = tuple(f"{kind.prefix}-" for kind in KINDS.values())
    return isinstance(id_, str) and id_.startswith(prefixes) and isinstance(words, str)


def _is_list_of_pages(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)
