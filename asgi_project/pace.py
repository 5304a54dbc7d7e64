"""How much somebody may do: a rate, and ten seconds of it at once."""

from __future__ import annotations

from threading import Lock

BURST = 10.0
"""Seconds of the rate that may be used up in one moment."""
FEW = 1_000
"""Keys that are not worth looking through."""


class Pace:
    """Counts by key, in the memory of this process; another process has its own.

    Of each key it keeps one number, the moment at which all of its allowance is
    back, and forgets the key after that.
    """

    def __init__(self) -> None:
        self._whole_at: dict[str, float] = {}
        self._look_at = FEW
        self._lock = Lock()

    def take(self, key: str, cost: float = 1, *, rate: float, now: float) -> float:
        """Take `cost` of what the key may use and return 0, or the seconds to wait for it.

        `rate` is in units a second, `now` in seconds of any clock. What costs
        more than a burst is let through by a whole one.
        """
        with self._lock:
            whole_at = max(self._whole_at.get(key, now), now) + min(cost / rate, BURST)
            wait = whole_at - now - BURST
            if wait > 0:
                return wait
            self._whole_at[key] = whole_at
            if len(self._whole_at) > self._look_at:
                self._forget(now)
            return 0

    def clear(self) -> None:
        """Forget everybody."""
        with self._lock:
            self._whole_at.clear()

    def __len__(self) -> int:
        return len(self._whole_at)

    def _forget(self, now: float) -> None:
        """Drop who may use everything again; look again when twice as many are here."""
        self._whole_at = {key: at for key, at in self._whole_at.items() if at > now}
        self._look_at = max(FEW, 2 * len(self._whole_at))
