"""The findings that a team knows and has not repaired yet: a file beside the code.

Version 1 is a JSON object, ``{"version": 1, "findings": {"N1-7f3ac04e": "shop.Album.artist"}}``:
ids with words for people. Written sorted, one finding a line, so that changes are read.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from django.conf import settings

from queryaudit import conf
from queryaudit.errors import BaselineError, log_once
from queryaudit.findings.base import KINDS, Finding

VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Baseline:
    """Ids, each with words that say what it is."""

    findings: dict[str, str]


def read_baseline(path: Path) -> Baseline:
    """Return what stands in ``path``. Raises BaselineError where it is none, and says why."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BaselineError(str(path), error.strerror or str(error)) from None
    except ValueError as error:
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
    return Baseline(findings)


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


def write_baseline(path: Path, findings: Iterable[Finding]) -> Baseline:
    """Write ``findings`` as what is known from now on."""
    told = {finding.id: words_of(finding) for finding in findings}
    ordered = dict(sorted(told.items(), key=lambda item: (item[1], item[0])))
    text = json.dumps({"version": VERSION, "findings": ordered}, indent=2, ensure_ascii=False)
    path.write_text(f"{text}\n", encoding="utf-8")
    return Baseline(ordered)


def words_of(finding: Finding) -> str:
    """Return what a baseline says of a finding: no line number, which edits above would move."""
    place = finding.queryset_at or finding.used_at
    return f"{finding.subject} {finding.kind}{f' {place.path}' if place else ''}"


def _is_entry(entry: tuple[object, object]) -> bool:
    id_, words = entry
    prefixes = tuple(f"{kind.prefix}-" for kind in KINDS.values())
    return isinstance(id_, str) and id_.startswith(prefixes) and isinstance(words, str)
