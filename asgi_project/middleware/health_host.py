"""Health checks by any host name: what probes a container knows its address, not its name."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

HEALTH_PATHS = ("/healthz", "/readyz", "/api/live/connection/")
"""The last one says which host arrived, so it must answer under a wrong one."""
ALLOWED_HOST = "localhost"
"""Always among ALLOWED_HOSTS (settings.py)."""


class HealthHostMiddleware:
    """Replaces the host of health checks. Their responses contain no address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Handle the request under a host that is allowed."""
        if request.path_info in HEALTH_PATHS:
            request.META["HTTP_HOST"] = ALLOWED_HOST
        return self.get_response(request)
