"""What is measured, and how. A scenario knows sockets, events and clocks, but no server."""

from __future__ import annotations

import asyncio
import gc
import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from bench import processes
from bench.arithmetic import counts, disorder, percentile
from bench.event import EPOCH, Size, item_id, list_id
from bench.generator import Audience, Editor, Seat
from bench.history import History
from bench.processes import Server
from bench.targets import CONNECTIONS_PER_USER, Target

EVENT_PATIENCE = 30.0
"""Seconds to wait for one round of events before what is missing counts as undelivered."""
OPEN_PATIENCE = 180.0
"""Seconds that all handshakes of a run may take."""
SETTLE = 0.2


@dataclass
class Measures:
    """What one run gave. `cpu_us` and `per_second` count deliveries, or edits in E1."""

    cpu_us: float | None = None
    per_second: float | None = None
    p50_ms: float | None = None
    p99_ms: float | None = None
    kb_each: float | None = None
    bytes_each: float | None = None
    generator: float | None = None
    """Share of its core that the generator used."""
    done: int = 0
    undelivered: int = 0
    surplus: int = 0
    disorder: int = 0
    errors: list[str] = field(default_factory=list)


@dataclass
class Run:
    """One started server with the tokens of its people."""

    target: Target
    server: Server
    tokens: list[str]
    history: History | None
    addresses: int = 0
    """Where to begin among 127.0.x.1, so that runs do not use up each other's ports."""
    versions: Counter[int] = field(default_factory=Counter)

    def audience(self) -> Audience:
        return Audience(self.server.port, mark=self.target.mark, ready=self.target.ready)

    def commit(self, index: int, count: int) -> int:
        """Take a list `count` versions further, in the database if there is one with a log."""
        if self.history:
            return self.history.commit(index, count)
        first = self.versions[index] + 1
        self.versions[index] += count
        return first


