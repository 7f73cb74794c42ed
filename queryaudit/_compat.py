"""Every difference between the versions of Django that queryaudit knows."""

from typing import Final

import django

# The descriptor of generic foreign keys, which was the field itself before 6.1.
GENERIC_KEY: Final = "django.contrib.contenttypes.fields:" + (
    "GenericForeignKeyDescriptor" if django.VERSION >= (6, 1) else "GenericForeignKey"
)
