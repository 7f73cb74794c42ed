"""Where the site can change a queryset that a package makes: the nearest own declaration.

The hooks are those that Django's and Django REST framework's documentation name for it.
"""

from dataclasses import replace
from typing import Final

from queryaudit.findings.edits import Edit
from queryaudit.findings.locations import Location, locate_declaration, names_of
from queryaudit.recording.events import DeclaredPlace

# By the class of the package that the own class inherits from: what it is called, and the code
# around the change. The first that fits.
_ADMIN: Final = "def get_queryset(self, request): return super().get_queryset(request){code}"
_SOURCES: Final = (
    ("InlineModelAdmin", "inline declaration", _ADMIN),
    ("BaseModelAdmin", "ModelAdmin declaration", _ADMIN),
    ("ViewSetMixin", "viewset declaration", "queryset = {model}.objects{code}"),
    ("View", "view declaration", "queryset = {model}.objects{code}"),
    ("BaseSerializer", "serializer declaration", "queryset = {model}.objects{code}"),
    ("BaseForm", "form declaration", "queryset={model}.objects{code}"),
)
_OTHER: Final = "declaration", "queryset = {model}.objects{code}"
_ADMIN_LIST: Final = "list_select_related = [{names}]"
_CHOICES: Final = 'formfield_for_foreignkey(): for "{field}" queryset={model}.objects{code}'
_FILTER: Final = (
    '("{field}", ...) in list_filter: a RelatedFieldListFilter whose field_choices() reads '
    "{model}.objects{code}"
)
_FIELD: Final = "{field} = ModelChoiceField(queryset={model}.objects{code})"


def describe(place: DeclaredPlace) -> str:
    """Return what sort of declaration it is: ``"ModelAdmin declaration"``."""
    return _source_of(place)[0]


def hook_of(place: DeclaredPlace) -> Location:
    """Return the line of the declaration to change."""
    names = names_of(place) if place.detail else ["list_select_related", "queryset", "model"]
    return locate_declaration(place.cls, *names)


def declare(edit: Edit, place: DeclaredPlace, model: str) -> Edit:
    """Return ``edit`` as code for the declaration, of a queryset of ``app.Model``."""
    title, within = _source_of(place)
    is_admin = within is _ADMIN
    filtered = place.detail.partition("list_filter.")[2]
    if filtered and is_admin:
        within = _FILTER.replace("{field}", filtered)
    elif place.detail and is_admin:
        within = _CHOICES
    elif place.detail and title == "form declaration":
        within = _FIELD
    elif title == "ModelAdmin declaration" and edit.method == "select_related":
        within = _ADMIN_LIST
    name = model.rpartition(".")[2]
    return replace(edit, within=within.replace("{model}", name).replace("{field}", place.detail))


def _source_of(place: DeclaredPlace) -> tuple[str, str]:
    bases = {base.__name__ for base in place.cls.__mro__}
    return next(((title, code) for name, title, code in _SOURCES if name in bases), _OTHER)
