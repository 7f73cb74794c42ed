"""Which folders of Django's tests are run: those that touch the ORM and what stands on it."""

from fnmatch import fnmatch
from pathlib import Path
from typing import Final

# Patterns of folder names. A folder that only one of the Djangos has is run there.
LABELS: Final = (
    # querysets, their SQL and their rows
    *("aggregation*", "annotations", "basic", "bulk_create", "composite_pk", "custom_lookups"),
    *("dates", "datetimes", "db_functions", "defer*", "distinct_on_fields", "empty"),
    *("expressions*", "extra_regress", "filtered_relation", "from_db_value"),
    *("get_earliest_or_latest", "get_object_or_404", "get_or_create", "lookup"),
    *("null_queries", "or_lookups", "ordering", "pagination", "queries", "queryset_pickle"),
    *("raw_query", "reserved_names", "reverse_lookup", "string_lookup", "xor_lookups"),
    # relations
    *("contenttypes_tests", "foreign_object", "generic_relations*", "known_related_objects"),
    *("m2m_*", "m2o_recursive", "many_to_*", "mutually_referential", "nested_foreign_keys"),
    *("null_fk*", "one_to_one", "order_with_respect_to", "prefetch_related", "select_related*"),
    # models, managers and fields
    *("constraints", "custom_columns", "custom_managers", "custom_methods", "custom_pk"),
    *("field_defaults", "field_subclassing", "managers_regress", "model_fields"),
    *("model_inheritance*", "model_meta", "model_regress", "properties", "proxy_model*"),
    *("datatypes", "swappable_models", "unmanaged_models"),
    # tables
    *("indexes", "inspectdb", "introspection", "migrations", "schema"),
    # writing
    *("delete*", "fixtures*", "force_insert_update", "migrate_signals", "save_delete_hooks"),
    *("serializers", "signals", "update*", "validation"),
    # connections, transactions, threads and tasks
    *("async", "backends", "db_typecasts", "db_utils"),
    *("multiple_database", "select_for_update", "timezones", "transaction*"),
    # what stands on the ORM
    *("admin_changelist", "admin_custom_urls", "admin_filters", "admin_inlines"),
    *("admin_ordering", "admin_utils", "admin_views", "admin_widgets", "asgi", "auth_tests"),
    *("flatpages_tests", "forms_tests", "generic_*", "handlers", "inline_formsets"),
    *("model_form*", "modeladmin", "redirects_tests", "servers", "sessions_tests"),
    *("sitemaps_tests", "sites_*", "syndication_tests", "template_backends", "test_client*"),
    *("test_utils", "view_tests"),
)

# A third of it, in a minute for both Djangos: what the hooks stand in.
QUICK: Final = (
    *("aggregation*", "annotations", "async", "backends", "basic", "bulk_create", "composite_pk"),
    *("contenttypes_tests", "custom_managers", "defer*", "delete*", "filtered_relation"),
    *("foreign_object", "generic_relations*", "get_or_create", "known_related_objects"),
    *("lookup", "m2m_*", "m2o_recursive", "many_to_*", "model_fields", "model_inheritance*"),
    *("multiple_database", "null_fk*", "one_to_one", "ordering", "prefetch_related"),
    *("proxy_model*", "queries", "queryset_pickle", "raw_query", "select_*", "serializers"),
    *("test_client*", "transaction*", "update*"),
)

# Tests that must end otherwise when they are audited, and why.
KNOWN: Final = {
    "backends.base.test_base.ExecuteWrapperTests.test_wrapper_connection_specific": (
        "which looks for no execute wrapper but its own: queryaudit's is one"
    ),
}

# Tests that hold one time against another: how they end depends on what else runs.
TIMED: Final = {
    "serializers.test_deserialization.TestDeserializer.test_crafted_xml_performance",
}


def labels_of(arguments: list[str], tests: Path) -> list[str]:
    """Return what ``runtests.py`` is to run: all, ``--quick`` or what ``arguments`` name."""
    if not arguments or arguments == ["--quick"]:
        return folders(tests, QUICK if arguments else LABELS)
    # What is no folder is left to Django: it is the name of a test, or wrong.
    return [found for label in arguments for found in folders(tests, (label,)) or [label]]


def folders(tests: Path, patterns: tuple[str, ...]) -> list[str]:
    """Return the folders of Django's ``tests`` that ``patterns`` name, each once."""
    packages = {file.parent.name for file in tests.glob("*/__init__.py")}
    return sorted(name for name in packages if any(fnmatch(name, p) for p in patterns))
