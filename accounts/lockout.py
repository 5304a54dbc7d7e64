"""Lockout after wrong passwords: by name and address, and by address alone.

django-axes counts by name and address. The count by address alone is ours. It stops a
client that tries many names; axes has one limit for all of its parameters, and this one
has to be higher. Both counts are in the database, so they are the same for all processes.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.signals import user_login_failed
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone

from accounts.attempt_counts import AttemptCounter
from rest.client_address import client_network, first_address
from rest.text import fold_case

RETENTION = timedelta(days=30)
"""How long failed sign-ins are kept. They name what people typed, sometimes a password."""
MAX_NAME_LENGTH = 255
"""Characters of a name in the table of axes."""

_failures = AttemptCounter("sign-in", window=settings.AXES_COOLOFF_TIME)


def username(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """Return the name that axes counts: the key by which the sign-in finds a user."""
    name = (credentials or request.POST).get("username")
    return fold_case(str(name or "")[:MAX_NAME_LENGTH])[:MAX_NAME_LENGTH]


class AddressLockoutBackend(BaseBackend):
    """Authenticates no user; it rejects addresses with too many failures."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> None:
        """Raise PermissionDenied for such an address, so that no other backend is tried."""
        if request is None:
            return
        failures = _failures.current(client_network(request))
        if failures >= settings.SIGNIN_FAILURES_PER_ADDRESS:
            request.axes_locked_out = True  # type: ignore[attr-defined]
            raise PermissionDenied


def connect() -> None:
    """Connect the receiver that counts failures."""
    user_login_failed.connect(on_login_failed, dispatch_uid="accounts.lockout")


def on_login_failed(request: HttpRequest | None = None, **_: Any) -> None:
    """Count the failure for the client's address."""
    if request is not None:
        _failures.add(client_network(request))


def seconds_left(request: HttpRequest) -> int:
    """Return how many seconds a locked out request has to wait."""
    credentials = getattr(request, "axes_credentials", None)
    latest = (
        AccessAttempt.objects.filter(
            username=username(request, credentials), ip_address=first_address(request)
        )
        .order_by("-attempt_time")
        .first()
    )
    if latest is None:
        return max(1, _failures.seconds_left(client_network(request)))
    remaining = latest.attempt_time + settings.AXES_COOLOFF_TIME - timezone.now()
    return max(1, int(remaining.total_seconds()) + 1)


def delete_old() -> int:
    """Delete what is stored about sign-ins before RETENTION; return how many rows."""
    cutoff = timezone.now() - RETENTION
    tables = (AccessAttempt, AccessFailureLog, AccessLog)
    return sum(table.objects.filter(attempt_time__lt=cutoff).delete()[0] for table in tables)
