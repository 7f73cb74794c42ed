"""SQL written by hand, its rows as named tuples or as instances of a model.

``RawSQLManager`` stands on a model; the functions are for SQL of no model. Usable without
the auditor, which is not loaded by it.
"""

from queryaudit.rawsql.lazy import LazyRows
from queryaudit.rawsql.managers import RawSQLManager, RawSQLMixin
from queryaudit.rawsql.named import NamedQuery

__all__ = [
    "LazyRows",
    "NamedQuery",
    "RawSQLManager",
    "RawSQLMixin",
    "aexplain",
    "afetch",
    "afetch_one",
    "afetch_value",
    "aiterator",
    "explain",
    "fetch",
    "fetch_one",
    "fetch_value",
    "iterator",
    "lazy",
]

# SQL of no model: the default database unless ``using`` names another one.
_any = RawSQLManager()
fetch, afetch = _any.fetch, _any.afetch
fetch_one, afetch_one = _any.fetch_one, _any.afetch_one
fetch_value, afetch_value = _any.fetch_value, _any.afetch_value
iterator, aiterator = _any.iterator, _any.aiterator
explain, aexplain = _any.explain, _any.aexplain
lazy = _any.lazy
