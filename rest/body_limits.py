"""How many bytes a request body may have, decided by its path.

An app whose endpoints accept longer bodies says so in `ready()`. The servers, the ASGI
middleware and the JSON parser ask here, so none of them knows the paths of an app.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.conf import settings

_limits: dict[re.Pattern[str], int] = {}


def allow(path: str, max_bytes: int) -> None:
    """Accept bodies of up to `max_bytes` on the paths that this regular expression matches."""
    _limits[re.compile(path)] = max_bytes


def limit_for(path: str) -> int:
    """Return the maximum number of bytes for `path`; DATA_UPLOAD_MAX_MEMORY_SIZE by default."""
    allowed = (limit for pattern, limit in _limits.items() if pattern.fullmatch(path))
    return next(allowed, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


def limit_for_request(path: str, headers: Iterable[tuple[bytes, bytes]]) -> int:
    """Return the limit before it is known who sends the request.

    The longer bodies are for users, so a request needs something that could prove one.
    """
    default: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    limit = limit_for(path)
    return limit if limit == default or _has_credential(headers) else default


def _has_credential(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    session = settings.SESSION_COOKIE_NAME.encode() + b"="
    for name, value in headers:
        cookies = value.split(b";") if name == b"cookie" else []
        if name == b"authorization" or any(c.strip().startswith(session) for c in cookies):
            return True
    return False
