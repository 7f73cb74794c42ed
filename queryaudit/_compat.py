"""Every difference between the versions of Django that queryaudit knows."""

from typing import Final

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
