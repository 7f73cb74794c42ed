"""Ask pages of the site from the command line."""

import logging
import time
from collections.abc import AsyncIterable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from asgiref.sync import async_to_sync
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management import CommandError
from django.http.request import validate_host
from django.shortcuts import resolve_url
from django.test import Client
from django.urls import Resolver404, resolve
from django.utils.encoding import iri_to_uri

from queryaudit.auditing import Audit
from queryaudit.stores.writer import writer

SAFE: Final = ("GET", "HEAD", "OPTIONS")
# Where a streamed body, which may have no end, is left.
MAX_BYTES: Final = 20 * 2**20
MAX_SECONDS: Final = 20.0
_LOGGERS: Final = {"queryaudit": logging.ERROR, "django.request": logging.CRITICAL + 1}


@dataclass(frozen=True, slots=True)
class Question:
    """A request as it is asked."""

    path: str
    method: str = "GET"
    data: str = ""
    content_type: str = "application/x-www-form-urlencoded"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came, with its audit; ``html`` is empty for what is none."""

    audit: Audit
    status: int
    location: str  # where a redirect leads, else nothing
    error: str  # what the page raised, in a line, else nothing
    html: str
    is_known: bool  # False where no address of the site fits

    @property
    def has_failed(self) -> bool:
        """Whether no page came."""
        return self.status >= HTTPStatus.BAD_REQUEST

    @property
    def needs_login(self) -> bool:
        """Whether the page is for those who are logged in."""
        if self.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            return True
        path = urlsplit(self.location).path
        return bool(path) and (path == _login_path() or path.endswith("/login/"))


def client_of(user: str | None) -> Client:
    """Return a client, logged in as the user with that key or name. Raises CommandError."""
    client = Client(raise_request_exception=False, SERVER_NAME=_host())
    if user is not None:
        for app in ("auth", "sessions"):
            if not apps.is_installed(f"django.contrib.{app}"):
                msg = f"--user needs django.contrib.{app} in INSTALLED_APPS"
                raise CommandError(msg, returncode=2)
        client.force_login(_user(user))
    return client


def ask(client: Client, question: Question, *, deep: bool = False, explain: bool = False) -> Answer:
    """Ask one page and audit it."""
    label = f"{question.method} {question.path}"
    with Audit(label=label, deep=deep, explain=explain, raise_=False) as audit:
        response: Any = client.generic(
            question.method,
            iri_to_uri(question.path),
            question.data,
            content_type=question.content_type,
            secure=settings.SECURE_SSL_REDIRECT,
            headers=dict(question.headers),
        )
        body = _read(response)
    # The client's own resolver_match resolves anew, and fails where nothing fits.
    match = response.wsgi_request.resolver_match
    path = question.path.partition("?")[0]
    status = int(response.status_code)
    view = getattr(match, "view_name", "") or ""
    audit.describe_page(view, question.method, path, status, label)
    is_html = "html" in str(response.headers.get("Content-Type", ""))
    return Answer(
        audit,
        status,
        location=str(response.headers.get("Location", "")),
        error=_error_of(response),
        html=body.decode(errors="replace") if is_html else "",
        is_known=status != HTTPStatus.NOT_FOUND or match is not None or _resolves(path),
    )


def _host() -> str:
    """Return a host that the site answers to: this machine, else the first one it allows."""
    allowed = settings.ALLOWED_HOSTS or ["localhost"]
    if validate_host("localhost", allowed):
        return "localhost"
    return str(allowed[0]).lstrip(".")


def _resolves(path: str) -> bool:
    try:
        resolve(unquote(path))
    except Resolver404:
        return False
    return True


def _login_path() -> str:
    return urlsplit(resolve_url(settings.LOGIN_URL)).path


@contextmanager
def quiet() -> Iterator[None]:
    """Keep from the log what the command tells itself: what is audited, and what pages raise.

    A site may mail the errors that it logs.
    """
    levels = {name: logging.getLogger(name).level for name in _LOGGERS}
    for name, level in _LOGGERS.items():
        logging.getLogger(name).setLevel(level)
    try:
        yield
        writer.drain()
    finally:
        for name, before in levels.items():
            logging.getLogger(name).setLevel(before)


def _error_of(response: Any) -> str:
    """Return the exception that a page raised, in one line."""
    info = getattr(response, "exc_info", None)
    if not info:
        return ""
    lines = str(info[1]).strip().splitlines()
    return f"{info[0].__name__}: {lines[0]}" if lines else str(info[0].__name__)


def _read(response: Any) -> bytes:
    """Return the body; of a streamed one, which may ask as well, as much as is bounded.

    The client closes it, and keeps connections open meanwhile.
    """
    if not getattr(response, "streaming", False):
        return bytes(response.content)
    content = response.streaming_content
    if isinstance(content, AsyncIterable):
        return async_to_sync(_read_async)(content)
    return _bounded(content, response)


def _bounded(content: Iterable[bytes], response: Any) -> bytes:
    until, parts, size = time.monotonic() + MAX_SECONDS, [], 0
    for part in content:
        parts.append(part)
        size += len(part)
        if size >= MAX_BYTES or time.monotonic() > until:
            response.close()
            break
    return b"".join(parts)


async def _read_async(content: AsyncIterable[bytes]) -> bytes:
    until, parts, size = time.monotonic() + MAX_SECONDS, [], 0
    async for part in content:
        parts.append(part)
        size += len(part)
        if size >= MAX_BYTES or time.monotonic() > until:
            break
    return b"".join(parts)


def _user(name: str) -> Any:
    model = get_user_model()
    field_name = model.USERNAME_FIELD
    found = model._default_manager.filter(**{field_name: name}).first()  # noqa: SLF001
    if found is None:
        try:
            found = model._default_manager.filter(pk=name).first()  # noqa: SLF001
        except (ValueError, ValidationError):
            found = None
    if found is None:
        msg = f"there is no user whose {field_name} or key is {name!r}"
        raise CommandError(msg, returncode=2)
    return found
