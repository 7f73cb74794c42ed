"""Keep what looks secret out of paths."""

import re
from typing import Final

from django.http import HttpRequest

_WORDS: Final = {
    "apikey", "code", "hash", "key", "otp", "passwd", "password", "pin", "pwd",
    "secret", "sig", "sign", "signature", "token", "uid", "uidb",
}  # fmt: skip
_MASK: Final = "..."


def masked_path(request: HttpRequest) -> str:
    """Return the path of a request, parts that look secret replaced by dots.

    Secret are parts that the URL names so (``token``, ``reset_key``, ``uidb64``), and
    parts without a name that are no number.
    """
    match = request.resolver_match
    if match is None:
        return request.path
    secret = {str(value) for name, value in match.kwargs.items() if _is_secret(name)}
    # Values that the URLconf itself gives are no part of the path, and do no harm here.
    secret |= {str(value) for value in match.args if not str(value).isdigit()}
    return "/".join(_MASK if part in secret and part else part for part in request.path.split("/"))


def _is_secret(name: str) -> bool:
    return not _WORDS.isdisjoint(re.split(r"[\W_\d]+", name.lower()))
