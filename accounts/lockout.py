"""Lockout after wrong passwords: by name and address, and by address alone.

django-axes counts by name and address, in the database. The count by address alone
is in the cache. It stops a client that tries many names; axes has one limit for all
of its parameters, and this one has to be higher.
"""

from __future__ import annotations

import time
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.signals import user_login_failed
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone

from rest.client_address import client_network

WINDOW = int(settings.AXES_COOLOFF_TIME.total_seconds())


def username(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """Return the name that axes counts, in lower case, because the sign-in ignores case."""
    name = (credentials or request.POST).get("username")
    return str(name or "").lower()


class AddressLockoutBackend(BaseBackend):
    """Authenticates no user; it rejects addresses with too many failures."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> None:
        """Raise PermissionDenied for such an address, so that no other backend is tried."""
        if request is None:
            return
        if cache.get(_key(request), 0) >= settings.SIGNIN_FAILURES_PER_ADDRESS:
            request.axes_locked_out = True  # type: ignore[attr-defined]
            raise PermissionDenied


def connect() -> None:
    """Connect the receiver that counts failures."""
    user_login_failed.connect(on_login_failed, dispatch_uid="accounts.lockout")


def on_login_failed(request: HttpRequest | None = None, **_: Any) -> None:
    """Count the failure for the client's address."""
    if request is not None:
        key = _key(request)
        cache.add(key, 0, WINDOW)
        try:
            cache.incr(key)
        except ValueError:
            # The cache was full and has evicted this count.
            cache.set(key, 1, WINDOW)


def _key(request: HttpRequest) -> str:
    return f"signin-failures:{client_network(request)}:{int(time.time()) // WINDOW}"


def seconds_left(request: HttpRequest) -> int:
    """Return how many seconds a locked out request has to wait."""
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
    remaining = latest.attempt_time + settings.AXES_COOLOFF_TIME - timezone.now()
    return max(1, int(remaining.total_seconds()) + 1)
