"""What the parts of a queryset lean on: the queryset itself."""

from abc import ABC, abstractmethod
from typing import Any, Self

from django.db.models import Q

from queryaudit.dynamodb.keys import Serialized
from queryaudit.dynamodb.plans import Plan


class Part(ABC):
    """Some methods of a queryset; ``DynamoDBQuerySet`` has what is abstract here."""

    model: Any
    _plan: Plan
    # Rows and the key to go on from, once they are read.
    _result: tuple[list[Any], Serialized | None] | None

    @abstractmethod
    def _with(self, **changes: Any) -> Self:
        """Return another queryset, of the plan with these changes."""

    @abstractmethod
    def _fetch(self) -> tuple[list[Any], Serialized | None]:
        """Return the rows, read now or before."""

    @abstractmethod
    def filter(self, *args: Q, **kwargs: Any) -> Self:
        """See ``DynamoDBQuerySet.filter``."""
