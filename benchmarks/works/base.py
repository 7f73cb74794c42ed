"""What a kind of work is."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

Run = Callable[[], object]
Prepare = Callable[[int], AbstractContextManager[Run]]


@dataclass(frozen=True)
class Work:
    """One kind of work: ``sizes`` are counted by ``unit``, the smaller ones for a quick run."""

    what: str
    unit: str
    sizes: tuple[int, ...]
    quick_sizes: tuple[int, ...]
    prepare: Prepare
