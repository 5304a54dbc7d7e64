"""Security headers for every response."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

GetResponse = Callable[[HttpRequest], HttpResponseBase]

DEFAULT_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; manifest-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
# Our own pages also forbid to turn strings into code. The admin and the API
# documentation use libraries that still do so.
APP_CSP = (
    f"{DEFAULT_CSP}; worker-src 'self'; require-trusted-types-for 'script'; "
    "trusted-types svelte-trusted-html trolley"
)
DEFAULT_HEADERS = {
    "Content-Security-Policy": DEFAULT_CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def add_security_headers(response: HttpResponseBase, *, path: str) -> HttpResponseBase:
    """Add the headers that are missing; a header that a view has set is kept."""
    for name, value in DEFAULT_HEADERS.items():
        response.headers.setdefault(name, value)
    if path.startswith("/api/"):
        response.headers.setdefault("Cache-Control", "no-store")
    return response


class SecurityHeadersMiddleware:
    """Adds security headers. It is the outermost, to cover static files, errors and the admin.

    Django itself adds Strict-Transport-Security, under https only.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the response with its security headers."""
        return add_security_headers(self.get_response(request), path=request.path_info)
