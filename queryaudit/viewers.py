"""Who may see audits: the setting ``VIEWERS``."""

import ipaddress
import socket
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from queryaudit import conf
from queryaudit.errors import log_once

# Docker and Podman put these into their containers.
_CONTAINER_MARKS: Final = (Path("/.dockerenv"), Path("/run/.containerenv"))


def may_view(request: HttpRequest) -> bool:
    """Return whether this request's sender may see audits.

    Without the setting: while DEBUG is on the same machine, INTERNAL_IPS and a
    container's gateway, else active staff. Only a user that the request has loaded
    already is looked at, so that asking makes no query and varies no response.
    """
    # Where AuthenticationMiddleware keeps the user that it has loaded.
    user = request.__dict__.get("_cached_user") or request.__dict__.get("_acached_user")
    return _is_viewer(request, user)


def may_open(request: HttpRequest) -> bool:
    """Return the same for a page of our own, which loads the user itself."""
    return _is_viewer(request, SimpleLazyObject(lambda: getattr(request, "user", None)))


def _is_viewer(request: HttpRequest, user: Any) -> bool:
    path = conf.get().viewers
    if path is not None:
        try:
            answer = conf.function_at(path)(request)
            if not isinstance(answer, bool):
                # A coroutine or a response is true as well.
                msg = f"{path} answers {type(answer).__name__}; allowed: True or False"
                raise TypeError(msg)  # noqa: TRY301  # told like all else that it does wrong
            return answer
        except Exception:  # noqa: BLE001
            log_once(f"asking VIEWERS, {path}")
            return False
    if settings.DEBUG:
        return _is_near(str(request.META.get("REMOTE_ADDR", "")))
    # A site's own user model need not have these.
    return bool(user and getattr(user, "is_active", False) and getattr(user, "is_staff", False))


def _is_near(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:  # a Unix socket has no address
        return False
    mapped = getattr(found, "ipv4_mapped", None)  # what a server of both protocols sees
    is_loopback = (mapped or found).is_loopback
    address = str(mapped or found)
    return is_loopback or address in settings.INTERNAL_IPS or address in _gateways()


@cache
def _gateways() -> frozenset[str]:
    """Return the addresses of the host, seen from a container: by convention the first ones."""
    if not any(mark.exists() for mark in _CONTAINER_MARKS):
        return frozenset()
    try:
        addresses = socket.gethostbyname_ex(socket.gethostname())[2]
    except OSError:
        return frozenset()
    return frozenset(
        address.rpartition(".")[0] + ".1"
        for address in addresses
        if ipaddress.ip_address(address).is_private
    )
