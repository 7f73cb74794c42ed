"""Ask pages of the site from the command line, and take back what they write."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management import CommandError
from django.db import OperationalError, connections, transaction
from django.test import Client
from django.urls import Resolver404, resolve

from queryaudit.auditing import Audit

SAFE: Final = ("GET", "HEAD", "OPTIONS")
# What a rollback does not reach.
KEPT: Final = "mail, caches, files, DynamoDB and what async views write by other connections"


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
    """What came, with its audit."""

    audit: Audit
    status: int
    location: str  # where a redirect leads, else nothing


def client_of(user: str | None) -> Client:
    """Return a client, logged in as the user with that key or name. Raises CommandError."""
    client = Client(raise_request_exception=False)
    if user is not None:
        client.force_login(_user(user))
    return client


def ask(
    client: Client,
    question: Question,
    *,
    deep: bool = False,
    explain: bool = False,
    text_of: Callable[[str, str], object] | None = None,
) -> Answer:
    """Ask one page and audit it; ``text_of`` is told its path and, of HTML, its text.

    Raises CommandError where no address of the site fits.
    """
    path = question.path.partition("?")[0]
    try:
        resolve(path)
    except Resolver404:
        msg = f"{path} is no address of this site"
        raise CommandError(msg, returncode=2) from None
    label = f"{question.method} {question.path}"
    with _quiet(), Audit(label=label, deep=deep, explain=explain, raise_=False) as audit:
        response: Any = client.generic(
            question.method,
            question.path,
            question.data,
            content_type=question.content_type,
            headers=dict(question.headers),
        )
        body = _read(response)
    if text_of is not None and "html" in str(response.headers.get("Content-Type", "")):
        text_of(question.path, body.decode(errors="replace"))
    match = getattr(response, "resolver_match", None)
    view = getattr(match, "view_name", "") or ""
    audit.describe(view=view, method=question.method, path=path, status=int(response.status_code))
    audit.label = label
    return Answer(audit, int(response.status_code), str(response.headers.get("Location", "")))


@contextmanager
def taken_back(*, commit: bool) -> Iterator[None]:
    """Roll back what the block writes on every database, unless ``commit``."""
    opened: list[str] = []
    with ExitStack() as stack:
        if not commit:
            for alias in connections:
                # A database that cannot be reached is written by no page either.
                with suppress(OperationalError):
                    stack.enter_context(transaction.atomic(using=alias))
                    opened.append(alias)
        try:
            yield
        finally:
            for alias in opened:
                transaction.set_rollback(True, using=alias)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the middleware from telling the log what the command tells."""
    logger = logging.getLogger("queryaudit")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _read(response: Any) -> bytes:
    """Return the body; a streamed one is read to its end, which may ask as well.

    The client closes it, and keeps connections open meanwhile.
    """
    is_streamed = getattr(response, "streaming", False)
    return bytes(b"".join(response.streaming_content) if is_streamed else response.content)


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
