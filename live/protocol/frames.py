"""The WebSocket protocol, version 1: all frames of both directions, limits and close codes.

The TypeScript types and the AsyncAPI document are generated from this module.
It knows neither Django nor sockets. docs/protocol.md explains the protocol.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import IntEnum
from typing import Annotated, Any, Literal, Self
from uuid import UUID

import msgspec

from live.intervals import Intervals
from shopping_list.rows import (
    ActivityEntry,
    Change,
    ItemRow,
    ListRow,
    Moment,
    OverviewRow,
    Person,
    Verb,
)

VERSION = 1
SUBPROTOCOL = "trolley.v1"

HEARTBEAT_INTERVAL = int(Intervals.heartbeat_interval)
"""Seconds without another frame after which the server sends `beat`."""
AUTH_TIMEOUT = Intervals.auth_timeout
"""Seconds in which a socket that is not authenticated must send `auth`."""
MAX_MESSAGE_BYTES = 65_536
"""The maximum size of a message; a longer one closes the connection with 1009."""
MAX_FRAME_RATE = 20.0
"""Frames a second that a connection may send on average."""
MAX_FRAME_BURST = 60
"""Frames that a connection may send at the same time."""
MAX_TOPICS = 200
"""Topics of one connection."""
MAX_CONNECTIONS_PER_USER = 20
"""Connections of one user in one process."""
MAX_BAD_FRAMES = 10
"""The number of bad frames that closes the connection."""
MAX_OUTBOUND_FRAMES = 256
"""Frames queued for one socket before it is lagging."""
MAX_OUTBOUND_BYTES = 524_288
"""Bytes queued for one socket before it is lagging."""
MAX_RESUME_CHANGES = 500
"""Changes that a resume may replay; beyond that the client gets a snapshot."""
MAX_RESUME_BYTES = 262_144
"""Bytes that a resume may replay; beyond that the client gets a snapshot."""
MAX_SNAPSHOT_ITEMS = 2_000
"""Items in one part of a snapshot."""
MAX_PART_BYTES = 900_000
"""Bytes of rows in one part: servers and proxies limit a message to 1 MiB."""
MAX_CLAIMED_AISLES = 20
"""Aisles that a user may claim on one list."""
MAX_LEAVING_DELAY = 24 * 60 * 60
"""Seconds from now until a `leaving_at`."""
MAX_LEAVING_AGE = 2 * 60
"""Seconds since a `leaving_at`: pages show it for a minute, and clocks differ."""
MAX_ACTIVITY_ENTRIES = 50
MAX_NEWEST_ENTRIES = 3
"""Changes in a frame of the topic `activity:newest`, which has at most four frames a second."""
"""Changes that a new subscriber of `activity` gets."""
TIME_BOUNDS_MS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000)
"""The upper bounds of the bars of a histogram; the last bar has everything above them."""


class CloseCode(IntEnum):
    """Why the server closes. Clients reconnect after 4000-4499, and not after 4500-4999."""

    meaning: str

    def __new__(cls, code: int, meaning: str) -> Self:
        """Create a code with its meaning in words."""
        close_code = int.__new__(cls, code)
        close_code._value_ = code
        close_code.meaning = meaning
        return close_code

    TOO_BIG = 1009, "a message over 64 KiB"
    RESTARTING = 4000, "restarting"
    SESSION_EXPIRED = 4001, "session expired: sign in, then come back"
    TOO_SLOW = 4002, "too slow: resume"
    OVERLOADED = 4005, "overloaded, or too many messages: wait `retry_in`"
    BAD_FRAMES = 4500, "bad frames"
    NOT_SIGNED_IN = 4501, "not signed in"
    REVOKED = 4503, "signed out or revoked"
    TOO_MANY_CONNECTIONS = 4504, "too many connections"
    VERSION_UNKNOWN = 4505, "protocol version unknown"

    @property
    def should_reconnect(self) -> bool:
        """Whether a client should connect again."""
        return 4000 <= self < 4500


ErrorCode = Literal[
    "bad_frame",
    "not_found",
    "forbidden",
    "not_signed_in",
    "too_many_topics",
    "overloaded",
    "unavailable",
    "version_unknown",
]
REFUSAL_ERRORS: Mapping[CloseCode, ErrorCode] = {
    CloseCode.TOO_BIG: "bad_frame",
    CloseCode.RESTARTING: "unavailable",
    CloseCode.SESSION_EXPIRED: "not_signed_in",
    CloseCode.TOO_SLOW: "overloaded",
    CloseCode.OVERLOADED: "overloaded",
    CloseCode.BAD_FRAMES: "bad_frame",
    CloseCode.NOT_SIGNED_IN: "not_signed_in",
    CloseCode.REVOKED: "not_signed_in",
    CloseCode.TOO_MANY_CONNECTIONS: "overloaded",
    CloseCode.VERSION_UNKNOWN: "version_unknown",
}
"""The `error` that a client gets whose socket is closed before its `welcome`."""
PresenceState = Literal["viewing", "shopping", "away"]
Device = Literal["phone", "tablet", "computer"]
EndReason = Literal["revoked", "deleted"]
Number = int | float
MAX_FRAME_ID = 2**53 - 1
"""Larger integers are not exact in JavaScript."""
FrameId = Annotated[int, msgspec.Meta(ge=-MAX_FRAME_ID, le=MAX_FRAME_ID)]
_NO_CONTROL = r"^(?![\s\S]*[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069])"
PlaceName = Annotated[
    str, msgspec.Meta(min_length=1, max_length=100, pattern=rf"{_NO_CONTROL}[\s\S]*\S")
]
"""The name of a shop or of an aisle. Like those of a list, it has no control characters, no line
breaks and no characters that override the writing direction."""


class Frame(msgspec.Struct, tag_field="type", omit_defaults=True, kw_only=True):
    """The base of frames: a JSON object with a `type`."""


# Client to server.


class Subscribe(Frame, tag="subscribe"):
    """Subscribe to a topic; with `since`, `epoch` and `digest`, resume from that position."""

    topic: str
    id: FrameId | None = None
    since: int | None = None
    epoch: str | None = None
    digest: str | None = None


class Unsubscribe(Frame, tag="unsubscribe"):
    """Unsubscribe from a topic."""

    topic: str
    id: FrameId | None = None


class Trip(msgspec.Struct, frozen=True, kw_only=True):
    """A way through a shop. Items that are bought after `started_at` belong to it."""

    id: UUID
    started_at: Moment
    shop: PlaceName | None = None


class SetPresence(Frame, tag="presence"):
    """Show the other subscribers of a list what this user is doing.

    It replaces the frame before it. `trip` and the claimed `aisles` need the state `shopping`,
    `editing` is an item. A frame with any of the last four fields, also if it is null, holds
    for the seconds of `welcome.limits.presence`: repeat it.
    """

    topic: str
    state: PresenceState
    id: FrameId | None = None
    trip: Trip | msgspec.UnsetType | None = msgspec.UNSET
    aisles: (
        Annotated[tuple[PlaceName, ...], msgspec.Meta(max_length=MAX_CLAIMED_AISLES)]
        | msgspec.UnsetType
    ) = msgspec.UNSET
    editing: UUID | msgspec.UnsetType | None = msgspec.UNSET
    leaving_at: Moment | msgspec.UnsetType | None = msgspec.UNSET

    def __post_init__(self) -> None:
        """Refuse what the fields cannot mean together."""
        if self.is_trip and self.state != "shopping":
            raise ValueError("trip and aisles: only with the state `shopping`")
        if self.aisles and len(set(self.aisles)) < len(self.aisles):
            raise ValueError("aisles: the same name twice")

    @property
    def is_trip(self) -> bool:
        """Whether the user says to be on a way through a shop."""
        return bool(self.trip) or bool(self.aisles)

    @property
    def is_leased(self) -> bool:
        """Whether the client repeats the frame."""
        details = (self.trip, self.aisles, self.editing, self.leaving_at)
        return any(detail is not msgspec.UNSET for detail in details)


class Seen(Frame, tag="seen"):
    """This screen shows a list at `version`; `digest` is that of the shown rows.

    `paint_ms` is the time from receiving the newest change to showing it, `held_ms` the time
    from then until this frame was sent.
    """

    topic: str
    version: int
    digest: str
    paint_ms: Number | None = None
    held_ms: Number | None = None
    id: FrameId | None = None


class Auth(Frame, tag="auth"):
    """Authenticate with a token. It is the first frame of a socket without other credentials."""

    token: str
    id: FrameId | None = None


class Ping(Frame, tag="ping"):
    """Ask for a `pong`."""

    id: FrameId | None = None


ClientFrame = Subscribe | Unsubscribe | SetPresence | Seen | Auth | Ping


# Server to client.


class ListPosition(msgspec.Struct, kw_only=True):
    """The position of a list: its epoch, its version and the digest of its rows."""

    id: UUID
    epoch: str
    version: int
    digest: str


class Visit(msgspec.Struct, kw_only=True):
    """Up to which version the user has seen a list, on any device, and when it was seen last."""

    version: int
    at: datetime


class KnownList(ListPosition, kw_only=True):
    """The position of a list, and the last visit of the user, unless it was to another epoch."""

    visited: Visit | msgspec.UnsetType = msgspec.UNSET


class Limits(msgspec.Struct, kw_only=True):
    """The limits of a client: topics, bytes of a message, frames a second.

    `presence` is how long a presence holds that the client repeats, in seconds.
    """

    topics: int = MAX_TOPICS
    message: int = MAX_MESSAGE_BYTES
    rate: int = int(MAX_FRAME_RATE)
    presence: float = Intervals.presence_lease


class Welcome(Frame, tag="welcome"):
    """The first frame after the user of a socket is authenticated. `at` is the server's clock."""

    protocol: int
    server: str
    at: datetime
    connection: str
    user: Person
    lists: tuple[KnownList, ...]
    heartbeat: int
    limits: Limits


