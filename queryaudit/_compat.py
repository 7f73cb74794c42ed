"""Every difference between the versions of Django that queryaudit knows."""

from typing import Final

import django

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
