"""Rate limit per client address for unauthenticated endpoints."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from rest.client_address import client_network


class SecretLinkThrottle(SimpleRateThrottle):
    """Counts by address, with and without a user, so that no client can guess secrets of links.

    REST framework's own classes trust any X-Forwarded-For. Here only trusted proxies
    decide about the address.
    """

    scope = "links"
    rate = "60/min"

    def get_cache_key(self, request: Request, view: APIView) -> str:
        """Return the key whose requests are counted together."""
        return f"throttle:{self.scope}:{client_network(request._request)}"
