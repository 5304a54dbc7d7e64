"""How often one address may knock at a door where nobody is known yet."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from accounts.lockout import client_network


class SecretLinkThrottle(SimpleRateThrottle):
    """Counts by address, whoever is signed in: links are not to be tried out.

    REST framework's own classes believe any X-Forwarded-For; here the address is
    the one that our proxies vouch for.
    """

    scope = "links"
    rate = "60/min"

    def get_cache_key(self, request: Request, view: APIView) -> str:
        """Return what is counted together."""
        return f"throttle:{self.scope}:{client_network(request._request)}"
