"""Who has to wait after wrong passwords: by name and address, and by address alone.

django-axes counts the first and keeps it in the database. The second is a net
against one address that tries many names; it is kept in memory.
"""

from __future__ import annotations

import time
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.signals import user_login_failed
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone

WINDOW = int(settings.AXES_COOLOFF_TIME.total_seconds())


def username(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """Return the name that axes counts: in one case, as sign-in ignores it too."""
    given = (credentials or request.POST).get("username")
    return str(given or "").lower()


class AddressLockoutBackend(BaseBackend):
    """Lets nobody in; turns away addresses with too many failures."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> None:
        """Raise PermissionDenied, which ends the search for a backend."""
        if request is None:
            return
        if cache.get(_key(request), 0) >= settings.SIGNIN_FAILURES_PER_ADDRESS:
            request.axes_locked_out = True  # type: ignore[attr-defined]
            raise PermissionDenied


def connect() -> None:
    """Begin to count failures."""
    user_login_failed.connect(on_login_failed, dispatch_uid="accounts.lockout")


def on_login_failed(request: HttpRequest | None = None, **_: Any) -> None:
    """Add a failure to the address that it came from."""
    if request is not None:
        key = _key(request)
        cache.add(key, 0, WINDOW)
        try:
            cache.incr(key)
        except ValueError:
            # The cache was full, and this count the one that it threw out.
            cache.set(key, 1, WINDOW)


def _key(request: HttpRequest) -> str:
    return f"signin-failures:{client_network(request)}:{int(time.time()) // WINDOW}"


def client_network(request: HttpRequest) -> str:
    """Return the address, or the /64 that one IPv6 customer can choose from."""
    given = request.META.get("REMOTE_ADDR") or "0.0.0.0"  # noqa: S104  (a unix socket has none)
    address = ip_address(given)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return str(address)


def seconds_left(request: HttpRequest) -> int:
    """Return how long a request that was locked out has to wait."""
    credentials = getattr(request, "axes_credentials", None)
    latest = (
        AccessAttempt.objects.filter(
            username=username(request, credentials), ip_address=request.META.get("REMOTE_ADDR")
        )
        .order_by("-attempt_time")
        .first()
    )
    if latest is None:
        return WINDOW - int(time.time()) % WINDOW
    left = latest.attempt_time + settings.AXES_COOLOFF_TIME - timezone.now()
    return max(1, int(left.total_seconds()) + 1)
