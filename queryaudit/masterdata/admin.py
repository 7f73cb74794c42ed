"""For the admin: select boxes from memory, and a page for staff that shows what is held."""

from pathlib import Path
from typing import Any, Final

from django.contrib import admin
from django.contrib.admin.views.decorators import staff_member_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template import engines
from django.urls import URLPattern, path

from queryaudit.masterdata.registry import manager_of
from queryaudit.masterdata.stats import clear, stats

_TEMPLATE: Final = Path(__file__).with_name("admin.html")


class MasterDataAdminMixin:
    """A base for ModelAdmin and inlines whose select boxes of master data ask nothing.

    A field that raw_id_fields, autocomplete_fields or radio_fields name, or that has
    ``limit_choices_to``, is left to Django, as is one to whose choices the admin gives a
    queryset.
    """

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Return the field of a form, its choices from memory where they are held."""
        _choose(self, db_field, kwargs)
        parent: Any = super()
        return parent.formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Return the same of several."""
        _choose(self, db_field, kwargs)
        parent: Any = super()
        return parent.formfield_for_manytomany(db_field, request, **kwargs)


def _choose(model_admin: Any, field: Any, kwargs: dict[str, Any]) -> None:
    named = (*model_admin.raw_id_fields, *model_admin.get_autocomplete_fields(None))
    if kwargs.get("queryset") is not None or field.name in named:
        return
    manager = manager_of(field.remote_field.model)
    if manager is None or field.remote_field.limit_choices_to or kwargs.get("using"):
        return
    rows = manager.all()
    related = model_admin.admin_site._registry.get(field.remote_field.model)
    ordering = related.get_ordering(None) if related is not None else ()
    kwargs["queryset"] = rows.order_by(*ordering) if ordering else rows


def urls(site: Any = admin.site) -> list[URLPattern]:
    """Return the page: ``path("admin/masterdata/", include(urls()))``, before the admin's own."""

    @staff_member_required
    def page(request: HttpRequest) -> HttpResponse:
        if request.method == "POST":
            if not getattr(request.user, "is_superuser", False):
                raise PermissionDenied
            clear()
            return HttpResponseRedirect(request.path)
        context = {**site.each_context(request), "title": "Master data", "found": stats()}
        template = engines["django"].from_string(_TEMPLATE.read_text(encoding="utf-8"))
        return HttpResponse(template.render(context, request))

    return [path("", page, name="queryaudit-masterdata")]
