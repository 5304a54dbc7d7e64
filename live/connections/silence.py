"""How many sockets a process keeps open for tests of silence, in all and of one network. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

MAX_SILENT_SOCKETS = 20
MAX_SILENT_SOCKETS_PER_NETWORK = 2
MAX_SILENCE = 90.0
"""Seconds that one test may ask for."""


class SilentSockets:
    """Counts the sockets that are silent on purpose: anybody may open one."""

    def __init__(self) -> None:
        self._count: Counter[str] = Counter()

    @contextmanager
    def admit(self, network: str) -> Iterator[bool]:
        """Count a socket while the context is open; the value is False if there are too many."""
        is_admitted = (
            self._count[network] < MAX_SILENT_SOCKETS_PER_NETWORK
            and self._count.total() < MAX_SILENT_SOCKETS
        )
        self._count[network] += is_admitted
        try:
            yield is_admitted
        finally:
            self._count[network] -= is_admitted
            if not self._count[network]:
                del self._count[network]
