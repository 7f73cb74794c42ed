"""What composite keys lean on of Django's insides: the names, and the functions patched.

Loaded only with ``queryaudit.composite``. A test pins the source of each piece that is
imitated, so that a change in Django is seen.
"""

import inspect

from django.db.models.expressions import ColPairs, ResolvedOuterRef
from django.db.models.fields.composite import CompositeAttribute
from django.db.models.fields.related import ForeignObject
from django.db.models.fields.related_descriptors import (
    ForwardManyToOneDescriptor,
    ReverseManyToOneDescriptor,
)
from django.db.models.fields.related_lookups import (
    RelatedExact,
    RelatedGreaterThan,
    RelatedGreaterThanOrEqual,
    RelatedIn,
    RelatedLessThan,
    RelatedLessThanOrEqual,
    get_normalized_value,
)
from django.db.models.fields.reverse_related import ManyToOneRel
from django.db.models.fields.tuple_lookups import (
    Tuple,
    TupleExact,
    TupleGreaterThan,
    TupleGreaterThanOrEqual,
    TupleIn,
    TupleLessThan,
    TupleLessThanOrEqual,
)
from django.db.models.sql.query import Query
from django.db.models.sql.where import AND, WhereNode

from queryaudit.hooks.patches import Patch

__all__ = [
    "AND",
    "ColPairs",
    "CompositeAttribute",
    "ForeignObject",
    "ForwardManyToOneDescriptor",
    "ManyToOneRel",
    "RelatedExact",
    "RelatedGreaterThan",
    "RelatedGreaterThanOrEqual",
    "RelatedIn",
    "RelatedLessThan",
    "RelatedLessThanOrEqual",
    "ResolvedOuterRef",
    "ReverseManyToOneDescriptor",
    "Tuple",
    "TupleExact",
    "TupleGreaterThan",
    "TupleGreaterThanOrEqual",
    "TupleIn",
    "TupleLessThan",
    "TupleLessThanOrEqual",
    "WhereNode",
    "bulk_update",
    "clean_fields",
    "compares_first_column_only",
    "constrained_values",
    "get_normalized_value",
    "save",
    "trim_subquery",
    "update_values",
    "write_reference",
]

# Runs for each condition of exclude() across relations to many rows, on the subquery it makes.
trim_subquery = Patch("django.db.models.sql.query:Query.trim_start", ("self", "names_with_path"))

# Runs for each UPDATE of a queryset and of SET_NULL, with the names and values given.
update_values = Patch(
    "django.db.models.sql.subqueries:UpdateQuery.add_update_values", ("self", "values")
)

# Runs in full_clean() of each row, and so for each model form.
clean_fields = Patch("django.db.models.base:Model.clean_fields", ("self", "exclude"))

# Runs where a row's constraints are checked, once for each with a condition or expressions.
constrained_values = Patch(
    "django.db.models.base:Model._get_field_expression_map", ("self", "meta", "exclude")
)

# Runs for each row saved. What comes after self differs by version: all of it is passed on.
save = Patch("django.db.models.base:Model.save", ("self", ...))

# Runs for each bulk_update() of a queryset.
bulk_update = Patch(
    "django.db.models.query:QuerySet.bulk_update", ("self", "objs", "fields", "batch_size")
)

# Runs for each reference written to an XML fixture.
write_reference = Patch(
    "django.core.serializers.xml_serializer:Serializer.handle_fk_field", ("self", "obj", "field")
)


def compares_first_column_only() -> bool:
    """Return whether Django's exclude() compares only the first column of a relation."""
    try:
        return "query.select[0]" in inspect.getsource(Query.split_exclude)
    except OSError:  # installed without sources
        return True
