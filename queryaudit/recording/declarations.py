"""Which own class a package's code works for, where no line of it is on the stack.

The admin, generic views, serializers and forms iterate and read relations in their
packages' code; what the site's developers can change is the class they declared.
"""

import sys
from types import FrameType
from typing import Any, Final
from weakref import WeakKeyDictionary, ref

from django.db.models import Manager, Model, QuerySet
from django.db.models.manager import BaseManager

from queryaudit.recording.owncode import Owner, owner_of

# What package code holds of an own class in its local variables: ``self`` itself, or one of
# its attributes. The admin's template tags have the page's ChangeList as ``cl``.
_HOLDERS: Final = ("self", "cl", "model_admin")
_HELD: Final = ("model_admin", "form", "opts", "view")
# What templates of the admin and of generic views hold in their context, the nearest first.
_IN_CONTEXT: Final = ("inline_admin_formset", "adminform", "cl", "form", "view")
# Such objects are read, never asked; they declare nothing about querysets.
_ROWS: Final = (Model, Manager, QuerySet)

_MAX_NESTED: Final = 4  # a field in a list of many in a list

# Weak on both sides: a class made in a view may hold its request.
_own_classes: "WeakKeyDictionary[type, ref[type] | None]" = WeakKeyDictionary()

Declared = tuple[type | None, str]


def is_method_of_manager(frame: FrameType) -> bool:
    """Return whether the frame is a method that a manager or queryset was asked for."""
    code = frame.f_code
    if not code.co_argcount or code.co_varnames[0] != "self":
        return False
    return isinstance(frame.f_locals.get("self"), (BaseManager, QuerySet))


def is_declared(making: FrameType) -> bool:
    """Return whether a package's frame makes the queryset that an own view or admin declares.

    Not so where the own line around it asked for that queryset, and can go on with it.
    """
    if making.f_code.co_name != "get_queryset":
        return False
    cls = own_class(type(making.f_locals.get("self")))
    if cls is None or not (hasattr(cls, "as_view") or hasattr(cls, "changelist_view")):
        return False
    frame: FrameType | None = making
    outermost = ""
    while frame is not None and (owner := owner_of(frame.f_code.co_filename)) is not Owner.OWN:
        if owner is Owner.PACKAGE:
            outermost = frame.f_code.co_name
        frame = frame.f_back
    return "queryset" not in outermost


def declared_by(frame: FrameType, inner: Declared) -> Declared:
    """Return the own class that a package's frame works for, and what it names of it.

    ``inner`` is what the frames further in told: the name they found goes along.
    """
    names = frame.f_locals
    if frame.f_code.co_name == "get_attribute":  # a field reads for the serializer that has it
        return _serializer_of(names.get("self"), inner)
    detail = inner[1] or _detail(names)
    for holder in _HOLDERS:
        value = names.get(holder)
        if value is not None:
            cls = _own_class_of(value)
            if cls is not None:
                return cls, detail
    context = names.get("context")
    for scope in reversed(getattr(context, "dicts", ())):
        for name in _IN_CONTEXT:
            value = scope.get(name)
            cls = None if value is None else _own_class_of(value)
            if cls is not None:
                return cls, detail
    return None, detail


def _serializer_of(field: Any, inner: Declared) -> Declared:
    """Return the own serializer that declares a field of Django REST framework, and its name."""
    detail = inner[1] or str(getattr(field, "field_name", "") or "")
    for _ in range(_MAX_NESTED):
        field = getattr(field, "parent", None)
        cls = None if field is None else own_class(type(field))
        if cls is not None:
            return cls, detail
    return None, detail


def _own_class_of(value: Any) -> type | None:
    cls = own_class(type(value))
    if cls is not None:
        return cls
    attributes = getattr(value, "__dict__", None)
    if type(attributes) is dict:
        for name in _HELD:
            held = attributes.get(name)
            cls = None if held is None else own_class(type(held))
            if cls is not None:
                return cls
    return None


def _detail(names: Any) -> str:
    """Return the field that package code is at: of a list, a form or a serializer."""
    name = names.get("field_name")
    if name is None and "model_admin" in names:
        name = names.get("name")  # a column of the admin's list
    if isinstance(name, str):
        return name
    for variable, attribute in (("field", "field_name"), ("db_field", "name")):
        name = getattr(names.get(variable), attribute, None)
        if isinstance(name, str):
            return name
    own = getattr(names.get("self"), "__dict__", None)
    if type(own) is dict and "field_path" in own:  # a filter beside the admin's list
        return f"list_filter.{own['field_path']}"
    if type(own) is dict and "form" in own and isinstance(own.get("name"), str):
        return str(own["name"])  # a field bound to its form
    return ""


def own_class(cls: type) -> type | None:
    """Return the first class of own code that ``cls`` is or inherits from."""
    try:
        known = _own_classes[cls]
    except KeyError:
        found = _find_own(cls)
        _own_classes[cls] = None if found is None else ref(found)
        return found
    return None if known is None else known()


def _find_own(cls: type) -> type | None:
    if issubclass(cls, _ROWS):
        return None
    for base in cls.__mro__:
        file = getattr(sys.modules.get(base.__module__), "__file__", None)
        if file and owner_of(file) is Owner.OWN:
            return base
    return None
