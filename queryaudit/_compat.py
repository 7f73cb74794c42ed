"""Every difference between the versions of Django that queryaudit knows."""

from typing import Final

import django

# What a raw queryset is made from.
RAW_QUERYSET: Final = (
    *("self", "raw_query", "model", "query", "params", "translations", "using", "hints"),
    *(("fetch_mode",) if django.VERSION >= (6, 1) else ()),
)

# The descriptor of generic foreign keys, which was the field itself before 6.1.
GENERIC_KEY: Final = "django.contrib.contenttypes.fields:" + (
    "GenericForeignKeyDescriptor" if django.VERSION >= (6, 1) else "GenericForeignKey"
)