class Subscribed(Frame, tag="subscribed"):
    """The response to `subscribe`.

    List topics have `epoch`, `version`, `digest` and `recovered`. Counter topics
    have `history`: the last 300 samples as columns. After `lists` and `activity` a
    frame with all lists or with the newest changes follows.
    """

    topic: str
    id: FrameId | None = None
    epoch: str | None = None
    version: int | None = None
    digest: str | None = None
    recovered: bool | None = None
    history: dict[str, list[Any]] | None = None


class Unsubscribed(Frame, tag="unsubscribed"):
    """The response to `unsubscribe`."""

    topic: str
    id: FrameId | None = None


class Snapshot(msgspec.Struct, tag_field="type", tag="snapshot", kw_only=True):
    """A whole list at one version, in parts of at most 2,000 items."""

    topic: str
    epoch: str
    version: int
    digest: str
    part: int
    parts: int
    list: ListRow
    items: tuple[ItemRow, ...]


class Ended(Frame, tag="ended"):
    """The server ended the subscription to this topic."""

    topic: str
    reason: EndReason


class AccessGained(Frame, tag="joined"):
    """The user became a member of a list."""

    list: ListPosition


class AccessLost(Frame, tag="left"):
    """The user is no longer a member of a list.

    `by` is another user who removed them `at` that time, if both are known.
    """

    list: UUID
    by: Person | msgspec.UnsetType = msgspec.UNSET
    at: datetime | msgspec.UnsetType = msgspec.UNSET


