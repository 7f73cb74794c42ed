"""What forms for composite keys lean on of Django's insides.

Loaded only with ``queryaudit.composite.forms``.
"""

from django.forms.models import BaseModelForm, InlineForeignKeyField, ModelFormMetaclass

from queryaudit.hooks.patches import Patch

__all__ = ["InlineForeignKeyField", "ModelFormMetaclass", "find_parent", "leaves_out_parents"]

# Runs when an inline formset is made, with the model above it and the one whose rows it has.
find_parent = Patch(
    "django.forms.models:_get_foreign_key", ("parent_model", "model", "fk_name", "can_fail")
)


def leaves_out_parents() -> bool:
    """Return whether inline forms check no constraint with the key of the row above, as in 5.2."""
    return not hasattr(BaseModelForm, "validate_constraints")
