"""Every difference between the versions of Django that queryaudit knows."""

from typing import Any, Final
from weakref import ref

import django
from django.http import HttpRequest

# Whether a queryset can be told to load what is missing for all its rows at once.
HAS_FETCH_MODES: Final = django.VERSION >= (6, 1)

# What a raw queryset is made from.
RAW_QUERYSET: Final = (
    *("self", "raw_query", "model", "query", "params", "translations", "using", "hints"),
    *(("fetch_mode",) if django.VERSION >= (6, 1) else ()),
)

# The descriptor of generic foreign keys, which was the field itself before 6.1.
GENERIC_KEY: Final = "django.contrib.contenttypes.fields:" + (
    "GenericForeignKeyDescriptor" if django.VERSION >= (6, 1) else "GenericForeignKey"
)


def get_nonce(request: HttpRequest) -> str | None:
    """Return the nonce of the site's Content-Security-Policy: django-csp's, or Django's since 6.0.

    Asking for it makes the policy carry it.
    """
    nonce = getattr(request, "csp_nonce", None) or getattr(request, "_csp_nonce", None)
    return None if nonce is None else str(nonce)


def is_database_on_delete(on_delete: object) -> bool:
    """Return whether the database itself changes the rows that refer to a deleted one (6.1)."""
    return hasattr(on_delete, "on_delete_sql")


def fetch_mode_of(rows: object) -> object | None:
    """Return how the rows of a queryset load what they lack, None where it is Django's way."""
    mode = getattr(rows, "_fetch_mode", None)
    return None if mode is None or type(mode).__name__ == "FetchOne" else mode


def tracks_peers(rows: object) -> bool:
    """Return whether rows of a queryset know each other, to load what they lack together (6.1)."""
    return bool(getattr(getattr(rows, "_fetch_mode", None), "track_peers", False))


def make_peers(rows: list[Any]) -> list[Any]:
    """Return ``rows``, which know each other from now on."""
    peers = [ref(row) for row in rows]
    for row in rows:
        row._state.peers = peers  # noqa: SLF001
    return rows
