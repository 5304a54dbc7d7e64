"""What Django knows of a request, read without a query and from any thread."""

from __future__ import annotations

from typing import Any

from django.utils.functional import LazyObject, empty

from live.metrics.url_patterns import shown_pattern


def route_of(request: Any) -> str | None:
    """Return the URL pattern of a request; None as long as no view was looked for."""
    match = request.resolver_match
    return None if match is None else shown_pattern(match.route)


def user_of(request: Any) -> str | None:
    """Return the name of the user; None for a stranger, and as long as nothing asked for it."""
    user = request.__dict__.get("user")
    if isinstance(user, LazyObject) and user.__dict__.get("_wrapped", empty) is empty:
        return None
    if user is None or not user.is_authenticated:
        return None
    return str(user.name or user.username)
