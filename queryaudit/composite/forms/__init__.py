"""Forms of models with keys of several columns, or references to them."""

from queryaudit.composite.choices import CompositeKeyChoiceField
from queryaudit.composite.forms.formsets import CompositeKeyInlineFormSet
from queryaudit.composite.forms.models import CompositeKeyModelForm
from queryaudit.composite.forms.parents import find_reference
from queryaudit.hooks.composite_forms import find_parent

__all__ = ["CompositeKeyChoiceField", "CompositeKeyInlineFormSet", "CompositeKeyModelForm"]

find_parent.subscribe(find_reference)