class Visited(Frame, tag="visited"):
    """The user has seen a list up to this version, on any device."""

    list: UUID
    epoch: str
    version: int
    at: datetime


class PresentPerson(msgspec.Struct, kw_only=True):
    """A user who has a list open.

    The other fields are those of `presence` from a client. Each is absent if there is nothing
    to say. Of several users who claim an aisle, the first one has it.
    """

    id: int
    name: str
    state: PresenceState
    since: datetime
    device: Device | msgspec.UnsetType = msgspec.UNSET
    trip: Trip | msgspec.UnsetType = msgspec.UNSET
    aisles: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    editing: UUID | msgspec.UnsetType = msgspec.UNSET
    leaving_at: datetime | msgspec.UnsetType = msgspec.UNSET


class Presence(Frame, tag="presence"):
    """All users who have the list open."""

    topic: str
    people: tuple[PresentPerson, ...]


class Sample(msgspec.Struct, tag_field="type", tag="sample", kw_only=True):
    """The request counters, sent once a second (docs/protocol.md).

    Totals are counted since `since`, through restarts and by all processes.
    """

    topic: str
    at: datetime
    since: datetime
    processes: int
    started: int
    finished: int
    in_flight: int
    per_second: Number
    per_second_1m: Number
    status: dict[str, int]
    latency_ms: dict[str, Number | None]
    sockets: int
    people: int
    changes: int
    delivered: int
    delivery_ms: dict[str, Number | None]
    lagging: int
    screens: dict[str, int]
    repairs: int
    resumed: int
    snapshots: int


