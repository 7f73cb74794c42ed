"""Where querysets begin and where their rows come out."""

from queryaudit.hooks.patches import Patch

# Runs once for each queryset that is not made from another one: managers, also
# those that skip super().get_queryset(), and QuerySet(Model). Copies keep the
# attributes of their Query.
begin_query = Patch("django.db.models.sql.query:Query.__init__", ("self", "model", "alias_cols"))

# Runs once an evaluation and yields model instances, with select_related ones
# attached; also for iterator() and for the querysets of a prefetch.
iterate_models = Patch("django.db.models.query:ModelIterable.__iter__", ("self",))
