"""Read what other tools were told to let pass, and write it as the setting IGNORE."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any, Final

from django.apps import apps
from django.conf import settings
from django.core.management import CommandError

# The settings of zeal, nplusone and its successor: lists of dicts with "model" and "field".
SETTINGS: Final = ("ZEAL_ALLOWLIST", "NPLUSONE_WHITELIST", "NPLUS1_WHITELIST")


def read_ignores() -> tuple[dict[str, str], list[str]]:
    """Return relations with the reason, and rules that match none of the site's relations.

    Raises CommandError for a rule of another form.
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
    return dict(sorted(found.items())), unmatched


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
