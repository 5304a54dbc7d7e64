"""What became of handshakes that carried the id of a probe.

A browser does not tell its page why a handshake failed. So the page adds a random id to the
address of the socket, and asks for the handshake of this id over HTTP.
"""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock
from typing import Any
from urllib.parse import parse_qs

import msgspec

from live.delivery import local_bus
from live.delivery.publisher import publish_control
from live.protocol.received import ProbedHandshake
from rest.rate_limit import TokenBucket

MAX_PROBES = 200
"""Handshakes that a process remembers; the oldest is forgotten first."""
PROBE_LIFETIME = 60.0
"""Seconds."""
SHARED_PER_SECOND = 5.0
"""Handshakes that a process tells to the others."""
_PROBE = re.compile(r"[A-Za-z0-9-]{16,64}")


class ProbedHandshakes:
    """The handshakes of the last minute that carried an id, in the memory of this process."""

    def __init__(self) -> None:
        self._handshakes: OrderedDict[str, tuple[float, ProbedHandshake]] = OrderedDict()
        self._lock = Lock()

    def add(self, probe: str, handshake: ProbedHandshake, now: float | None = None) -> None:
        """Remember a handshake. Threads may call it."""
        now = time.monotonic() if now is None else now
        with self._lock:
            self._handshakes[probe] = (now, handshake)
            self._handshakes.move_to_end(probe)
            while len(self._handshakes) > MAX_PROBES:
                self._handshakes.popitem(last=False)

    def get(self, probe: str, now: float | None = None) -> ProbedHandshake | None:
        """Return the handshake of an id; None if it did not reach this process."""
        now = time.monotonic() if now is None else now
        with self._lock:
            at, handshake = self._handshakes.get(probe, (0.0, None))
        return handshake if now - at <= PROBE_LIFETIME else None


probed_handshakes = ProbedHandshakes()
_shared = TokenBucket(rate=SHARED_PER_SECOND, burst=SHARED_PER_SECOND)


def remember(probe: str, handshake: ProbedHandshake) -> None:
    """Remember a handshake in all processes: another one may be asked for it.

    Anybody can send handshakes, so only a few of them are told to the other processes.
    """
    now = time.monotonic()
    probed_handshakes.add(probe, handshake, now)
    if local_bus.is_connected() and _shared.take(now):
        content = msgspec.to_builtins(handshake)
        publish_control({"type": "live.probe", "probe": probe, "handshake": content})


def receive_remote(message: Mapping[str, Any]) -> None:
    """Remember a handshake of a process, which may be this one."""
    handshake = msgspec.convert(message["handshake"], ProbedHandshake)
    probed_handshakes.add(message["probe"], handshake)


def probe_of(query_string: bytes | str) -> str | None:
    """Return the id of a probe in a query, None if there is none or it is malformed."""
    text = query_string.decode("latin-1") if isinstance(query_string, bytes) else query_string
    values: list[Any] = parse_qs(text).get("probe", []) if "probe=" in text else []
    return values[0] if len(values) == 1 and _PROBE.fullmatch(values[0]) else None
