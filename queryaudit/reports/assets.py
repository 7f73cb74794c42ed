"""Style and script of the reports and pages, served by the doors: no collectstatic is needed."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from django.http import Http404, HttpResponse

_FOLDER: Final = Path(__file__).parent / "assets"
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_YEAR: Final = 365 * 24 * 3600


class Asset(NamedTuple):
    """A file; ``version`` changes with its content and stands in its address."""

    content: bytes
    content_type: str
    version: str


@cache
def assets() -> dict[str, Asset]:
    """Return all files by name."""
    found = {}
    for path in sorted(_FOLDER.iterdir()):
        content = path.read_bytes()
        version = hashlib.sha256(content).hexdigest()[:12]
        found[path.name] = Asset(content, _TYPES[path.suffix], version)
    return found


def respond(name: str) -> HttpResponse:
    """Return the file ``name``, to be kept for good. Raises Http404 for any other."""
    asset = assets().get(name)
    if asset is None:
        msg = f"no file {name}; there are {', '.join(assets())}"
        raise Http404(msg)
    response = HttpResponse(asset.content, content_type=asset.content_type)
    response.headers["Cache-Control"] = f"private, max-age={_YEAR}, immutable"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
