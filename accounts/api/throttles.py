"""Rate limit per client address for unauthenticated endpoints."""

from __future__ import annotations

from datetime import timedelta

from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from accounts.attempt_counts import AttemptCounter
from rest.client_address import client_network

MAX_LINKS = 60
"""Secrets of links that one address may try in a minute."""

_counter = AttemptCounter("links", window=timedelta(minutes=1))


class SecretLinkThrottle(BaseThrottle):
    """Counts by address, with and without a user, so that no client can guess secrets of links.

    The count is one for all processes.
    """

    def __init__(self) -> None:
        self._client = ""

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Return whether the address may try one more secret. A refused request writes nothing."""
        if request.method in SAFE_METHODS:  # it tries no secret, and must not write
            return True
        self._client = client_network(request._request)
        if _counter.current(self._client) >= MAX_LINKS:
            return False
        return _counter.add(self._client) <= MAX_LINKS

    def wait(self) -> float:
        """Return the seconds until the address may try again."""
        return _counter.seconds_left(self._client)
