"""A request that only reads is handled again if its database connection was lost meanwhile.

Connections are checked before a request uses them (asgi_project/postgresql/base.py), but
the server may still end them during the request. Nothing was sent to the client yet, and
a second reading has no other effect. A request that writes gets its 503.
"""

from __future__ import annotations

from django.http import HttpRequest

from rest.database_errors import Trouble

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def is_due(request: HttpRequest) -> bool:
    """Tell whether this request should be handled again."""
    trouble = getattr(request, "database_trouble", None)
    return trouble is Trouble.CONNECTION_LOST and request.method in SAFE_METHODS
