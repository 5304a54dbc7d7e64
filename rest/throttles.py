"""Rate limits per user, for reading and for writing requests."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from django.conf import settings
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from rest.client_address import client_network
from rest.rate_limit import RateLimiter

if TYPE_CHECKING:  # the views import this module
    from rest_framework.views import APIView

BYTES_PER_WRITE = 64 * 1024
"""A body counts as one more write for each of these bytes."""

reads, writes = RateLimiter(), RateLimiter()


class UserRateThrottle(BaseThrottle):
    """Counts by user, over all their sessions and tokens; by address without a user.

    The counts are in memory, because a limit must not cost a query. So each process
    has its own counts and its own limit.
    """

    def __init__(self) -> None:
        self._wait = 0.0

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Return whether the request is within the limit."""
        safe = request.method in SAFE_METHODS
        rate = settings.READS_PER_SECOND if safe else settings.WRITES_PER_SECOND
        if rate:
            limiter, cost = (reads, 1) if safe else (writes, _cost(request))
            self._wait = limiter.take(_rate_key(request), cost, rate=rate, now=monotonic())
        return self._wait == 0

    def wait(self) -> float:
        """Return the seconds after which the same request is within the limit."""
        return self._wait


def _rate_key(request: Request) -> str:
    if request.user and request.user.is_authenticated:
        return f"user:{request.user.pk}"
    return f"address:{client_network(request._request)}"


def _cost(request: Request) -> int:
    length = request.META.get("CONTENT_LENGTH") or "0"
    return 1 + (int(length) // BYTES_PER_WRITE if length.isdecimal() else 0)
