"""How many bytes a request body may have, decided by the end of its path.

An app whose endpoints accept longer bodies says so in `ready()`. The ASGI middleware
and the JSON parser ask here, so neither of them knows the paths of an app.
"""

from __future__ import annotations

from django.conf import settings

_limits: dict[str, int] = {}


def allow(suffix: str, max_bytes: int) -> None:
    """Accept bodies of up to `max_bytes` on every path that ends with `suffix`."""
    _limits[suffix] = max_bytes


def limit_for(path: str) -> int:
    """Return the maximum number of bytes for `path`; DATA_UPLOAD_MAX_MEMORY_SIZE by default."""
    allowed = (limit for suffix, limit in _limits.items() if path.endswith(suffix))
    return next(allowed, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
