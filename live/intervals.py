"""All waiting times of the live package, in one place, so that tests can scale them.

A real server scales them by TROLLEY_TIME_SCALE. The values that clients are told
(`welcome.heartbeat`, `retry_in` of an overloaded server) are not scaled, and
neither are the timeouts of calls to the channel layer: a faster clock does not
make Redis faster.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace


@dataclass(frozen=True)
class Intervals:
    """Times in seconds. `scaled` returns the same rules on a faster or slower clock."""

    sweep_interval: float = 1.0
    """Seconds between two checks of every socket."""
    heartbeat_interval: float = 20.0
    """Seconds between the last frame that a socket was sent and a `beat`."""
    stall_timeout: float = 10.0
    """Seconds between the last write that succeeded and the close of a socket that blocks."""
    auth_timeout: float = 5.0
    """Seconds between the handshake and the close of a socket that did not authenticate."""
    reconcile_interval: float = 2.0
    """Seconds between two checks for changes of lists, members and staff without a message."""
    doubt_timeout: float = 4.0
    """Seconds between noticing a lost membership and the end of a subscription without a change."""
    reorder_delay: float = 0.03
    """Seconds between noticing a gap and reading the log: the missing change may only be late."""
    join_timeout: float = 0.5
    """Seconds between the first subscription to a list and its reading, if joining is slow."""
    group_refresh_interval: float = 30.0
    """Seconds between two joins of the same groups: channel layers forget members."""
    revalidate_interval: float = 30.0
    """Seconds between two checks of the sessions, tokens and lists of all connected users."""
    guest_expiry_interval: float = 1.0
    """Seconds between two removals of expired guests."""
    sample_interval: float = 1.0
    """Seconds between two samples of the counters."""
    save_timeout: float = 0.5
    """Seconds that a sample waits until its counts are stored."""
    hold_timeout: float = 15.0
    """Seconds without a stored count after which counts are shown that are not stored."""
    idle_save_interval: float = 10.0
    """Seconds between two writes of counts that do not change: the process still runs."""
    rollup_interval: float = 10.0
    """Seconds between two additions to the rollups, and between two updates of windows."""
    lease_duration: float = 25.0
    """Seconds after which another process writes the rollups: two of them were missed."""
    silence_timeout: float = 25.0
    """Seconds between the last write of a process and its mark as a fault."""
    health_interval: float = 5.0
    """Seconds between two checks of the database for the verdict of the dashboard."""
    health_timeout: float = 3.0
    """Seconds after which a check without an answer means that the database is down."""
    storage_interval: float = 60.0
    """Seconds between two readings of what the database stores, while nobody looks."""
    growth_interval: float = 600.0
    """Seconds between two readings of what the database stored a week ago."""
    write_check_interval: float = 60.0
    """Seconds between two attempts to write to the database, for the same verdict."""
    confirm_delay: float = 3.0
    """Seconds that a screen may take to confirm a change: it reports at most every 2 seconds."""
    screen_lag: float = 4.0
    """Seconds that a screen may be behind: it reports at most every 2 seconds."""
    stalled_socket_lag: float = 2.0
    """Seconds that a client may read nothing while bytes wait for it in the kernel."""
    blocked_screen_lag: float = 1.0
    """The same for a screen whose socket does not take what is sent to it."""
    process_timeout: float = 5.0
    """Seconds between the last sample of a process and its removal from the sum."""
    presence_delay: float = 0.2
    """Seconds between a change of presence and its frame: changes are sent together."""
    presence_interval: float = 1.0
    """Seconds between two frames of presence about one list."""
    presence_timeout: float = 25.0
    """Seconds between the last message of a process about a list and its expiry."""
    presence_lease: float = 25.0
    """Seconds between the last frame of a client that repeats its presence and its expiry."""
    visit_interval: float = 3.0
    """Seconds between two writes of what users have seen."""
    snapshot_interval: float = 2.0
    """Seconds between two snapshots of one list for one socket that subscribes again."""
    overview_interval: float = 0.25
    """Seconds between two readings of the lists that changed, for the topics of all lists."""
    min_backoff: float = 0.1
    """Seconds between a failed call to the channel layer and the first retry."""
    max_backoff: float = 2.0
    """Seconds between two retries at most: the time doubles with each retry."""
    drain_timeout: float = 3.0
    """Seconds between the stop of the process and the end of sockets that still send."""
    retry_delay: float = 1.0
    """Seconds between two attempts at work that failed for a temporary reason."""

    def scaled(self, factor: float) -> Intervals:
        """Return these intervals, each multiplied by `factor`."""
        return replace(self, **{f.name: getattr(self, f.name) * factor for f in fields(self)})
