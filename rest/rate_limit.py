"""How much somebody may do: a rate, and ten seconds of it at once."""

from __future__ import annotations

from threading import Lock

BURST_SECONDS = 10.0
"""Seconds of the rate that may be used up in one moment."""
MIN_PRUNE_SIZE = 1_000
"""Keys that are not worth looking through."""


class RateLimiter:
    """Counts by key, in the memory of this process; another process has its own.

    Of each key it keeps one number, the moment at which all of its allowance is
    back, and forgets the key after that.
    """

    def __init__(self) -> None:
        self._full_at: dict[str, float] = {}
        self._prune_above = MIN_PRUNE_SIZE
        self._lock = Lock()

    def take(self, key: str, cost: float = 1, *, rate: float, now: float) -> float:
        """Take `cost` of what the key may use and return 0, or the seconds to wait for it.

        `rate` is in units a second, `now` in seconds of any clock. What costs
        more than a burst is let through by a whole one.
        """
        with self._lock:
            whole_at = max(self._full_at.get(key, now), now) + min(cost / rate, BURST_SECONDS)
            wait = whole_at - now - BURST_SECONDS
            if wait > 0:
                return wait
            self._full_at[key] = whole_at
            if len(self._full_at) > self._prune_above:
                self._prune(now)
            return 0

    def clear(self) -> None:
        """Forget everybody."""
        with self._lock:
            self._full_at.clear()

    def __len__(self) -> int:
        return len(self._full_at)

    def _prune(self, now: float) -> None:
        """Drop who may use everything again; look again when twice as many are here."""
        self._full_at = {key: at for key, at in self._full_at.items() if at > now}
        self._prune_above = max(MIN_PRUNE_SIZE, 2 * len(self._full_at))
