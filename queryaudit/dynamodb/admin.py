"""Read-only pages of DynamoDB models beside the admin's own; no ModelAdmin, no permission table.

::

    path("admin/dynamodb/", include(DynamoDBPages(admin.site, Reading, Sale).urls)),
    path("admin/", admin.site.urls),

Shown to superusers of the site: items carry no permissions of Django's.
"""

from queryaudit.dynamodb import requirement  # noqa: F401  # names the extra

# isort: split
from base64 import b64decode
from typing import Any

from django.contrib.admin import AdminSite
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe
from pynamodb.attributes import UnicodeAttribute
from pynamodb.exceptions import PynamoDBException

from queryaudit.dynamodb.keys import indexes_of, keys_of
from queryaudit.dynamodb.paginator import KeyPage, KeyPaginator
from queryaudit.errors import DynamoDBError

_ROWS = 50  # of a page


class DynamoDBPages:
    """Items of ``models`` by hash key, of the table or of an index; nothing can be changed."""

    def __init__(self, site: AdminSite, *models: Any) -> None:
        self._site = site
        self._models: dict[str, Any] = {}
        for model in models:
            if self._models.setdefault(model.__name__, model) is not model:
                msg = f"two models are called {model.__name__}: a page is found by the name alone"
                raise ImproperlyConfigured(msg)

    @property
    def urls(self) -> tuple[list[URLPattern], str]:
        """What ``include()`` takes."""
        views = [
            path("", self._guarded(self._show_models), name="models"),
            path("<str:name>/", self._guarded(self._show_items), name="items"),
        ]
        return views, "queryaudit_dynamodb"

    def _guarded(self, view: Any) -> Any:
        @require_safe
        def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            if not request.user.is_superuser:
                raise PermissionDenied
            return view(request, **kwargs)  # type: ignore[no-any-return]

        return self._site.admin_view(guarded)

    def _show_models(self, request: HttpRequest) -> HttpResponse:
        context = {
            **self._site.each_context(request),
            "title": "DynamoDB",
            "models": list(self._models),
        }
        return render(request, "queryaudit/dynamodb/models.html", context)

    def _show_items(self, request: HttpRequest, name: str) -> HttpResponse:
        model = self._models.get(name)
        if model is None:
            msg = f"{name!r} is none of: {', '.join(self._models)}"
            raise Http404(msg)
        asked = request.GET.get("key", "")
        index = request.GET.get("index", "")
        page, problem = KeyPage([], ""), ""
        if asked:
            try:
                page = _page(model, index, asked, request.GET.get("after", ""))
            except (DynamoDBError, PynamoDBException) as error:
                problem = str(error)
            except (TypeError, ValueError) as error:  # of attributes, the site's own among them
                problem = f"an item is not as {name} has it: {error}"
        names = list(model.get_attributes())
        context = {
            **self._site.each_context(request),
            "title": name,
            "asked": asked,
            "index": index,
            "indexes": [("", keys_of(model).hash)]
            + [(one, keys_of(model, one).hash) for one in indexes_of(model)],
            "problem": problem,
            "names": names,
            "rows": [[getattr(row, column) for column in names] for row in page],
            "next": page.next_token,
            "previous": page.previous_token,
        }
        return render(request, "queryaudit/dynamodb/items.html", context)


def _page(model: Any, index: str, asked: str, after: str) -> KeyPage:
    keys = keys_of(model, index)
    queryset = (
        model.objects.get_queryset()
        .set_index(index)
        .set_hash_key(_value(keys.attribute(keys.hash), asked))
    )
    return KeyPaginator(queryset, _ROWS).page(after)


def _value(attribute: Any, text: str) -> Any:
    """Return the hash key that was typed; a binary one is typed as base64."""
    if type(attribute) is UnicodeAttribute:
        return text
    try:
        if attribute.attr_type == "B":
            return b64decode(text, validate=True)
        return attribute.deserialize(text)
    except Exception:  # noqa: BLE001  # attributes are the site's own, too
        return _Typed(text)


class _Typed:
    """A text that is no value of the attribute: the queryset refuses it, by name."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return repr(self._text)
