"""Items of DynamoDB as one process holds them, by partition, as the server sent them."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from threading import Lock, RLock
from time import monotonic
from typing import Any, Final

from queryaudit import conf
from queryaudit.dynamodb import connection
from queryaudit.dynamodb.keys import Serialized, order_of, serialized
from queryaudit.dynamodb.models import full_name
from queryaudit.dynamodb.plans import Plan
from queryaudit.dynamodb.reading import pages_of
from queryaudit.errors import MasterDataLimitError
from queryaudit.masterdata.places import bytes_held

ALL: Final = "*"  # the one partition of a scan
_MAX_ORDERS: Final = 10_000
_TRIES: Final = 3  # of a load of several pages during which others write
_WAIT: Final = 10.0  # seconds that a thread waits for the one that reads a partition


@dataclass(slots=True)
class Partition:
    """Items of one hash key in the order of their range key; of a scan, all of them.

    ``by_key`` has them by hash and range key as DynamoDB compares these, ``until`` is the
    monotonic second to which they may be used. ``orders`` are the range keys as they compare,
    None where the items stand in no order of these.
    """

    items: list[Serialized]
    orders: list[Any] | None
    by_key: dict[Any, list[Serialized]]
    until: float
    size: int  # bytes, about
    epoch: Any


class Shelf:
    """What is held of ``base``, a plan without limits, of which each partition is read whole.

    Items stay as the server sent them, so that every reader decodes instances of its own.
    """

    def __init__(self, base: Plan, ttl: float, poll: float | None) -> None:
        self.base = base
        self.ttl = ttl
        self.poll = poll
        self.keys = replace(base, is_scan=False).keys
        self.label = f"{base.model.__module__}.{self.keys.where}"
        self.hits = self.misses = self.loads = self.drops = 0  # hits: about, where threads race
        self.dropped_at: float | None = None
        self.dropped_why = ""
        self._orders: dict[Any, Any] = {}  # what values were made to
        self._partitions: OrderedDict[Any, Partition] = OrderedDict()
        self._generation = 0
        self._lock = RLock()
        self._flights: dict[Any, Lock] = {}
        self._refused: MasterDataLimitError | None = None
        # Until their ttl is over or something is written, with the server that has them.
        self._too_large: dict[Any, tuple[float, Any, MasterDataLimitError]] = {}
        self._verified = float("-inf")
        self._version = 0

    @property
    def table(self) -> str:
        """The full name of the table, prefixes included."""
        return full_name(self.base.model)

    @property
    def promise(self) -> str:
        """How old an answer may be, in words."""
        if self.keys.is_global:
            return f"every write within {self.ttl:g} s and the index's own lag, which has no bound"
        heard = (
            "" if self.poll is None else f", of processes that declare it within {self.poll:g} s"
        )
        return f"writes of this process at once{heard}, any other within {self.ttl:g} s"

    def partition(self, value: Any) -> tuple[Partition, bool]:
        """Return the items of the hash key ``value``, and whether they were read for it.

        ``value`` is ``ALL`` for a scan. Raises what the server does, and MasterDataLimitError.
        """
        self._verify()
        key = value if self.base.is_scan else self.order(self.keys.hash, value)
        found = self._usable(key)
        if found is not None:
            self.hits += 1
            return found, False
        self._raise_refused(key)
        flight = self._flights.setdefault(key, Lock())
        is_first = flight.acquire(timeout=_WAIT)
        try:
            found = self._usable(key)
            if found is not None:
                self.hits += 1
                return found, False
            return self._load(key, value), True
        finally:
            if is_first:
                self._flights.pop(key, None)
                flight.release()

    def key_of(self, item: Serialized) -> tuple[Any, ...]:
        """Return hash and range key of an item, as they compare."""
        keys = self.keys
        return tuple(order_of(item[keys.stored(name)]) for name in (keys.hash, keys.range) if name)

    def key(self, values: Iterable[Any]) -> tuple[Any, ...]:
        """Return the same of values as users give them. Raises ValueTypeError."""
        names = [name for name in (self.keys.hash, self.keys.range) if name]
        return tuple(self.order(*pair) for pair in zip(names, values, strict=True))

    def order(self, name: str, value: Any) -> Any:
        """Return what compares as DynamoDB does with a value of the attribute ``name``."""
        known = name, type(value), value  # 1 and True are equal, and not the same
        try:
            return self._orders[known]
        except KeyError:
            made = order_of(serialized(self.base.model, name, value))
            if len(self._orders) >= _MAX_ORDERS:
                self._orders.clear()
            self._orders[known] = made
            return made
        except TypeError:  # it has no hash
            return order_of(serialized(self.base.model, name, value))

    def drop(self, why: str) -> None:
        """Forget all items."""
        with self._lock:
            self._generation += 1
            if self._partitions:
                self.drops += 1
                self.dropped_at, self.dropped_why = monotonic(), why
            self._partitions.clear()
            self._too_large.clear()
            self._refused = None

    @property
    def bytes(self) -> int:
        """Bytes, about, of all items."""
        return sum(one.size for one in list(self._partitions.values()))

    def stats(self) -> dict[str, Any]:
        """Return what ``masterdata.stats()`` tells of it."""
        partitions = list(self._partitions.values())
        state = "held" if partitions else "refused" if self._refused else "empty"
        return {
            "model": self.label,
            "kind": "dynamodb",
            "database": self.table,
            "coherence": "ttl" if self.poll is None or self.keys.is_global else "version item",
            "promise": self.promise,
            "state": state,
            "problem": str(self._refused or ""),
            "rows": sum(len(one.items) for one in partitions),
            "bytes": self.bytes,
            "answers": len(partitions),
            "hits": self.hits,
            "misses": self.misses,
            "loads": self.loads,
            "drops": self.drops,
            "dropped_ago": None if self.dropped_at is None else monotonic() - self.dropped_at,
            "dropped_why": self.dropped_why,
            "read_only": False,
        }

    def _usable(self, key: Any) -> Partition | None:
        found = self._partitions.get(key)
        if found is None or monotonic() >= found.until:
            return None
        # Another server, or the tables of tests: other items by the same names.
        return found if found.epoch is connection.current() else None

    def _load(self, key: Any, value: Any) -> Partition:
        for left in reversed(range(_TRIES)):
            generation, begun, version = self._generation, monotonic(), self._version
            made, pages = self._read(key, value, begun)
            if self.poll is not None and pages > 1:
                self._verified = float("-inf")
                self._verify()  # the pages of a load are no snapshot
            if version == self._version or not left:
                break
        self.loads += 1
        with self._lock:
            if generation == self._generation:
                self._keep(key, made)
        return made

    def _read(self, key: Any, value: Any, begun: float) -> tuple[Partition, int]:
        plan, limits = replace(self.base, is_consistent=not self.keys.is_global), conf.get()
        if not plan.is_scan:
            plan = replace(plan, hash_key=value)
        most, items, size, pages = limits.masterdata.max_rows, list[Serialized](), 0, 0
        epoch = connection.current()
        for page in pages_of(plan):
            items += page.items
            pages += 1
            size += sum(map(_size_of, page.items))
            if len(items) > most:
                self._refuse(key, "MAX_ROWS", most, f"there are more than {most:,} items")
            if size > limits.masterdata.max_bytes:
                self._refuse(key, "MAX_BYTES", limits.masterdata.max_bytes, f"{size:,} bytes came")
        keys = list(map(self.key_of, items))
        by_key: dict[Any, list[Serialized]] = {}
        for one, item in zip(keys, items, strict=True):
            by_key.setdefault(one, []).append(item)
        orders = None if plan.is_scan or not self.keys.range else [one[-1] for one in keys]
        return Partition(items, orders, by_key, begun + self.ttl, size, epoch), pages

    def _refuse(self, key: Any, setting: str, limit: int, came: str) -> None:
        name = self.label if key == ALL else f"{self.label} {key!r}"
        self._refused = MasterDataLimitError(name, setting, limit, came)
        if len(self._too_large) >= _MAX_ORDERS:
            self._too_large.clear()
        self._too_large[key] = monotonic() + self.ttl, connection.current(), self._refused
        raise self._refused

    def _raise_refused(self, key: Any) -> None:
        """Raise what was said of a partition that is too large: to read it again is paid for."""
        until, epoch, error = self._too_large.get(key, (0.0, None, None))
        if error is not None and monotonic() < until and epoch is connection.current():
            raise error

    def _keep(self, key: Any, made: Partition) -> None:
        """Keep a partition; those that were not used for longest make room for it."""
        limits, others = conf.get().masterdata, bytes_held(but=self)
        self._refused = None
        self._partitions[key] = made
        self._partitions.move_to_end(key)
        rows = sum(len(one.items) for one in self._partitions.values())
        while len(self._partitions) > 1 and (
            rows > limits.max_rows or self.bytes + others > limits.max_bytes
        ):
            _, gone = self._partitions.popitem(last=False)
            rows -= len(gone.items)

    def _verify(self) -> None:
        """Ask for the version item if that was not done within ``poll``; drop what is older."""
        if self.poll is None or self.keys.is_global or monotonic() < self._verified + self.poll:
            return
        from queryaudit.dynamodb.versions import version_of  # noqa: PLC0415  # makes its model

        with self._lock:
            now = monotonic()
            if now < self._verified + self.poll:
                return
            version = version_of(self.table)
            if version != self._version:
                self.drop("another process wrote")
                self._version = version
            self._verified = now


def _size_of(item: Serialized) -> int:
    return 200 + len(repr(item))
