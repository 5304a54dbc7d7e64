"""How many new sockets one process admits, and when refused clients may retry. Pure."""

from __future__ import annotations

from collections import Counter

from rest.rate_limit import TokenBucket

BURST_SECONDS = 2.0
"""Seconds of the rate that may be admitted at the same moment."""
NETWORK_SHARE = 0.1
"""The part of the rate that one network of strangers gets."""
NETWORK_BURST_SECONDS = 4.0
"""Seconds of its part that one network may use at the same moment."""
BARE_SHARE = 0.5
"""The part of the rate that handshakes without a credential get together."""
WRONG_CREDENTIAL_COST = 5
"""A handshake whose credential is wrong counts as so many: it costs a query."""
MAX_BARE_SOCKETS = 100
"""Sockets of a process that have not authenticated, and had no credential in the handshake."""
MAX_BARE_SOCKETS_PER_NETWORK = 10
"""Those of one network."""
MIN_RETRY = 1.0
"""Seconds after which the first refused client may retry."""
MAX_RETRY = 30.0
"""Seconds after which every refused client may retry."""
MIN_PRUNE_SIZE = 1_000
"""AdmissionControl does not search fewer networks than these for idle ones."""


class _Share:
    """A limit, and the times at which its refused clients may retry.

    They are spread at the same rate, so that clients do not all come back at the same
    moment.
    """

    __slots__ = ("_interval", "_last_retry_at", "bucket")

    def __init__(self, *, rate: float, burst_seconds: float) -> None:
        self.bucket = TokenBucket(rate=rate, burst=max(1.0, burst_seconds * rate))
        self._interval = 1 / rate
        self._last_retry_at = float("-inf")

    def take(self, now: float) -> float | None:
        """Take one unit and return None, or return the seconds after which to retry."""
        return None if self.bucket.take(now) else self._retry_in(now)

    def check(self, now: float) -> float | None:
        """Like `take`, but take nothing."""
        return None if self.bucket.has(now) else self._retry_in(now)

    def _retry_in(self, now: float) -> float:
        retry_at = max(max(self._last_retry_at, now) + self._interval, now + MIN_RETRY)
        self._last_retry_at = min(retry_at, now + MAX_RETRY)
        return round(self._last_retry_at - now, 2)

    def is_idle(self, now: float) -> bool:
        """Tell whether nothing of the limit is used."""
        return self.bucket.is_full(now) and self._last_retry_at <= now


class AdmissionControl:
    """Admits at most `rate` new sockets a second, so that existing ones are not starved.

    A stranger must not keep members out. So each network has a limit of its own, and a
    part of the rate is left for handshakes with a credential. The limit of a network counts
    handshakes without a credential, and those whose credential was wrong; the others need
    some of it to be left. A credential that was valid a moment ago (`is_known`) is limited
    by the rate alone. The clock is passed in, in seconds. It reads no credential.
    """

    def __init__(self, *, rate: float) -> None:
        self._rate = rate
        self._all = _Share(rate=rate, burst_seconds=BURST_SECONDS)
        self._bare = _Share(rate=rate * BARE_SHARE, burst_seconds=BURST_SECONDS)
        self._networks: dict[str, _Share] = {}
        self._bare_sockets: Counter[str] = Counter()
        self._prune_above = MIN_PRUNE_SIZE

    def admit(
        self, now: float, network: str, *, has_credential: bool = False, is_known: bool = False
    ) -> float | None:
        """Return None if the socket is admitted, else the seconds after which to retry."""
        share = self._network(network, now)
        if has_credential:
            retry_in = None if is_known else share.check(now)
        elif not self._has_room(network):
            retry_in = MIN_RETRY
        else:
            retry_in = share.take(now)
            if retry_in is None:
                retry_in = self._bare.take(now)
        return self._all.take(now) if retry_in is None else retry_in

    def add_bare_socket(self, network: str) -> None:
        """Count an admitted socket that has not authenticated."""
        self._bare_sockets[network] += 1

    def remove_bare_socket(self, network: str) -> None:
        """Stop counting a socket that has authenticated or is closed."""
        self._bare_sockets[network] -= 1
        if not self._bare_sockets[network]:
            del self._bare_sockets[network]

    def credential_was_wrong(self, now: float, network: str) -> None:
        """Count a socket of this network several times."""
        for _ in range(WRONG_CREDENTIAL_COST):  # as many as there are
            self._network(network, now).bucket.take(now)

    def _has_room(self, network: str) -> bool:
        return (
            self._bare_sockets[network] < MAX_BARE_SOCKETS_PER_NETWORK
            and self._bare_sockets.total() < MAX_BARE_SOCKETS
        )

    def _network(self, network: str, now: float) -> _Share:
        share = self._networks.get(network)
        if share is None:
            if len(self._networks) >= self._prune_above:
                self._prune(now)
            share = self._networks[network] = _Share(
                rate=self._rate * NETWORK_SHARE, burst_seconds=NETWORK_BURST_SECONDS
            )
        return share

    def _prune(self, now: float) -> None:
        """Delete the idle networks; search again at twice the remaining size."""
        used = {key: share for key, share in self._networks.items() if not share.is_idle(now)}
        self._networks = used
        self._prune_above = max(MIN_PRUNE_SIZE, 2 * len(used))
