"""Write rows as the files that people edit, and those that are frozen."""

import json
from collections.abc import Callable
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from queryaudit.errors import MissingExtraError
from queryaudit.masterdata.loading.parsing import Cell


def plain(value: Any) -> Any:
    """Return a value that a file can hold: cells as texts."""
    if isinstance(value, Cell):
        return str(value)
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    return value


def yaml_text(rows: list[dict[str, Any]]) -> str:
    """Return rows as YAML. Raises MissingExtraError where PyYAML is missing."""
    try:
        import yaml  # noqa: PLC0415  # an optional package
    except ImportError:
        raise MissingExtraError("writing YAML files of master data", "yaml") from None
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return (
        "".join(
            yaml.dump([row], Dumper=dumper, sort_keys=False, allow_unicode=True, width=100)
            for row in rows
        )
        or "[]\n"
    )


def json_text(rows: list[dict[str, Any]]) -> str:
    """Return rows as JSON, a line each, which is read some ten times as fast as YAML."""
    lines = [json.dumps(row, ensure_ascii=False, cls=DjangoJSONEncoder) for row in rows]
    return "[\n" + ",\n".join(lines) + "\n]\n" if lines else "[]\n"


WRITERS: dict[str, Callable[[list[dict[str, Any]]], str]] = {"yaml": yaml_text, "json": json_text}
