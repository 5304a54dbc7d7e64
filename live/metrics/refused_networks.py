"""Throttled requests and failed sign-ins by network, for a bounded number of networks. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from operator import attrgetter

from live.protocol.frames import NetworkRow

MAX_NETWORKS = 100
"""Networks that are counted one by one in one process."""
MAX_SHOWN = 50
OTHER_NETWORKS = "other"


class RefusedNetworks:
    """Counts by network. The one that was not seen for the longest time joins all others."""

    def __init__(self, max_rows: int = MAX_NETWORKS) -> None:
        self._max_rows = max_rows
        # In the order of `newest`.
        self._rows: dict[str, NetworkRow] = {}
        self._others: NetworkRow | None = None

    def add(self, network: str, at: datetime, *, throttled: int, failed_sign_ins: int) -> None:
        """Add what one request counts."""
        row = NetworkRow(
            network=network, throttled=throttled, failed_sign_ins=failed_sign_ins, newest=at
        )
        before = self._rows.pop(network, None)
        self._rows[network] = _sum(network, filter(None, (before, row)))
        if len(self._rows) > self._max_rows:
            oldest = self._rows.pop(next(iter(self._rows)))
            self._others = _sum(OTHER_NETWORKS, filter(None, (self._others, oldest)))

    def rows(self) -> tuple[NetworkRow, ...]:
        """Return a row for each network, newest first, and one for all others."""
        others = () if self._others is None else (self._others,)
        return (*reversed(self._rows.values()), *others)


def merged(rows: Iterable[NetworkRow]) -> tuple[NetworkRow, ...]:
    """Return the rows of several processes as one for each network, newest first."""
    by_network: dict[str, list[NetworkRow]] = {}
    for row in rows:
        by_network.setdefault(row.network, []).append(row)
    others = by_network.pop(OTHER_NETWORKS, [])
    sums = [_sum(network, group) for network, group in by_network.items()]
    sums.sort(key=attrgetter("newest"), reverse=True)
    others += sums[MAX_SHOWN:]
    return (*sums[:MAX_SHOWN], *([_sum(OTHER_NETWORKS, others)] if others else ()))


def _sum(network: str, rows: Iterable[NetworkRow]) -> NetworkRow:
    group = list(rows)
    return NetworkRow(
        network=network,
        throttled=sum(row.throttled for row in group),
        failed_sign_ins=sum(row.failed_sign_ins for row in group),
        newest=max(row.newest for row in group),
    )
