"""What composite keys lean on of Django's insides: the names, and two functions patched.

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
    "compares_first_column_only",
    "get_normalized_value",
    "trim_subquery",
    "update_values",
]

# Runs for each condition of exclude() across relations to many rows, on the subquery it makes.
trim_subquery = Patch("django.db.models.sql.query:Query.trim_start", ("self", "names_with_path"))

# Runs for each UPDATE of a queryset and of SET_NULL, with the names and values given.
update_values = Patch(
    "django.db.models.sql.subqueries:UpdateQuery.add_update_values", ("self", "values")
)


def compares_first_column_only() -> bool:
    """Return whether Django's exclude() compares only the first column of a relation."""
    try:
        return "query.select[0]" in inspect.getsource(Query.split_exclude)
    except OSError:  # installed without sources
        return True
