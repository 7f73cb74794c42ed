"""Where Django loads a relation or column for one row, and where it reads a row anew."""

from queryaudit._compat import GENERIC_KEY
from queryaudit.hooks.patches import Patch, Point

_RELATED = "django.db.models.fields.related_descriptors"

# Runs for each foreign key and one-to-one that is loaded for one instance, under
# every fetch mode that loads row by row; not where a cache or a prefetch has it.
load_forward = Patch(f"{_RELATED}:ForwardManyToOneDescriptor.get_object", ("self", "instance"))

# Run for each step of a prefetch, with the rows that it is made for.
prefetch_forward, prefetch_reverse = (
    Patch(f"{_RELATED}:{name}.get_prefetch_querysets", ("self", "instances", "querysets"))
    for name in ("ForwardManyToOneDescriptor", "ReverseOneToOneDescriptor")
)

# The same of references to keys of several columns, whose descriptor is the package's own.
prefetch_composite = Point()

# These three run for each read of the attribute, also of a cached one.
read_forward = Patch(f"{_RELATED}:ForwardManyToOneDescriptor.__get__", ("self", "instance", "cls"))
read_reverse = Patch(f"{_RELATED}:ReverseOneToOneDescriptor.__get__", ("self", "instance", "cls"))
read_generic = Patch(f"{GENERIC_KEY}.__get__", ("self", "instance", "cls"))

# Runs for a column that the row does not hold, once: the value then hides it.
load_column = Patch(
    "django.db.models.query_utils:DeferredAttribute.__get__", ("self", "instance", "cls")
)

# Runs where a row is read anew, with ``fields`` also for a deferred column.
reload = Patch(
    "django.db.models.base:Model.refresh_from_db", ("self", "using", "fields", "from_queryset")
)