MarkKind = Literal["start", "stop", "version", "fault", "condition"]
"""live/models.py stores these."""


class Mark(msgspec.Struct, kw_only=True):
    """What happened, to explain a change of the charts.

    `version` is a start with another version than the last start had. `fault` is a process that
    is silent and did not stop: it was killed, or its machine failed. `condition` is a condition
    of the verdict: it has a `key` and a `text` instead of a process and a version, and `until`,
    which is null while it goes on. The text names no user.
    """

    at: datetime
    kind: MarkKind
    process: str = ""
    version: str = ""
    key: str = ""
    text: str = ""
    until: datetime | None = None


class WindowTotals(msgspec.Struct, kw_only=True):
    """The counts of a whole window, and the percentiles of all of its durations."""

    counts: dict[str, int]
    latency_ms: dict[str, Number | None]
    delivery_ms: dict[str, Number | None]


class RequestWindow(msgspec.Struct, tag_field="type", tag="window", kw_only=True):
    """The request counters of a longer time, as columns (docs/protocol.md).

    The first one after `subscribed` has all points. Later ones have `update` and the last
    points, which replace those of the same time. `start`, `end`, `step` and the column `at` are
    in seconds, all but `step` of Unix time. The last point is not over before `end`.
    """

    topic: str
    start: int
    end: int
    step: int
    update: bool
    heat_bounds_ms: tuple[Number, ...]
    columns: dict[str, list[Any]]
    totals: WindowTotals
    marks: tuple[Mark, ...]


class SignalReceiver(msgspec.Struct, kw_only=True):
    """A function that receives a signal: its dotted name, and what its docstring begins with."""

    name: str
    does: str


class SignalRow(msgspec.Struct, kw_only=True):
    """What one sender sent on one of Django's signals, in all processes together.

    `sends` and `errors` are totals, through restarts, `last_second` and
    `last_minute` are sends. `receiver_us` has percentiles of the time of all receivers of one
    send, over the last minute, in microseconds.
    """

    signal: str
    sender: str
    receivers: tuple[SignalReceiver, ...]
    sends: int
    errors: int
    last_second: int
    last_minute: int
    receiver_us: dict[str, Number | None]
    newest: datetime | None


class Signals(msgspec.Struct, tag_field="type", tag="signals", kw_only=True):
    """All measured signals, sent once a second. It replaces the rows before it."""

    topic: str
    at: datetime
    rows: tuple[SignalRow, ...]


class DeliveryHop(msgspec.Struct, kw_only=True):
    """One part of the path of a change, in all processes together, over the last minute.

    `errors` is null for a part whose errors are not counted.
    """

    name: str
    last_minute: int
    per_second: Number
    p50_ms: Number | None
    p99_ms: Number | None
    errors: int | None


class RelayTime(msgspec.Struct, kw_only=True):
    """How long the channel layer needs to bring a change to one process, over the last minute."""

    process: str
    last_minute: int
    p50_ms: Number | None
    p99_ms: Number | None


class DeliveryBudget(msgspec.Struct, kw_only=True):
    """What became of the changes that screens were owed, since counting began.

    `promised` counts each change once for each screen that followed its list. It is the sum of
    `live` (written as it happened), `resumed` (read from the log later), `copied` (replaced by
    a snapshot), `withdrawn` (the screen stopped to follow the list before), `waiting` and
    `lost`. `longest_ms` is the longest time between a commit and the last screen that stayed
    connected.
    """

    since: datetime
    promised: int
    live: int
    resumed: int
    copied: int
    withdrawn: int
    waiting: int
    lost: int
    longest_ms: Number | None
    longest_at: datetime | None


class Delivery(msgspec.Struct, tag_field="type", tag="delivery", kw_only=True):
    """The path of changes to the screens, sent once a second to staff.

    `resumes`, `snapshots`, `repairs` and `mismatches` are totals, and so are `close_codes` by
    code and `refusals`, handshakes that were refused, by reason. `reporting` of `screens`
    reported how long they paint in the last minute.
    """

    topic: str
    at: datetime
    hops: tuple[DeliveryHop, ...]
    relays: tuple[RelayTime, ...]
    budget: DeliveryBudget
    reporting: int
    screens: int
    resumes: int
    snapshots: int
    repairs: int
    mismatches: int
    close_codes: dict[str, int]
    refusals: dict[str, int]


