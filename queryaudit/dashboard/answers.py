"""How a page answers: to viewers only, as HTML or JSON, and in words where the store fails."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt

from queryaudit import stores
from queryaudit._compat import get_nonce
from queryaudit.reports import assets
from queryaudit.reports.rendering import Templates
from queryaudit.viewers import may_open

# The pages need nothing but their own files.
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_templates = Templates(Path(__file__).parent / "templates")


@dataclass(frozen=True, slots=True)
class Page:
    """What a page shows: a template with its values, and the same as JSON types."""

    template: str
    title: str
    data: dict[str, Any]
    context: dict[str, Any] = field(default_factory=dict)
    problem: str = ""
    status: int = 200


View = Callable[..., HttpResponseBase]


def page(build: Callable[..., Page]) -> View:
    """Return the view of a page; ``build`` takes the request and the parts of its address.

    Whoever is no viewer gets the site's own 404, as for an address that leads nowhere.
    """

    @for_viewers
    @wraps(build)
    def view(request: HttpRequest, **parts: Any) -> HttpResponseBase:
        answer = build(request, **parts)
        failure = stores.problem()
        # What is missing may be there, and cannot be read.
        status = 503 if failure and answer.status == HTTPStatus.NOT_FOUND else answer.status
        problem = str(failure) if failure else answer.problem
        if request.GET.get("format") == "json":
            data = {**answer.data, "problem": problem or None}
            return JsonResponse(data, status=status, json_dumps_params={"default": str})
        context = {
            "namespace": namespace_of(request),
            "title": answer.title,
            "problem": problem,
            "nonce": get_nonce(request),
            "page": answer.template,
            "versions": {
                name.replace(".", "_"): asset.version for name, asset in assets.assets().items()
            },
            **answer.context,
        }
        text = _templates.render(f"dashboard/{answer.template}.html", context)
        return HttpResponse(text, status=status)

    return view


def namespace_of(request: HttpRequest) -> str:
    """Return the namespace that the dashboard has there, where the site nests it in its own."""
    match = request.resolver_match
    return (match.namespace if match else "") or "queryaudit"


def link(request: HttpRequest, name: str, *args: object) -> str:
    """Return the address of one of the dashboard's pages."""
    return reverse(f"{namespace_of(request)}:{name}", args=args)


def for_viewers(view: View) -> View:
    """Return ``view`` for viewers only, by GET, kept nowhere."""

    @csrf_exempt  # nothing is changed here, and others must not be told that it is
    @login_not_required
    @wraps(view)
    def guarded(request: HttpRequest, **parts: Any) -> HttpResponseBase:
        if not may_open(request):
            msg = "Only viewers see the dashboard; QUERYAUDIT['VIEWERS'] says who they are."
            raise Http404(msg)
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        response = view(request, **parts)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers.setdefault("Content-Security-Policy", _POLICY)
        return response

    return guarded
