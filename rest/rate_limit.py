"""Rate limits with a burst, by the generic cell rate algorithm (GCRA). No Django.

GCRA allows exactly what a token bucket allows, and stores one number for each key:
the theoretical arrival time (TAT), which is the moment at which the bucket is full
again. No timer refills a bucket. Every clock is passed in, in seconds.
"""

from __future__ import annotations

from threading import Lock

BURST_SECONDS = 10.0
"""A key of RateLimiter may use the allowance of this many seconds at once."""
MIN_PRUNE_SIZE = 1_000
"""RateLimiter does not search fewer keys than these for full buckets."""
_ROUNDING = 1e-7
"""Sums of floating point numbers differ from the exact ones by less than these seconds."""


def _conform(
    tat: float, cost_seconds: float, burst_seconds: float, now: float
) -> tuple[float, float]:
    """Return the next TAT and the seconds to wait, which are 0 if the request conforms.

    A cost that exceeds the burst takes the whole burst.
    """
    next_tat = max(tat, now) + min(cost_seconds, burst_seconds)
    wait = next_tat - now - burst_seconds
    return (tat, wait) if wait > _ROUNDING else (next_tat, 0.0)


class TokenBucket:
    """The limit of one key: `burst` units at once, and `rate` units a second after that."""

    __slots__ = ("_burst_seconds", "_rate", "_tat")

    def __init__(self, *, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst_seconds = burst / rate
        self._tat = float("-inf")

    def take(self, now: float, cost: float = 1) -> bool:
        """Take `cost` units; return False, and take nothing, if there are fewer."""
        self._tat, wait = _conform(self._tat, cost / self._rate, self._burst_seconds, now)
        return not wait

    def has(self, now: float, cost: float = 1) -> bool:
        """Tell whether `cost` units could be taken."""
        _, wait = _conform(self._tat, cost / self._rate, self._burst_seconds, now)
        return not wait

    def is_full(self, now: float) -> bool:
        """Tell whether the whole burst may be taken."""
        return self._tat <= now


class RateLimiter:
    """The limits of many keys, in the memory of this process. Each process has its own.

    A key may use the allowance of `burst_seconds` at once. Keys whose bucket is full
    again are deleted.
    """

    def __init__(self, burst_seconds: float = BURST_SECONDS) -> None:
        self._burst_seconds = burst_seconds
        self._tats: dict[str, float] = {}
        self._prune_above = MIN_PRUNE_SIZE
        self._lock = Lock()

    def take(self, key: str, cost: float = 1, *, rate: float, now: float) -> float:
        """Take `cost` units of the key and return 0, or return the seconds to wait.

        `rate` is in units a second. A request that has to wait takes nothing.
        """
        with self._lock:
            tat, wait = _conform(self._tats.get(key, now), cost / rate, self._burst_seconds, now)
            if not wait:
                self._set(key, tat, now)
            return wait

    def wait(self, key: str, cost: float = 1, *, rate: float, now: float) -> float:
        """Return the seconds after which `take` would succeed. It takes nothing."""
        return _conform(self._tats.get(key, now), cost / rate, self._burst_seconds, now)[1]

    def refund(self, key: str, cost: float = 1, *, rate: float) -> None:
        """Give back `cost` units that were taken for another key's request."""
        with self._lock:
            if key in self._tats:
                self._tats[key] -= cost / rate

    def charge(self, key: str, cost: float, *, rate: float, now: float) -> None:
        """Take `cost` units for work that is done: the next requests wait for them.

        However large the cost, they wait for two bursts at most.
        """
        with self._lock:
            tat = max(self._tats.get(key, now), now) + cost / rate
            self._set(key, min(tat, now + 2 * self._burst_seconds), now)

    def clear(self) -> None:
        """Delete all keys."""
        with self._lock:
            self._tats.clear()

    def __len__(self) -> int:
        return len(self._tats)

    def _set(self, key: str, tat: float, now: float) -> None:
        self._tats[key] = tat
        if len(self._tats) > self._prune_above:
            self._prune(now)

    def _prune(self, now: float) -> None:
        """Delete the keys whose bucket is full; search again at twice the remaining size."""
        self._tats = {key: tat for key, tat in self._tats.items() if tat > now}
        self._prune_above = max(MIN_PRUNE_SIZE, 2 * len(self._tats))
