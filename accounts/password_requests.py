"""The requests that hash a password, which costs as much as a hundred others."""

from __future__ import annotations

import re

_API = frozenset(
    {
        ("POST", "/api/api-token-auth"),
        ("POST", "/api/auth/login"),
        ("POST", "/api/auth/password"),
        ("POST", "/api/auth/register"),
        ("POST", "/api/auth/reset"),
        ("POST", "/api/auth/upgrade"),
        ("DELETE", "/api/auth/me"),
    }
)
_ADMIN = re.compile(r"/admin/(?:login|password_change|accounts/user/(?:add|[^/]+/password))")


def hashes_password(method: str, path: str) -> bool:
    """Return whether a request can hash a password."""
    # Django too ignores the case of the method.
    method, path = method.upper(), path.rstrip("/")
    return (method, path) in _API or (method == "POST" and _ADMIN.fullmatch(path) is not None)
