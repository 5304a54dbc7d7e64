"""All waiting times of the live package, in one place, so that tests can scale them.

A real server scales them by TROLLEY_TIME_SCALE. The values that clients are told
(`welcome.heartbeat`, `retry_in` of an overloaded server) are not scaled, and
neither are the timeouts of calls to the channel layer: a faster clock does not
make Redis faster.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from live.protocol import frames


@dataclass(frozen=True)
class Intervals:
    """Intervals in seconds. `scaled` gives the same rules on a faster clock."""

    sweep: float = 1.0
    """Between two looks at every socket."""
    heartbeat: float = frames.HEARTBEAT_INTERVAL
    stalled: float = frames.STALL_TIMEOUT
    auth: float = frames.AUTH_TIMEOUT
    reconcile: float = 2.0
    """Between two questions whether a watched list moved, or somebody came, went or is no
    longer staff, unheard."""
    reorder: float = 0.03
    """For which a gap may be a message that is merely late."""
    join: float = 0.5
    """For which a subscriber waits until the list's group is joined."""
    refresh: float = 30.0
    """Between two joinings of the same groups; layers forget members."""
    revalidate: float = 30.0
    """Between two looks whether everybody may still see what they see."""
    guests: float = 1.0
    """Between two looks whether a guest's time is over."""
    sample: float = 1.0
    """Between two samples of the counters."""
    process_timeout: float = 5.0
    """After which a process that sends no samples is gone."""
    presence: float = 0.2
    """For which news about who is there are collected."""
    lease: float = 30.0
    """For which others believe what a process said about who is there."""
    min_backoff: float = 0.1
    """Seconds until the first retry while the channel layer is down; doubled for each more."""
    max_backoff: float = 2.0
    """Seconds between two retries while the channel layer is down, at most."""
    drain: float = 3.0
    """Given to sockets to close when the process stops."""
    retry: float = 1.0
    """Between two tries of what failed for a reason that passes."""

    def scaled(self, factor: float) -> Intervals:
        """Return these intervals, each multiplied by `factor`."""
        return replace(self, **{f.name: getattr(self, f.name) * factor for f in fields(self)})
