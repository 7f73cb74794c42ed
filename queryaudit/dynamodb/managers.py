"""``DynamoDBManager``: where a model's querysets begin."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Self
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from queryaudit.dynamodb.queryset import DynamoDBQuerySet


class DynamoDBManager:
    """The querysets of a model: ``objects = DynamoDBManager()``, or of one of its indexes.

    It answers for the class that it is asked on, also through bases. ``index`` is an index of
    the class body, or the name of its attribute. All public methods of its queryset are its own.
    """

    queryset_class: ClassVar[type["DynamoDBQuerySet"]]

    def __init__(self, index: Any = None) -> None:
        self.model: Any = None
        self.index = index
        self._bound: WeakKeyDictionary[type, Self] = WeakKeyDictionary()

    def __get__(self, instance: object, owner: type) -> Self:
        if instance is not None:
            msg = f"Manager isn't accessible via {owner.__name__} instances"
            raise AttributeError(msg)
        bound = self._bound.get(owner)
        if bound is None:
            bound = type(self)(self.index)
            bound.model = owner
            self._bound[owner] = bound
        return bound

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_") or "model" not in self.__dict__:
            raise AttributeError(name)
        if not hasattr(self.queryset_class, name):
            msg = f"{type(self).__name__!r} object has no attribute {name!r}"
            raise AttributeError(msg)
        return getattr(self.get_queryset(), name)  # type: ignore[no-any-return]

    def __dir__(self) -> list[str]:
        names = (name for name in dir(self.queryset_class) if not name.startswith("_"))
        return sorted({*super().__dir__(), *names})

    def get_queryset(self) -> "DynamoDBQuerySet":
        """Return a new queryset; a subclass may narrow it."""
        queryset = self.queryset_class(self.model)
        return queryset if self.index is None else queryset.set_index(self.index)

    @classmethod
    def from_queryset(
        cls, queryset_class: type["DynamoDBQuerySet"], class_name: str | None = None
    ) -> type[Self]:
        """Return a class of managers with the methods of ``queryset_class``."""
        name = class_name or f"{cls.__name__}From{queryset_class.__name__}"
        return type(name, (cls,), {"queryset_class": queryset_class})

    def __repr__(self) -> str:
        of = f" of {self.model.__name__}" if self.model else ""
        return f"<{type(self).__name__}{of}>"