class ScreenRow(msgspec.Struct, kw_only=True):
    """One socket, and the lists that it follows.

    `pending_frames` wait in its queue, `pending_bytes` there or in the buffers of the server.
    `oldest_ms` is the age of the oldest change that it has not taken or not confirmed, or the
    time in which it has not taken a byte of what waits. `is_blocked`: the buffers are full.
    `state` is null if it reports nothing.
    """

    connection: str
    user: Person
    device: str
    lists: tuple[UUID, ...]
    process: str
    since: datetime
    round_trip_ms: Number | None
    pending_frames: int
    pending_bytes: int
    oldest_ms: Number | None
    changes_behind: int
    is_blocked: bool
    state: Literal["identical", "behind", "different"] | None


class ScreenTable(msgspec.Struct, tag_field="type", tag="screens", kw_only=True):
    """The slowest sockets first, sent once a second to staff. `total` counts all sockets."""

    topic: str
    at: datetime
    total: int
    rows: tuple[ScreenRow, ...]


class TracedScreen(msgspec.Struct, kw_only=True):
    """One socket that was owed a change. Times are in ms after the commit, null: not yet.

    `shown_ms` is when its client reported that it shows this change or a later one, without
    the time for which it held the report. A client that reports nothing has none.
    `is_open`: the socket has not ended since.
    """

    connection: str
    user: Person
    device: str
    process: str
    written_ms: Number | None
    shown_ms: Number | None
    is_open: bool


class TracedProcess(msgspec.Struct, kw_only=True):
    """When one process had a change in order, and when its send queues had it."""

    process: str
    received_ms: Number | None
    handed_ms: Number | None


class ChangeTrace(msgspec.Struct, kw_only=True):
    """One change on its way. `hops` are the durations of its parts up to the event loop, in ms.

    `screen_count` counts the sockets that were owed the change; `screens` has at most 50 of
    each process.
    """

    list: UUID
    epoch: str
    version: int
    at: datetime
    actor: Person | None
    verb: Verb
    hops: dict[str, Number]
    processes: tuple[TracedProcess, ...]
    screens: tuple[TracedScreen, ...]
    screen_count: int


class Traces(msgspec.Struct, tag_field="type", tag="traces", kw_only=True):
    """The changes about which something became known in the last second, newest first."""

    topic: str
    at: datetime
    traces: tuple[ChangeTrace, ...]


class MachineProcess(msgspec.Struct, kw_only=True):
    """One process of the server. Shares are percent of one CPU, in the last second.

    `lag_ms` is how late timers of its event loop woke in the last minute. `threads_busy` are
    the requests that a view works at. `dashboard_cpu_percent` is the part of `cpu_percent`
    that the dashboard itself takes; `viewers` look at it and get `viewer_bytes` a second in all.
    """

    process: str
    pid: int
    host: str
    version: str
    started_at: datetime
    rss_bytes: int
    cpu_seconds: Number
    cpu_percent: Number
    lag_ms: dict[str, Number | None]
    threads_busy: int
    threads: int
    sockets: int
    screens: int
    dashboard_cpu_percent: Number
    viewers: int
    viewer_bytes: Number


class StorageFigures(msgspec.Struct, kw_only=True):
    """What the database stores, and the room that is left, in bytes; null is not known.

    `growth_per_day` is null while the history is shorter than a day. `days_left` is null too
    if nothing grows. `history_bytes` is the part that the dashboard's history takes.
    """

    process: str
    at: datetime
    size_bytes: int
    wal_bytes: int | None
    free_bytes: int | None
    total_bytes: int | None
    growth_per_day: Number | None
    growth_since: datetime | None
    days_left: Number | None
    history_bytes: int | None


class DatabaseFigures(msgspec.Struct, kw_only=True):
    """How the database works; null is not known for its kind.

    `lock_wait_ms` is how long a writer waited for the lock of SQLite at this reading,
    `lock_waiters` how many queries wait for a lock of PostgreSQL.
    """

    process: str
    at: datetime
    kind: Literal["SQLite", "PostgreSQL"]
    version: str
    round_trip_ms: Number
    connections: int | None
    max_connections: int | None
    lock_waiters: int | None
    lock_wait_ms: Number | None
    transactions_per_second: Number | None
    checkpoint_at: datetime | None


class RedisFigures(msgspec.Struct, kw_only=True):
    """What Redis says of itself; all is null if it does not answer within 2 seconds."""

    process: str
    at: datetime
    answers: bool
    version: str | None
    memory_bytes: int | None
    clients: int | None
    round_trip_ms: Number | None


