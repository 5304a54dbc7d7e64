"""Which processes ended without saying that they stop. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

MEMORY_SECONDS = 3600.0
MAX_CRASHES = 20


class CrashLog:
    """The crashes of the last hour: for each process, when it was last heard, in epoch seconds."""

    def __init__(self) -> None:
        self._crashes: dict[str, float] = {}

    def add(self, process: str, at: float) -> None:
        """Note that a process is not heard any more, although it did not stop."""
        self._crashes.setdefault(process, at)
        while len(self._crashes) > MAX_CRASHES:
            del self._crashes[min(self._crashes, key=self._crashes.__getitem__)]

    def remove(self, process: str) -> None:
        """Note that a process is heard again: it was only silent."""
        self._crashes.pop(process, None)

    def known(self, at: float) -> dict[str, float]:
        """Return the crashes of the last hour that this process knows."""
        return _newer(self._crashes, at)

    def joined(
        self, at: float, others: Iterable[Mapping[str, float]], running: Collection[str]
    ) -> tuple[float, ...]:
        """Return the times that all processes together know, without those of running processes."""
        joined = dict(self._crashes)
        for crashes in others:
            for process, crashed_at in crashes.items():
                joined[process] = min(crashed_at, joined.get(process, crashed_at))
        newer = _newer(joined, at)
        return tuple(sorted(newer[process] for process in newer if process not in running))


def _newer(crashes: Mapping[str, float], at: float) -> dict[str, float]:
    return {name: moment for name, moment in crashes.items() if at - moment < MEMORY_SECONDS}