@dataclass(frozen=True)
class Scenario:
    """A named measurement; sockets are spread evenly over the lists."""

    id: str
    title: str
    sockets: int = 0
    lists: int = 1
    headline: str = "cpu_us"
    """The figure whose ratio to the plain recipe is printed."""
    targets: tuple[str, ...] = ("plain", "trolley")
    references: tuple[str, ...] = ()
    quick: dict[str, float] = field(default_factory=dict)

    @property
    def users_per_list(self) -> int:
        return -(-self.sockets // self.lists // CONNECTIONS_PER_USER) or 1

    @property
    def size(self) -> Size:
        return Size(lists=self.lists, users_per_list=self.users_per_list)

    def shortened(self) -> Scenario:
        return replace(self, **self.quick)

    def seats(self, run: Run, count: int) -> list[Seat]:
        """Seat reader n on list n % lists, with at most 20 sockets for each user."""
        seats = []
        for n in range(count):
            index = n % self.lists
            user = index * self.users_per_list + n // self.lists // CONNECTIONS_PER_USER
            headers = run.target.headers(run.tokens[user]) if run.tokens else {}
            seats.append(Seat(index, run.target.path(index), headers))
        return seats

    async def open(self, run: Run, audience: Audience, seats: list[Seat]) -> None:
        """Open the seats and wait for their first state; what fails or lasts is an error."""
        opening = audience.open(seats, first_address=run.addresses)
        try:
            await asyncio.wait_for(opening, OPEN_PATIENCE)
        except TimeoutError:
            audience.errors.append(
                f"{len(seats) - len(audience.readers)} sockets did not open in time"
            )
        if not audience.readers:
            raise RuntimeError(f"no socket opened: {audience.errors[:3]}")
        if not await audience.all_ready(OPEN_PATIENCE):
            audience.errors.append("not every socket got its first state")

    async def measure(self, run: Run) -> Measures:
        raise NotImplementedError


class Window:
    """The clocks around what is measured: server CPU, generator CPU, wall."""

    def __init__(self, pid: int):
        self.pid = pid
        self.server, self.generator = processes.cpu_seconds(pid), time.process_time()
        self.began = time.perf_counter()

    def close(self) -> None:
        self.wall = time.perf_counter() - self.began
        self.generator = time.process_time() - self.generator
        self.server = processes.cpu_seconds(self.pid) - self.server


@contextmanager
def quiet_collector() -> Iterator[None]:
    """Keep the garbage collector of the generator out of the measured window."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


@dataclass(frozen=True)
class Fanout(Scenario):
    """Events handed to the fan-out stage inside the server, and counted at every socket."""

    burst: int = 1
    """Events in flight; the next ones follow when every socket has all of these."""
    rate: float | None = None
    """Events a second whatever happens (open loop), instead of one after another."""
    seconds: float = 6
    warmup: int = 3

    async def measure(self, run: Run) -> Measures:
        audience = run.audience()
        try:
            await self.open(run, audience, self.seats(run, self.sockets))
            await audience.open_control()
            return await self._measure(run, audience)
        finally:
            audience.close()

    async def _measure(self, run: Run, audience: Audience) -> Measures:
        tally = audience.tally
        for _ in range(self.warmup):
            for index in range(self.lists):
                self._send(run, audience, index, self.burst)
            await tally.reached(EVENT_PATIENCE)
        missing = tally.wanted - tally.received
        audience.reset()
        with quiet_collector():
            window = Window(run.server.pid)
            await (self._on_schedule if self.rate else self._one_after_another)(run, audience)
            last = tally.last
            await asyncio.sleep(SETTLE)
            window.close()
        measures = self._measures(audience, window, last)
        if missing:
            measures.errors.append(f"warm-up: {missing} undelivered")
        return measures

    def _send(
        self, run: Run, audience: Audience, index: int, count: int, *, due: float | None = None
    ) -> None:
        tally = audience.tally
        first = run.commit(index, count)
        tally.want(count * audience.watching[index])
        tally.sent(index).extend([due or time.perf_counter()] * count)
        audience.emit(index, first, count)

    async def _one_after_another(self, run: Run, audience: Audience) -> None:
        end = time.perf_counter() + self.seconds
        while time.perf_counter() < end:
            self._send(run, audience, 0, self.burst)
            if not await audience.tally.reached(EVENT_PATIENCE):
                return

    async def _on_schedule(self, run: Run, audience: Audience) -> None:
        began = time.perf_counter()
        for n in range(round(self.rate * self.seconds)):
            due = began + n / self.rate
            await asyncio.sleep(max(0, due - time.perf_counter()))
            self._send(run, audience, n % self.lists, 1, due=due)
        await audience.tally.reached(EVENT_PATIENCE)

    def _measures(self, audience: Audience, window: Window, last: float) -> Measures:
        tally = audience.tally
        expected = [len(tally.sent(reader.list_index)) for reader in audience.readers]
        missing, surplus = counts((reader.count for reader in audience.readers), expected)
        errors = list(audience.errors)
        if tally.closed:
            errors.append(f"{tally.closed} sockets were closed by the server")
        received = tally.received
        return Measures(
            cpu_us=window.server / received * 1e6 if received else None,
            per_second=received / (last - window.began) if received else None,
            p50_ms=_ms(percentile(tally.latencies, 0.5)),
            p99_ms=_ms(percentile(tally.latencies, 0.99)),
            bytes_each=tally.bytes / received if received else None,
            generator=window.generator / window.wall,
            done=received,
            undelivered=missing,
            surplus=surplus,
            disorder=disorder(versions(audience.readers[0].kept or [])),
            errors=errors,
        )


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * 1e3


def versions(messages: list[bytes]) -> list[int]:
    """Return the versions of all events in these messages, as far as they have one."""
    frames = (json.loads(line) for message in messages for line in message.split(b"\n"))
    return [
        frame["version"] for frame in frames if frame["type"] == "change" and "version" in frame
    ]


@dataclass(frozen=True)
class Edits(Scenario):
    """PATCH of one field through REST by keep-alive connections, with sockets watching."""

    headline: str = "per_second"
    editors: int = 8
    seconds: float = 8
    warmup: int = 6
    """Edits of each connection before the window; even, so that none of them changes nothing."""

    @property
    def users_per_list(self) -> int:
        return self.editors

    async def measure(self, run: Run) -> Measures:
        audience = run.audience()
        try:
            await self.open(run, audience, self.seats(run, self.sockets))
            return await self._measure(run, audience)
        finally:
            audience.close()

    async def _measure(self, run: Run, audience: Audience) -> Measures:
        tally = audience.tally
        statuses: Counter[int] = Counter()
        times: list[float] = []
        editors = [
            Editor(run.server.port, run.target.headers(token))
            for token in run.tokens[: self.editors]
        ]
        for editor in editors:
            await editor.open()
        await self._edit_all(editors, statuses, [], count=self.warmup)
        await asyncio.sleep(1)
        audience.reset()
        statuses.clear()
        with quiet_collector():
            window = Window(run.server.pid)
            await self._edit_all(editors, statuses, times, seconds=self.seconds)
            window.close()
        wanted = statuses[200] * len(audience.readers)
        tally.want(wanted)
        await tally.reached(5)
        await asyncio.sleep(SETTLE)
        for editor in editors:
            editor.close()
        return self._measures(audience, window, statuses, times)

    async def _edit_all(
        self,
        editors: list[Editor],
        statuses: Counter[int],
        times: list[float],
        *,
        count: int | None = None,
        seconds: float = 60,
    ) -> None:
        end = time.perf_counter() + seconds

        async def edit(editor: Editor, item: int) -> None:
            path = f"/api/shopping-lists/{list_id(0)}/shopping-items/{item_id(0, item)}/"
            turn = 0
            while time.perf_counter() < end and (count is None or turn < count):
                body = b'{"purchased": %s}' % (b"false" if turn % 2 else b"true")
                began = time.perf_counter()
                statuses[await editor.patch(path, body)] += 1
                times.append(time.perf_counter() - began)
                turn += 1

        await asyncio.gather(*(edit(editor, n) for n, editor in enumerate(editors)))

    def _measures(
        self, audience: Audience, window: Window, statuses: Counter[int], times: list[float]
    ) -> Measures:
        edits = statuses[200]
        received = [reader.count for reader in audience.readers]
        missing, surplus = counts(received, [edits] * len(received))
        refused = {status: n for status, n in statuses.items() if status != 200}
        errors = [*audience.errors, *(f"{n} answers {status}" for status, n in refused.items())]
        return Measures(
            cpu_us=window.server / edits * 1e6 if edits else None,
            per_second=edits / window.wall,
            p50_ms=_ms(percentile(times, 0.5)),
            p99_ms=_ms(percentile(times, 0.99)),
            bytes_each=audience.tally.bytes / max(1, audience.tally.received),
            generator=window.generator / window.wall,
            done=edits,
            undelivered=missing,
            surplus=surplus,
            disorder=disorder(versions(audience.readers[0].kept or [])),
            errors=errors,
        )


@dataclass(frozen=True)
class Growth(Edits):
    """The same edits by one connection, on a database that holds more of something."""

    targets: tuple[str, ...] = ("trolley",)
    headline: str = "p50_ms"
    sockets: int = 1
    editors: int = 1
    items: int = 10
    other_lists: int = 10
    log: int = 1_000

    @property
    def size(self) -> Size:
        return Size(items=self.items, other_lists=self.other_lists, log=self.log, users_per_list=1)


@dataclass(frozen=True)
class Resume(Scenario):
    """The server restarts, the list moves on meanwhile, every socket resumes from where it was.

    `per_second` counts sockets that caught up; p99 is when 99 % of them had.
    """

    targets: tuple[str, ...] = ("trolley",)
    headline: str = "per_second"
    missed: int = 50

    async def measure(self, run: Run) -> Measures:
        first = run.audience()
        await self.open(run, first, self.seats(run, self.sockets))
        first.close()
        run.server.stop()
        run.commit(0, self.missed)
        run.server.start()
        run.server.wait_until_listening()
        audience = run.audience()
        audience.ready = b'"type":"subscribed"'
        try:
            return await self._measure(run, audience)
        finally:
            audience.close()

    async def _measure(self, run: Run, audience: Audience) -> Measures:
        since = f"?since=0&epoch={EPOCH}"
        seats = [replace(seat, path=seat.path + since) for seat in self.seats(run, self.sockets)]
        tally = audience.tally
        tally.want(self.sockets * self.missed)
        tally.sent(0).extend([time.perf_counter()] * self.missed)
        with quiet_collector():
            window = Window(run.server.pid)
            await self.open(run, audience, seats)
            await tally.reached(EVENT_PATIENCE)
            window.close()
        received = [reader.count for reader in audience.readers]
        missing, surplus = counts(received, [self.missed] * len(received))
        return Measures(
            cpu_us=window.server / self.sockets * 1e6,
            per_second=self.sockets / window.wall,
            p50_ms=_ms(percentile(tally.latencies, 0.5)),
            p99_ms=_ms(percentile(tally.latencies, 0.99)),
            bytes_each=tally.bytes / max(1, tally.received),
            generator=window.generator / window.wall,
            done=len(received),
            undelivered=missing + self.missed * (self.sockets - len(received)),
            surplus=surplus,
            errors=audience.errors,
        )


@dataclass(frozen=True)
class Idle(Scenario):
    """Sockets that watch a list on which nothing happens: resident memory of each.

    `cpu_us` is for each socket and second.
    """

    headline: str = "kb_each"
    first: int = 20
    """Sockets opened before the first reading, so that imports and caches are not counted."""
    hold: float = 21

    async def measure(self, run: Run) -> Measures:
        audience, more = run.audience(), run.audience()
        try:
            seats = self.seats(run, self.sockets)
            await self.open(run, audience, seats[: self.first])
            await asyncio.sleep(1)
            before = processes.resident(run.server.pid)
            await self.open(run, more, seats[self.first :])
            window = Window(run.server.pid)
            await asyncio.sleep(self.hold)
            window.close()
            after = processes.resident(run.server.pid)
            held = more.tally.opened - more.tally.closed
        finally:
            audience.close()
            more.close()
        return Measures(
            cpu_us=window.server / window.wall / (held + self.first) * 1e6,
            kb_each=(after - before) / 1024 / held if held else None,
            done=held + self.first,
            undelivered=self.sockets - held - self.first,
            errors=[*audience.errors, *more.errors],
        )


SCENARIOS: dict[str, Scenario] = {
    scenario.id: scenario
    for scenario in (
        Fanout(
            id="F1",
            title="500 sockets on one list, events one after another",
            sockets=500,
            references=("null", "websockets", "node ws"),
            quick={"seconds": 2},
        ),
        Fanout(
            id="F2",
            title="500 sockets on one list, bursts of 64 events",
            sockets=500,
            burst=64,
            headline="per_second",
            references=("null", "websockets", "node ws"),
            quick={"seconds": 2},
        ),
        Fanout(
            id="F3",
            title="5,000 sockets on one list, events one after another",
            sockets=5_000,
            warmup=1,
            references=("null", "websockets"),
            quick={"sockets": 2_000, "seconds": 2},
        ),
        Fanout(
            id="F4",
            title="500 sockets on one list, 20 events a second, open loop",
            sockets=500,
            rate=20,
            seconds=30,
            headline="p50_ms",
            quick={"seconds": 5},
        ),
        Fanout(
            id="F5",
            title="5,000 sockets over 500 lists, 100 events a second, open loop",
            sockets=5_000,
            lists=500,
            rate=100,
            seconds=20,
            warmup=1,
            quick={"sockets": 1_000, "lists": 100, "seconds": 4},
        ),
        Edits(
            id="E1",
            title="PATCH of one field, 8 keep-alive connections, 10 sockets watching",
            sockets=10,
            quick={"seconds": 3},
        ),
        Idle(
            id="M1",
            title="10,000 idle sockets, 20 on each list",
            sockets=10_000,
            lists=500,
            references=("websockets",),
            quick={
                "sockets": 1_000,
                "lists": 50,
                "hold": 5,
                "title": "1,000 idle sockets, 20 on each list",
            },
        ),
        Resume(
            id="R1",
            title="2,000 sockets resume after a restart, 50 changes behind",
            sockets=2_000,
            quick={"sockets": 500},
        ),
        Growth(id="G1", title="PATCH, 1 connection: 10 items, 10 lists, 1,000 changes"),
        Growth(id="G1-items", title="the same with 10,000 items on the list", items=10_000),
        Growth(
            id="G1-lists",
            title="the same with 100,000 other lists",
            other_lists=100_000,
            quick={"other_lists": 10_000, "seconds": 3},
        ),
        Growth(
            id="G1-log",
            title="the same with 1,000,000 changes in the log",
            log=1_000_000,
            quick={"log": 50_000, "seconds": 3},
        ),
    )
}