class RouteFigures(msgspec.Struct, kw_only=True):
    """The requests of one route, in some time.

    `statuses` counts responses by their code, `aborted` the requests whose client left before
    the response, `errors` the responses with 5xx and the requests that ended with an exception.
    `requests` is the sum of `statuses` and `aborted`. `time_ms` and `query_ms` are sums,
    `latency_ms` has percentiles; times are those of requests with a response. `histogram`
    counts them up to 1, 2, 5, 10, 20, 50, 100, 200, 500, 1,000, 2,000 and 5,000 ms, and beyond.
    """

    requests: int
    statuses: dict[str, int]
    aborted: int
    errors: int
    time_ms: Number
    latency_ms: dict[str, Number | None]
    slowest_ms: Number
    histogram: tuple[int, ...]
    queries: int
    query_ms: Number


class RouteRow(msgspec.Struct, kw_only=True):
    """The requests of one method and URL pattern, in all processes together.

    Method and route are empty for all requests whose path has no view. `last_minute` is null
    if there were none.
    """

    method: str
    route: str
    total: RouteFigures
    last_minute: RouteFigures | None


class ExceptionRow(msgspec.Struct, kw_only=True):
    """The exceptions of one type that no view handled, of one route.

    `code` is the module, function and line that raised the newest one. There is no text of
    it, which may contain what a user typed.
    """

    kind: str
    method: str
    route: str
    count: int
    newest: datetime
    request_id: str | None
    code: str


class NetworkRow(msgspec.Struct, kw_only=True):
    """The responses with 429 to one network, and its failed sign-ins.

    `network` is an IPv4 address or the /64 of an IPv6 address; "other" are all networks that
    have no row of their own any more.
    """

    network: str
    throttled: int
    failed_sign_ins: int
    newest: datetime


class EndedRequest(msgspec.Struct, kw_only=True):
    """A request that has ended. `status` is null if its client left before the response.

    `user` is the name of the user, if the request needed to know it.
    """

    at: datetime
    method: str
    route: str
    status: int | None
    ms: Number
    queries: int
    query_ms: Number
    request_id: str | None
    user: str | None


RequestState = Literal["waiting", "running", "sending"]
"""A request waits for its body or for a thread, its view runs, or its response is sent."""


class OpenRequest(msgspec.Struct, kw_only=True):
    """A request in flight. `ms` is its age."""

    method: str
    route: str
    state: RequestState
    ms: Number
    request_id: str | None
    user: str | None


class Machine(msgspec.Struct, tag_field="type", tag="machine", kw_only=True):
    """The processes and what they stand on, sent once a second to staff.

    `database` and `redis` are null until the first reading, and `redis` without Redis. Of the
    processes that read them, the first one by name is shown. `slowest_queries` is the request
    of the last minute whose queries took longest, of the slowest requests. `alert_host` is the
    host to which alerts are posted, null if there is none.
    """

    topic: str
    at: datetime
    processes: tuple[MachineProcess, ...]
    storage: StorageFigures | None
    database: DatabaseFigures | None
    redis: RedisFigures | None
    slowest_queries: EndedRequest | None
    alert_host: str | None


class Routes(msgspec.Struct, tag_field="type", tag="routes", kw_only=True):
    """The requests by route, once a second, for staff.

    If `is_complete` is false, `rows` has only the rows that may differ from the frame before,
    and null stands for a part that is the same. `slowest` has the slowest requests of the
    last 5 minutes, `in_flight` the oldest open ones, of which there are `in_flight_count`.
    """

    topic: str
    at: datetime
    is_complete: bool
    rows: tuple[RouteRow, ...]
    exceptions: tuple[ExceptionRow, ...] | None
    networks: tuple[NetworkRow, ...] | None
    slowest: tuple[EndedRequest, ...] | None
    in_flight: tuple[OpenRequest, ...]
    in_flight_count: int


class Ticker(msgspec.Struct, tag_field="type", tag="ticker", kw_only=True):
    """The requests that ended in the last second, for staff; `omitted` more have no entry."""

    topic: str
    at: datetime
    requests: tuple[EndedRequest, ...]
    omitted: int


ConditionSeverity = Literal["warning", "critical"]
VerdictState = Literal["ok", "warning", "critical"]
DashboardSection = Literal["now", "delivery", "signals", "requests", "lists", "machine", "doctor"]


