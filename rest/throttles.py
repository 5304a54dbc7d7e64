"""How many requests one person may send: reads and writes, each at a pace."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from django.conf import settings
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts.lockout import client_network
from rest.rate_limit import RateLimiter

if TYPE_CHECKING:  # the views import this module
    from rest_framework.views import APIView

BYTES_PER_WRITE = 64 * 1024
"""Bytes of a body that count as a write of their own."""

reads, writes = RateLimiter(), RateLimiter()


class UserRateThrottle(BaseThrottle):
    """Counts by person, whatever session or token they use, and strangers by address.

    The counts are in memory: a limit must not cost a query. So each process of
    several has its own, and lets its own share through.
    """

    def __init__(self) -> None:
        self._wait = 0.0

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Tell whether the request may go on."""
        safe = request.method in SAFE_METHODS
        rate = settings.READS_PER_SECOND if safe else settings.WRITES_PER_SECOND
        if rate:
            pace, cost = (reads, 1) if safe else (writes, _cost(request))
            self._wait = pace.take(_rate_key(request), cost, rate=rate, now=monotonic())
        return self._wait == 0

    def wait(self) -> float:
        """Return the seconds until the same request would be let through."""
        return self._wait


def _rate_key(request: Request) -> str:
    if request.user and request.user.is_authenticated:
        return f"person:{request.user.pk}"
    return f"address:{client_network(request._request)}"


def _cost(request: Request) -> int:
    length = request.META.get("CONTENT_LENGTH") or "0"
    return 1 + (int(length) // BYTES_PER_WRITE if length.isdecimal() else 0)
