"""How many file descriptors this process may have open."""

from __future__ import annotations

import contextlib
import resource

from asgi_project.serving.connection_table import RESERVED_DESCRIPTORS

MAX_USEFUL_LIMIT = 1_048_576


def raise_limit() -> int:
    """Raise the soft limit to the hard one, and return it.

    The usual soft limit of 1024 is for programs that call select(), as our servers do not.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_USEFUL_LIMIT if hard == resource.RLIM_INFINITY else min(hard, MAX_USEFUL_LIMIT)
    if wanted > soft:
        with contextlib.suppress(OSError, ValueError):  # macOS has a lower limit of its own
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def max_client_descriptor(limit: int) -> int:
    """Return the first descriptor that no client gets; at least half are for clients."""
    return max(limit - RESERVED_DESCRIPTORS, limit // 2)
