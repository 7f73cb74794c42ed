"""The rows of one table as one process holds them, with an index for each column asked for."""

import sys
from collections.abc import Callable, Iterable, Sequence
from threading import Lock
from typing import Any

from django.core.exceptions import ValidationError

from queryaudit._compat import make_peers, tracks_peers
from queryaudit.masterdata.copies import changeable_in, copier
from queryaudit.masterdata.lookups import Column, UndecidedError, column_of, unique_sets, value_of
from queryaudit.masterdata.shared import share

Entry = Any  # a dict of values, or the instance that all readers share


class Rows:
    """All rows, as they were read at one time.

    ``unique`` has an index by each name that rows were got by, made when first needed;
    ``answers`` what the database said to questions about these rows.
    """

    def __init__(
        self, model: Any, alias: str, queryset: Any, found: Sequence[Any], *, read_only: bool
    ) -> None:
        self.model = model
        self.alias = alias
        held = []
        for instance in found:
            values = instance.__dict__
            values["_state"] = None
            values.pop("_prefetched_objects_cache", None)
            held.append(values)
        self.size = sum(map(_size_of, held))  # bytes, about
        self.entries: list[Entry] = held
        self.values: Callable[[Entry], dict[str, Any]] = _itself
        shared = share(model, alias, held) if read_only else None
        self.is_shared = shared is not None
        self.copy: Callable[[Entry], Any] = _itself
        if shared is not None:
            self.entries, self.values = shared, vars
        else:
            self.copy = copier(model, alias, changeable_in(held), queryset)
        self._peers = not self.is_shared and tracks_peers(queryset)
        self.unique: dict[str, dict[Any, Entry]] = {}
        # The same by several names that are unique together, in the order of a call.
        self.several: dict[tuple[str, ...], dict[tuple[Any, ...], Entry]] = {}
        self._groups: dict[tuple[str, ...], dict[Any, list[Entry]]] = {}
        self.answers: dict[Any, list[Entry]] = {}
        self.answers_size = 0  # bytes, about
        self.asking = Lock()
        self._places: dict[int, int] | None = None

    def __len__(self) -> int:
        return len(self.entries)

    def copies(self, entries: Iterable[Entry]) -> list[Any]:
        """Return instances of ``entries`` to hand out."""
        if self.is_shared:
            return list(entries)
        rows = list(map(self.copy, entries))
        return make_peers(rows) if self._peers else rows

    def one(self, lookups: dict[str, Any]) -> Entry | None:
        """Return the entry that unique columns find as their values stand, None otherwise."""
        names = tuple(lookups)
        try:
            if len(names) > 1:
                index = self.several.get(names)
                if index is None:
                    index = self.several[names] = self._by_several(names)
                return index.get(tuple(lookups.values()))
            ((name, value),) = lookups.items()
            known = self.by(name)
            if known is None:
                return None
            if type(value) is str and name == "pk" and value not in known:
                column = column_of(self.model, name)
                if column is not None and column.parts:  # the text of a key of several columns
                    found = known.get(column.field.get_prep_value(value))
                    if found is not None and len(known) < 2 * len(self.entries):
                        known[value] = found
                    return found
            return known.get(value)
        except (TypeError, ValueError, ValidationError):
            return None  # it is asked otherwise, and told as Django tells it

    def _by_several(self, names: tuple[str, ...]) -> dict[tuple[Any, ...], Entry]:
        columns = [column_of(self.model, name) for name in names]
        attnames = tuple(column.attnames[0] for column in columns if column and not column.parts)
        is_unique = len(attnames) == len(names) and frozenset(attnames) in unique_sets(self.model)
        if not is_unique or not all(column is not None and self._has(column) for column in columns):
            return {}
        groups = self.groups(attnames)
        index = {
            key: entries[0]
            for key, entries in groups.items()
            if len(entries) == 1 and None not in key
        }
        self.size += sys.getsizeof(index)
        return index

    def by(self, name: str) -> dict[Any, Entry] | None:
        """Return the index of a unique column by its values, None where it is no such column."""
        index = self.unique.get(name)
        if index is None:
            column = column_of(self.model, name)
            if column is None or not column.is_unique or not self._has(column):
                return None
            try:
                index = self._index(column.attnames)
            except TypeError:  # JSON and arrays, which have no hash
                return None
            self.unique[name] = index
        return index

    def _index(self, attnames: tuple[str, ...]) -> dict[Any, Entry]:
        known = "\0".join(attnames)
        index = self.unique.get(known)
        if index is None:
            index, doubled = {}, {None}  # two rows without a value are no two of one value
            for entry in self.entries:
                key = self._value(entry, attnames)
                if index.setdefault(key, entry) is not entry:
                    doubled.add(key)
            for key in doubled:
                index.pop(key, None)
            self.size += sys.getsizeof(index)
            self.unique[known] = index
        return index

    def _has(self, column: Column) -> bool:
        """Return whether the rows were read with that column; others were deferred."""
        if not self.entries:
            return True
        held = self.values(self.entries[0])
        return all(name in held for name in column.attnames)

    def groups(self, attnames: tuple[str, ...]) -> dict[Any, list[Entry]]:
        """Return the entries by the values of columns, in their order."""
        groups = self._groups.get(attnames)
        if groups is None:
            groups = {}
            values = self.values
            if len(attnames) == 1:
                name = attnames[0]
                for entry in self.entries:
                    groups.setdefault(values(entry)[name], []).append(entry)
            else:
                for entry in self.entries:
                    held = values(entry)
                    groups.setdefault(tuple(held[name] for name in attnames), []).append(entry)
            self._groups[attnames] = groups
        return groups

    def matching(self, lookups: dict[str, Any]) -> list[Entry]:
        """Return the entries for which all ``lookups`` hold.

        Raises UndecidedError where the database has to say so.
        """
        pairs = []
        for name, value in lookups.items():
            base, is_in = (name[:-4], True) if name.endswith("__in") else (name, False)
            column = column_of(self.model, base.removesuffix("__exact"))
            if column is None or not self._has(column):
                raise UndecidedError
            if is_in:
                held = [value_of(self.model, column, one) for one in _listed(value)]
            else:
                held = value_of(self.model, column, value)
            pairs.append((column, held, is_in))
        if all(column.is_exact for column, _, _ in pairs):
            return self._exactly(pairs)
        return self._unique_hit(pairs)

    def _exactly(self, pairs: list[tuple[Column, Any, bool]]) -> list[Entry]:
        """Begin with the smallest group and hold the other columns against it."""
        best: list[Entry] | None = None
        rest = []
        for column, value, is_in in pairs:
            if is_in:
                rest.append((column.attnames, {v for v in value if v is not None}))
                continue
            if column.is_unique and value in (index := self._index(column.attnames)):
                group = [index[value]]
            else:
                group = self.groups(column.attnames).get(value, [])
            if best is None or len(group) < len(best):
                best = group
            rest.append((column.attnames, {value}))
        if best is None:
            best = self._of_values(*rest.pop(0))
        for attnames, allowed in rest if len(rest) > 1 or len(pairs) > 1 else ():
            best = [one for one in best if self._value(one, attnames) in allowed]
        return best

    def _of_values(self, attnames: tuple[str, ...], allowed: set[Any]) -> list[Entry]:
        if len(allowed) * 10 > len(self.entries):
            return [one for one in self.entries if self._value(one, attnames) in allowed]
        groups = self.groups(attnames)
        return self._in_order([entry for value in allowed for entry in groups.get(value, ())])

    def _in_order(self, found: list[Entry]) -> list[Entry]:
        """Return entries in the order in which they were read."""
        if self._places is None:
            self._places = {id(entry): place for place, entry in enumerate(self.entries)}
        places = self._places
        return sorted(found, key=lambda entry: places[id(entry)])

    def _value(self, entry: Entry, attnames: tuple[str, ...]) -> Any:
        held = self.values(entry)
        return held[attnames[0]] if len(attnames) == 1 else tuple(held[a] for a in attnames)

    def _unique_hit(self, pairs: list[tuple[Column, Any, bool]]) -> list[Entry]:
        """Return what text on a unique column finds as it stands: no other row equals it."""
        if len(pairs) == 1 and pairs[0][2] and pairs[0][0].is_unique:
            return self._unique_hits(*pairs[0][:2])
        if any(is_in for _, _, is_in in pairs):
            raise UndecidedError
        wanted = {a: v for c, value, _ in pairs for a, v in _spread(c, value)}
        unique: list[frozenset[str]] = [frozenset(c.attnames) for c, _, _ in pairs if c.is_unique]
        unique += unique_sets(self.model)
        for names in unique:
            if names <= wanted.keys():
                order = tuple(sorted(names))
                key = tuple(wanted[name] for name in order)
                entries = self.groups(order).get(key if len(order) > 1 else key[0], [])
                if len(entries) == 1 and None not in key:
                    others = {c.attnames[0]: c for c, _, _ in pairs if not {*c.attnames} <= names}
                    if all(column.is_exact for column in others.values()):
                        held = self.values(entries[0])
                        return entries if all(held[a] == wanted[a] for a in others) else []
        raise UndecidedError

    def _unique_hits(self, column: Column, values: list[Any]) -> list[Entry]:
        index = self._index(column.attnames)
        wanted = {value for value in values if value is not None}
        if not wanted <= index.keys():
            raise UndecidedError
        return self._in_order([index[value] for value in wanted])


def _spread(column: Column, value: Any) -> Iterable[tuple[str, Any]]:
    if column.parts:
        return zip(column.attnames, value, strict=True)
    return ((column.attnames[0], value),)


def _listed(value: Any) -> list[Any]:
    if isinstance(value, str) or hasattr(value, "resolve_expression") or hasattr(value, "query"):
        raise UndecidedError
    return list(value)


def _itself(entry: Any) -> Any:
    return entry


def _size_of(values: dict[str, Any]) -> int:
    size = sys.getsizeof(values) + 100  # and its places in the list and in two indexes
    for value in values.values():
        if value is not None and value is not True and value is not False:
            size += sys.getsizeof(value)
    return size
