"""What rows that are held come from."""

from typing import Any, Protocol


class Source(Protocol):
    """The rows of one question, in whichever database.

    ``label`` names it in errors, statistics and audits; ``kind`` is "model" or "raw SQL".
    ``is_lazy`` tells that ``read()`` reads nothing yet, since parameters are to come.
    """

    is_lazy: bool

    @property
    def label(self) -> str:
        """Its name."""
        ...

    @property
    def kind(self) -> str:
        """What it is."""
        ...

    def tables(self, alias: str) -> frozenset[str]:
        """Return every table that the rows come from, in lower case."""
        ...

    def read(self, alias: str, most: int) -> list[Any]:
        """Return the rows, at most ``most`` and one more."""
        ...

    def count(self, alias: str) -> int:
        """Return how many rows there are."""
        ...

    def hold(self, alias: str, found: list[Any], *, read_only: bool) -> Any:
        """Return what is held of the rows that were read: ``size`` and ``answers_size`` are bytes.

        ``answers`` are what was said to further questions, ``is_shared`` tells that readers are
        handed no copies.
        """
        ...
