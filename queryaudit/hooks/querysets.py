"""Where querysets begin, where their SQL is run, and where their rows come out."""

from queryaudit._compat import RAW_QUERYSET
from queryaudit.hooks.patches import Patch

_QUERY = "django.db.models.query"

# Runs once for each queryset that is not made from another one: managers, also
# those that skip super().get_queryset(), and QuerySet(Model). Copies keep the
# attributes of their Query.
begin_query = Patch("django.db.models.sql.query:Query.__init__", ("self", "model", "alias_cols"))

# Runs for each method that goes on with a queryset: filter(), order_by(), a slice.
copy_query = Patch("django.db.models.sql.query:Query.chain", ("self", "klass"))

# Runs once for each queryset of the site's own SQL, and for its copies.
begin_raw = Patch(f"{_QUERY}:RawQuerySet.__init__", RAW_QUERYSET)

# Runs when a manager is asked for its rows; of a related manager not where a
# prefetch has them.
begin_manager = Patch("django.db.models.manager:BaseManager.get_queryset", ("self",))

# Runs where a related manager makes a queryset its own, whatever get_queryset() it has.
add_hints = Patch(f"{_QUERY}:QuerySet._add_hints", ("self", "hints"))

# Run around the statements of one Query.
_COMPILER = "django.db.models.sql.compiler"
run_query = Patch(
    f"{_COMPILER}:SQLCompiler.execute_sql", ("self", "result_type", "chunked_fetch", "chunk_size")
)
run_insert = Patch(f"{_COMPILER}:SQLInsertCompiler.execute_sql", ("self", "returning_fields"))

# Run once an evaluation and yield model instances, with select_related ones
# attached; also for iterator() and for the querysets of a prefetch.
iterate_models = Patch(f"{_QUERY}:ModelIterable.__iter__", ("self",))
iterate_raw = Patch(f"{_QUERY}:RawModelIterable.__iter__", ("self",))

# Runs for each step of a prefetch, with the rows that it is made for; it returns
# the rows that it found, and the prefetches that those ask for.
prefetch_step = Patch(
    f"{_QUERY}:prefetch_one_level", ("instances", "prefetcher", "lookup", "level")
)

# Run when the rows of a queryset are read, also of a set that a prefetch brought.
read_all = Patch(f"{_QUERY}:QuerySet._fetch_all", ("self",))
read_rows = tuple(
    Patch(f"{_QUERY}:QuerySet.{name}", parameters)
    for name, parameters in (
        ("__getitem__", ("self", "k")),
        ("count", ("self",)),
        ("exists", ("self",)),
        ("contains", ("self", "obj")),
    )
)

# Run where a queryset is told what to load ahead.
load_ahead = (
    Patch(f"{_QUERY}:QuerySet.select_related", ("self", "fields")),
    Patch(f"{_QUERY}:QuerySet.prefetch_related", ("self", "lookups")),
)
