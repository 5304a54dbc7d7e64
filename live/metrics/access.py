"""Who may read the metrics of the installation."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.request import split_domain_port
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from rest.client_address import PROXY_KEY

LOCAL_ADDRESSES = ("127.0.0.1", "::1")
LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")
PROXY_HEADERS = ("forwarded", "via", "x-real-ip", "x-client-ip", "true-client-ip")
PROXY_HEADER_PREFIXES = ("x-forwarded-", "cf-")


def is_local(request: HttpRequest) -> bool:
    """Tell whether a program on this machine asks for itself.

    A proxy on this machine connects from here, too, for anybody. So a request that came from
    a trusted proxy, that names another host, or that has a header of a proxy, is not local.
    Without a trusted proxy, REMOTE_ADDR is the address of the connection itself.
    """
    host, _ = split_domain_port(request.META.get("HTTP_HOST", ""))
    return (
        PROXY_KEY not in getattr(request, "scope", {})
        and request.META.get("REMOTE_ADDR") in LOCAL_ADDRESSES
        and host in LOCAL_HOSTS
        and not any(map(_is_of_a_proxy, request.headers))
    )


def _is_of_a_proxy(header: str) -> bool:
    name = header.lower()
    return name in PROXY_HEADERS or name.startswith(PROXY_HEADER_PREFIXES)


class IsLocalOrHasToken(BasePermission):
    """A token of the scope `metrics`, or a program on this machine."""

    message = "Create a token with the scope metrics, or ask on the machine itself."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether the caller may read the metrics."""
        return request.auth is not None or is_local(request._request)
