"""Links that open a line in the developer's editor."""

from pathlib import PurePosixPath
from urllib.parse import quote

from queryaudit import conf
from queryaudit.conf.settings import EDITORS
from queryaudit.findings.locations import Location


def editor_link(location: Location | None) -> str:
    """Return the link that ``EDITOR`` and ``PATHS`` make of a line; "" where it has no file."""
    if location is None or not location.file:
        return ""
    settings = conf.get()
    pattern = EDITORS.get(settings.editor, settings.editor)
    path = _as_edited(location.file, settings.paths)
    return pattern.replace("{path}", quote(path)).replace("{line}", str(location.line))


def _as_edited(file: str, paths: dict[str, str]) -> str:
    """Return where the file lies on the developer's machine, by the longest folder that fits."""
    path = PurePosixPath(file)
    for served in sorted(paths, key=len, reverse=True):
        if path.is_relative_to(served):
            return str(PurePosixPath(paths[served]) / path.relative_to(served))
    return file
