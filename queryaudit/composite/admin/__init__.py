"""The admin for models with keys of several columns, or references to them."""

from django.contrib.admin import FieldListFilter, register

from queryaudit.composite.admin.changelist import CompositeKeyChangeList
from queryaudit.composite.admin.filters import (
    CompositeKeyListFilter,
    CompositeKeyRelatedOnlyListFilter,
    is_such_relation,
)
from queryaudit.composite.admin.inlines import (
    CompositeKeyStackedInline,
    CompositeKeyTabularInline,
)
from queryaudit.composite.admin.options import CompositeKeyAdmin
from queryaudit.composite.admin.registering import admit
from queryaudit.composite.admin.values import give_value, quote_keys
from queryaudit.composite.forms.parents import find_reference
from queryaudit.hooks import composite_admin as hooks

__all__ = [
    "CompositeKeyAdmin",
    "CompositeKeyChangeList",
    "CompositeKeyListFilter",
    "CompositeKeyRelatedOnlyListFilter",
    "CompositeKeyStackedInline",
    "CompositeKeyTabularInline",
    "register",
]

hooks.find_checked_parent.subscribe(find_reference)
hooks.serialize_result.subscribe(give_value)
if hooks.refuses_composite_keys():
    hooks.register_model.subscribe(admit)
if hooks.quotes_texts_only():
    for quote in hooks.quotes:
        quote.subscribe(quote_keys)
FieldListFilter.register(is_such_relation, CompositeKeyListFilter, take_priority=True)
