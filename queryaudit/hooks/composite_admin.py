"""What the admin for composite keys leans on of Django's insides.

Loaded only with ``queryaudit.composite.admin``.
"""

import inspect
from typing import Any

from django.contrib.admin.checks import InlineModelAdminChecks, ModelAdminChecks
from django.contrib.admin.sites import AdminSite
from django.contrib.admin.utils import get_model_from_relation, quote, unquote
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import (
    AutocompleteSelect,
    ForeignKeyRawIdWidget,
    RelatedFieldWidgetWrapper,
)
from django.forms import models as forms

from queryaudit.hooks.patches import Patch

__all__ = [
    "AutocompleteSelect",
    "ChangeList",
    "ForeignKeyRawIdWidget",
    "InlineModelAdminChecks",
    "ModelAdminChecks",
    "RelatedFieldWidgetWrapper",
    "find_checked_parent",
    "get_foreign_key",
    "get_model_from_relation",
    "quote",
    "quotes",
    "quotes_texts_only",
    "refuses_composite_keys",
    "register_model",
    "serialize_result",
    "unquote",
]

_ADMIN = "django.contrib.admin"

# Runs for each model registered with an admin site.
register_model = Patch(
    f"{_ADMIN}.sites:AdminSite.register", ("self", "model_or_iterable", "admin_class", "options")
)

# Runs for each link to a row: the same function, under the name that each module has for it.
quotes = tuple(
    Patch(f"{_ADMIN}.{module}:quote", ("s",))
    for module in ("utils", "options", "helpers", "views.main", "templatetags.admin_urls")
)

# Runs for each row that an autocomplete field is offered.
serialize_result = Patch(
    f"{_ADMIN}.views.autocomplete:AutocompleteJsonView.serialize_result",
    ("self", "obj", "to_field_name"),
)

# As the hook of the forms, for the checks of inlines, which have a name of their own for it.
find_checked_parent = Patch(
    f"{_ADMIN}.checks:_get_foreign_key", ("parent_model", "model", "fk_name", "can_fail")
)


def get_foreign_key(inline: Any) -> Any:
    """Return the field that leads from the rows of ``inline`` to the row above them."""
    # By its module: there the patch of the forms is found.
    find = forms._get_foreign_key  # noqa: SLF001
    return find(inline.parent_model, inline.model, fk_name=inline.fk_name)


def refuses_composite_keys() -> bool:
    """Return whether Django's AdminSite refuses models with keys of several columns."""
    try:
        return "is_composite_pk" in inspect.getsource(inspect.unwrap(AdminSite.register))
    except OSError:  # installed without sources
        return True


def quotes_texts_only() -> bool:
    """Return whether Django puts a key that is no text into links as it is."""
    return not isinstance(inspect.unwrap(quote)(("a/b",)), str)
