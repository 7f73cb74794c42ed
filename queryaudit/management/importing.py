"""Read what other tools were told to let pass, and write it as the setting IGNORE."""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

from django.apps import apps
from django.conf import settings
from django.core.management import CommandError

from queryaudit.findings.base import Finding

# The settings of zeal, nplusone and its successor: lists of dicts with "model" and "field".
SETTINGS: Final = ("ZEAL_ALLOWLIST", "NPLUSONE_WHITELIST", "NPLUS1_WHITELIST")


# The file of query-doctor: rules of one line, about files and lines of use.
FILE: Final = ".queryignore"
_KINDS: Final = {"nplusone": "n_plus_one", "duplicate": "duplicate"}


def read_ignores(findings: Iterable[Finding]) -> tuple[dict[str, str], list[str]]:
    """Return relations and ids with the reason, and rules that match nothing of the site.

    Rules about files and lines are matched with ``findings``, those that are kept. Raises
    CommandError for a rule of another form.
    """
    found: dict[str, str] = {}
    unmatched = []
    relations = list(_relations())
    for name in SETTINGS:
        for rule in getattr(settings, name, ()):
            model, field = _rule_of(name, rule)
            matched = [
                f"{label}.{attribute}"
                for label, attribute in relations
                if fnmatchcase(label, model) and fnmatchcase(attribute, field)
            ]
            if not matched:
                unmatched.append(f"{name}: {rule}")
            found.update(dict.fromkeys(matched, f"from {name}"))
    by_file, further = _read_file(list(findings))
    return {**dict(sorted(found.items())), **by_file}, [*unmatched, *further]


def _read_file(findings: list[Finding]) -> tuple[dict[str, str], list[str]]:
    path = Path(getattr(settings, "BASE_DIR", "."), FILE)
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    found: dict[str, str] = {}
    unmatched = []
    for line in map(str.strip, lines):
        if not line or line.startswith("#"):
            continue
        matched = [finding for finding in findings if _fits(line, finding)]
        found.update({finding.id: f"from {FILE}: {line}" for finding in matched})
        if not matched:
            unmatched.append(f"{FILE}: {line}")
    return found, unmatched


def _fits(rule: str, finding: Finding) -> bool:
    """Return whether a rule means a finding.

    ``callsite:FILE:LINE``, ``file:PATTERN`` and ``ignore:KIND:FILE:NAME`` may; ``sql:`` names
    no line and means none.
    """
    sort, _, rest = rule.partition(":")
    if sort == "file":
        return any(fnmatchcase(use.path, rest) for use in finding.uses)
    if sort == "callsite":
        return any(str(use) == rest for use in finding.uses)
    if sort == "ignore":
        kind, _, place = rest.partition(":")
        file = place.partition(":")[0]
        is_kind = _KINDS.get(kind, kind) == finding.kind
        return is_kind and any(use.path == file for use in finding.uses)
    return False


def _rule_of(name: str, rule: Any) -> tuple[str, str]:
    if not isinstance(rule, dict) or not isinstance(rule.get("model"), str):
        msg = f'{name} has {rule!r}; allowed is {{"model": "app.Model", "field": "name"}}'
        raise CommandError(msg, returncode=2)
    return rule["model"], str(rule.get("field", "*"))


def _relations() -> Iterator[tuple[str, str]]:
    """Yield each relation of the site: its model, and the attribute that follows it."""
    for model in apps.get_models(include_auto_created=True):
        meta = model._meta  # noqa: SLF001
        for field in meta.get_fields():
            if field.is_relation and field.auto_created and not field.concrete:
                yield meta.label, str(field.get_accessor_name() or field.name)  # type: ignore[union-attr]
            elif field.is_relation:
                yield meta.label, field.name