class Condition(msgspec.Struct, kw_only=True):
    """Something that is wrong since a moment, and the section of the dashboard that shows it.

    `text` is a sentence without its period, `note` one sentence or more about what follows
    from it. A condition that ended has `until`.
    """

    key: str
    severity: ConditionSeverity
    since: datetime
    until: datetime | None
    text: str
    note: str
    section: DashboardSection


class Verdict(msgspec.Struct, tag_field="type", tag="verdict", kw_only=True):
    """What is wrong with the installation, sent once a second. It replaces the one before.

    `sentence` says at most two of the conditions, or that all is well; its times are in UTC.
    `started_at` is the start of the process that runs for the longest. `health` tells of each
    part whether it works. `free_bytes` is the room on the disk of the database, if that is on
    this machine, and `days_left` says to staff how long it lasts, if that is known.
    """

    topic: str
    at: datetime
    started_at: datetime
    state: VerdictState
    sentence: str
    health: dict[str, bool]
    free_bytes: int | None
    days_left: Number | None
    conditions: tuple[Condition, ...]
    recent: tuple[Condition, ...]


class ListPresence(msgspec.Struct, kw_only=True):
    """What a user does on one list, and since when."""

    list: UUID
    state: PresenceState
    since: datetime


class ActivePerson(msgspec.Struct, kw_only=True):
    """A user who has lists open that the subscriber may view."""

    id: int
    name: str
    lists: tuple[ListPresence, ...]


class ListScreens(msgspec.Struct, kw_only=True):
    """The screens that show a list and report what they show, in all processes together.

    `behind` have not confirmed a change for 3 seconds, `different` show other rows than the
    database.
    """

    list: UUID
    identical: int
    behind: int
    different: int


class People(msgspec.Struct, tag_field="type", tag="people", kw_only=True):
    """All users who have a list open that the subscriber may view. It replaces the one before.

    `screens` has the lists of the subscriber that a screen shows.
    """

    topic: str
    people: tuple[ActivePerson, ...]
    screens: tuple[ListScreens, ...]


class Overview(msgspec.Struct, tag_field="type", tag="lists", kw_only=True):
    """All lists of the user, in parts. It replaces every earlier overview."""

    topic: str
    part: int
    parts: int
    lists: tuple[OverviewRow, ...]


class OverviewChange(msgspec.Struct, tag_field="type", tag="list", kw_only=True):
    """One list of the user as it is now."""

    topic: str
    list: OverviewRow


class ActivityHistory(msgspec.Struct, tag_field="type", tag="activities", kw_only=True):
    """The newest changes of all lists of the user, newest first. It replaces all earlier ones."""

    topic: str
    entries: tuple[ActivityEntry, ...]


class NewActivity(msgspec.Struct, tag_field="type", tag="activity", kw_only=True):
    """One more change of a list of the user."""

    topic: str
    entry: ActivityEntry


class NewestActivities(msgspec.Struct, tag_field="type", tag="newest", kw_only=True):
    """The newest changes since the last frame, newest first.

    `more` has the number of the changes of each list that are older than these and not sent.
    """

    topic: str
    entries: tuple[ActivityEntry, ...]
    more: dict[str, int]


class Heartbeat(Frame, tag="beat"):
    """No other frame was sent for `heartbeat` seconds; the connection works."""


class Pong(Frame, tag="pong"):
    """The response to `ping`."""

    id: FrameId | None = None


class Error(Frame, tag="error"):
    """A frame was refused. The socket stays open unless `bye` follows."""

    code: ErrorCode
    message: str
    id: FrameId | None = None
    retry_in: float | None = None


class Bye(Frame, tag="bye"):
    """The server closes the socket with this code after this frame."""

    code: CloseCode
    reason: str
    retry_in: float | None = None


ServerFrame = (
    Welcome
    | Subscribed
    | Unsubscribed
    | Snapshot
    | Change
    | Ended
    | AccessGained
    | AccessLost
    | Visited
    | Presence
    | Sample
    | RequestWindow
    | Signals
    | Delivery
    | ScreenTable
    | Traces
    | Machine
    | Routes
    | Ticker
    | Verdict
    | People
    | Overview
    | OverviewChange
    | ActivityHistory
    | NewActivity
    | NewestActivities
    | Heartbeat
    | Pong
    | Error
    | Bye
)
