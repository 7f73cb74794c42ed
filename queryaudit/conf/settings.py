"""All settings, each with its default."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from queryaudit.conf.nested import Advice, DynamoDB, Limits, MasterData
from queryaudit.conf.options import (
    is_bool,
    is_count,
    is_dict_of_counts,
    is_dict_of_ignores,
    is_dict_of_text,
    is_dotted_path,
    is_layers,
    is_list_of_paths,
    is_share,
    is_store,
    option,
)

# The link each editor registers for "open this file at this line".
EDITORS: Mapping[str, str] = {
    "vscode": "vscode://file{path}:{line}",
    "vscodium": "vscodium://file{path}:{line}",
    "cursor": "cursor://file{path}:{line}",
    "pycharm": "pycharm://open?file={path}&line={line}",
    "idea": "idea://open?file={path}&line={line}",
    "sublime": "subl://open?url=file://{path}&line={line}",
    "zed": "zed://file{path}:{line}",
    "emacs": "org-protocol://open-source?url=file://{path}&line={line}",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """``QUERYAUDIT`` with every default. ``raise_`` is the key ``RAISE``."""

    enabled: bool | str | None = option(
        None,
        lambda value: value is None or is_bool(value) or is_dotted_path(value),
        "None (as DEBUG), True, False, or the dotted path of a function of the request",
    )
    sample: float = option(1.0, is_share, "a number from 0 to 1: the share of requests audited")
    own: list[str | Path] = option([], is_list_of_paths, "a list of folders with own code")
    ignore: dict[str, str] = option(
        {},
        is_dict_of_ignores,
        'a dict of reasons, {"shop.Album.tags": "two rows at most"}, by relation or finding\'s id',
    )
    budgets: dict[str, int] = option(
        {},
        is_dict_of_counts,
        'a dict of most queries, {"shop:albums": 10, "/api/*": 5}, by view name, path or label',
    )
    layers: dict[str, Any] = option(
        {},
        is_layers,
        'a dict of patterns of modules, {"allowed": ["*.providers"], "names": {"bus": ["*.bus"]}}',
    )
    keep: int = option(200, is_count(1), "a whole number from 1: requests kept")
    baseline: str = option(
        "queryaudit.json",
        lambda value: isinstance(value, str) and bool(value),
        "the name of a file below BASE_DIR, or its whole path",
    )
    limits: Limits = field(default_factory=Limits)
    advice: Advice = field(default_factory=Advice)
    dynamodb: DynamoDB = field(default_factory=DynamoDB)
    store: str | None = option(
        None,
        is_store,
        'None, "memory", "sqlite:PATH" or the address of a Redis server: '
        '"redis://HOST:PORT/NUMBER", "rediss://...", "unix:///PATH"',
    )
    params: bool = option(default=False, fits=is_bool, allowed="True or False")
    viewers: str | None = option(
        None,
        lambda value: value is None or is_dotted_path(value),
        "None, or the dotted path of a function of the request",
    )
    editor: str = option(
        "vscode",
        lambda value: isinstance(value, str) and (value in EDITORS or "{path}" in value),
        "vscode, vscodium, cursor, pycharm, idea, sublime, zed, emacs, or an own link with "
        "{path} and {line}",
    )
    paths: dict[str, str] = option(
        {}, is_dict_of_text, 'a dict of folders, {"/app": "~/src/app"}: as served, as edited'
    )
    raise_: bool = option(default=False, fits=is_bool, allowed="True or False")
    server_timing: bool = option(default=True, fits=is_bool, allowed="True or False")
    masterdata: MasterData = field(default_factory=MasterData)
