"""Where Django loads a relation because an attribute was read, and where it reads a row anew."""

from queryaudit.hooks.patches import Patch

# Runs for each foreign key and one-to-one that is loaded for one instance, under
# every fetch mode that loads row by row; not where a cache or a prefetch has it.
load_forward = Patch(
    "django.db.models.fields.related_descriptors:ForwardManyToOneDescriptor.get_object",
    ("self", "instance"),
)

# Runs where a row is read anew, with ``fields`` also for a deferred column.
reload = Patch(
    "django.db.models.base:Model.refresh_from_db", ("self", "using", "fields", "from_queryset")
)
