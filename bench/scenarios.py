"""The measurements. A scenario knows sockets, events and clocks, but no server software."""

from __future__ import annotations

import asyncio
import gc
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from bench import processes
from bench.arithmetic import counts, out_of_order, percentile
from bench.event import EPOCH, SeedSize, digest_of, item_id, list_id
from bench.generator import Editor, ReaderConfig, ReaderPool
from bench.history import History
from bench.processes import Server
from bench.targets import MAX_CONNECTIONS_PER_USER, Target

EVENT_TIMEOUT = 30.0
"""In seconds, for one round of events. What is missing afterwards is undelivered."""
OPEN_TIMEOUT = 180.0
"""In seconds, for all handshakes of a run."""
SETTLE_TIME = 0.2
"""In seconds, for late frames after the last event."""


@dataclass
class Measurements:
    """The figures of one run. `cpu_us` and `per_second` count deliveries, or edits in E1."""

    cpu_us: float | None = None
    per_second: float | None = None
    p50_ms: float | None = None
    p99_ms: float | None = None
    kb_each: float | None = None
    bytes_each: float | None = None
    generator: float | None = None
    """The fraction of its core that the generator used."""
    done: int = 0
    undelivered: int = 0
    duplicates: int = 0
    out_of_order: int = 0
    errors: list[str] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)
    """What a program measures that no other scenario has, by name."""


@dataclass
class Run:
    """One started server with the tokens of its users."""

    target: Target
    server: Server
    tokens: list[str]
    history: History | None
    first_address: int = 0
    """The first x of the client addresses 127.0.x.1; each run has its own ports in this way."""
    versions: Counter[int] = field(default_factory=Counter)

    def reader_pool(self) -> ReaderPool:
        return ReaderPool(
            self.server.port,
            event_prefix=self.target.event_prefix,
            ready_marker=self.target.ready_marker,
        )

    def commit(self, index: int, count: int) -> int:
        """Add `count` versions to a list, in the database if it has a change log."""
        if self.history:
            return self.history.commit(index, count)
        first = self.versions[index] + 1
        self.versions[index] += count
        return first


@dataclass(frozen=True)
class Scenario:
    """A named measurement. Its sockets are distributed evenly over the lists."""

    id: str
    title: str
    sockets: int = 0
    lists: int = 1
    headline: str = "cpu_us"
    """The figure that is compared with the baseline."""
    targets: tuple[str, ...] = ("plain", "trolley")
    references: tuple[str, ...] = ()
    quick: dict[str, float] = field(default_factory=dict)

    @property
    def users_per_list(self) -> int:
        return -(-self.sockets // self.lists // MAX_CONNECTIONS_PER_USER) or 1

    @property
    def size(self) -> SeedSize:
        return SeedSize(lists=self.lists, users_per_list=self.users_per_list)

    def shortened(self) -> Scenario:
        return replace(self, **self.quick)

    def reader_configs(self, run: Run, count: int) -> list[ReaderConfig]:
        """Assign reader n to list n % lists, with at most 20 sockets for each user."""
        configs = []
        for n in range(count):
            index = n % self.lists
            user = index * self.users_per_list + n // self.lists // MAX_CONNECTIONS_PER_USER
            headers = run.target.headers(run.tokens[user]) if run.tokens else {}
            configs.append(ReaderConfig(index, run.target.path(index), headers))
        return configs

    async def open(self, run: Run, pool: ReaderPool, configs: list[ReaderConfig]) -> None:
        """Connect all readers and wait for their first state; failures and timeouts are errors."""
        opening = pool.open(configs, first_address=run.first_address)
        try:
            await asyncio.wait_for(opening, OPEN_TIMEOUT)
        except TimeoutError:
            pool.errors.append(f"{len(configs) - len(pool.readers)} sockets did not open in time")
        if not pool.readers:
            raise RuntimeError(f"no socket opened: {pool.errors[:3]}")
        if not await pool.wait_until_ready(OPEN_TIMEOUT):
            pool.errors.append("not every socket received its first state")

    async def measure(self, run: Run) -> Measurements:
        raise NotImplementedError


class MeasuredWindow:
    """Measures the CPU time of server and generator, and the elapsed time."""

    def __init__(self, pid: int):
        self.pid = pid
        self.server, self.generator = processes.cpu_seconds(pid), time.process_time()
        self.started_at = time.perf_counter()

    def close(self) -> None:
        self.wall = time.perf_counter() - self.started_at
        self.generator = time.process_time() - self.generator
        self.server = processes.cpu_seconds(self.pid) - self.server


@contextmanager
def garbage_collector_off() -> Iterator[None]:
    """Switch the generator's garbage collector off during the measured window."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


@dataclass(frozen=True)
class FanOut(Scenario):
    """Publish events inside the server, and count them at every socket."""

    burst: int = 1
    """Events sent together; the next ones follow when every socket has received all of them."""
    rate: float | None = None
    """Events in a second at fixed times (open loop), instead of one after another."""
    seconds: float = 6
    warmup: int = 3

    async def measure(self, run: Run) -> Measurements:
        pool = run.reader_pool()
        try:
            await self.open(run, pool, self.reader_configs(run, self.sockets))
            await pool.open_control()
            return await self._measure(run, pool)
        finally:
            pool.close()

    async def _measure(self, run: Run, pool: ReaderPool) -> Measurements:
        stats = pool.stats
        for _ in range(self.warmup):
            for index in range(self.lists):
                self._send(run, pool, index, self.burst)
            await stats.wait_until_complete(EVENT_TIMEOUT)
        undelivered = stats.expected - stats.received
        pool.reset()
        with garbage_collector_off():
            window = MeasuredWindow(run.server.pid)
            await (self._on_schedule if self.rate else self._one_after_another)(run, pool)
            last_received_at = stats.last_received_at
            await asyncio.sleep(SETTLE_TIME)
            window.close()
        measurements = self._measures(pool, window, last_received_at)
        if undelivered:
            measurements.errors.append(f"warm-up: {undelivered} undelivered")
        return measurements

    def _send(
        self, run: Run, pool: ReaderPool, index: int, count: int, *, due: float | None = None
    ) -> None:
        stats = pool.stats
        first = run.commit(index, count)
        stats.expect(count * pool.readers_per_list[index])
        stats.send_times(index).extend([due or time.perf_counter()] * count)
        pool.emit(index, first, count)

    async def _one_after_another(self, run: Run, pool: ReaderPool) -> None:
        deadline = time.perf_counter() + self.seconds
        while time.perf_counter() < deadline:
            self._send(run, pool, 0, self.burst)
            if not await pool.stats.wait_until_complete(EVENT_TIMEOUT):
                return

    async def _on_schedule(self, run: Run, pool: ReaderPool) -> None:
        started_at = time.perf_counter()
        for n in range(round(self.rate * self.seconds)):
            due = started_at + n / self.rate
            await asyncio.sleep(max(0, due - time.perf_counter()))
            self._send(run, pool, n % self.lists, 1, due=due)
        await pool.stats.wait_until_complete(EVENT_TIMEOUT)

    def _measures(
        self, pool: ReaderPool, window: MeasuredWindow, last_received_at: float
    ) -> Measurements:
        stats = pool.stats
        expected = [len(stats.send_times(reader.list_index)) for reader in pool.readers]
        undelivered, duplicates = counts((reader.count for reader in pool.readers), expected)
        errors = list(pool.errors)
        if stats.closed:
            errors.append(f"{stats.closed} sockets were closed by the server")
        received = stats.received
        return Measurements(
            cpu_us=window.server / received * 1e6 if received else None,
            per_second=received / (last_received_at - window.started_at) if received else None,
            p50_ms=_ms(percentile(stats.latencies, 0.5)),
            p99_ms=_ms(percentile(stats.latencies, 0.99)),
            bytes_each=stats.bytes / received if received else None,
            generator=window.generator / window.wall,
            done=received,
            undelivered=undelivered,
            duplicates=duplicates,
            out_of_order=out_of_order(versions(pool.readers[0].messages or [])),
            errors=errors,
        )


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * 1e3


def versions(messages: list[bytes]) -> list[int]:
    """Return the versions of all events in these messages that have one."""
    frames = (json.loads(line) for message in messages for line in message.split(b"\n"))
    return [
        frame["version"] for frame in frames if frame["type"] == "change" and "version" in frame
    ]


@dataclass(frozen=True)
class Edits(Scenario):
    """PATCH one field over REST on keep-alive connections, while sockets are subscribed."""

    headline: str = "per_second"
    editors: int = 8
    seconds: float = 8
    warmup: int = 6
    """Edits of each connection before the window. It is even, so that every edit is a change."""

    @property
    def users_per_list(self) -> int:
        return self.editors

    async def measure(self, run: Run) -> Measurements:
        pool = run.reader_pool()
        try:
            await self.open(run, pool, self.reader_configs(run, self.sockets))
            return await self._measure(run, pool)
        finally:
            pool.close()

    async def _measure(self, run: Run, pool: ReaderPool) -> Measurements:
        stats = pool.stats
        statuses: Counter[int] = Counter()
        durations: list[float] = []
        editors = [
            Editor(run.server.port, run.target.headers(token))
            for token in run.tokens[: self.editors]
        ]
        for editor in editors:
            await editor.open()
        await self._edit_all(editors, statuses, [], count=self.warmup)
        await asyncio.sleep(1)
        pool.reset()
        statuses.clear()
        with garbage_collector_off():
            window = MeasuredWindow(run.server.pid)
            await self._edit_all(editors, statuses, durations, seconds=self.seconds)
            window.close()
        stats.expect(statuses[200] * len(pool.readers))
        await stats.wait_until_complete(5)
        await asyncio.sleep(SETTLE_TIME)
        for editor in editors:
            editor.close()
        return self._measures(pool, window, statuses, durations)

    async def _edit_all(
        self,
        editors: list[Editor],
        statuses: Counter[int],
        durations: list[float],
        *,
        count: int | None = None,
        seconds: float = 60,
    ) -> None:
        deadline = time.perf_counter() + seconds

        async def edit(editor: Editor, item: int) -> None:
            path = f"/api/shopping-lists/{list_id(0)}/shopping-items/{item_id(0, item)}/"
            done = 0
            while time.perf_counter() < deadline and (count is None or done < count):
                body = b'{"purchased": %s}' % (b"false" if done % 2 else b"true")
                started_at = time.perf_counter()
                statuses[await editor.patch(path, body)] += 1
                durations.append(time.perf_counter() - started_at)
                done += 1

        await asyncio.gather(*(edit(editor, n) for n, editor in enumerate(editors)))

    def _measures(
        self,
        pool: ReaderPool,
        window: MeasuredWindow,
        statuses: Counter[int],
        durations: list[float],
    ) -> Measurements:
        edits = statuses[200]
        received = [reader.count for reader in pool.readers]
        undelivered, duplicates = counts(received, [edits] * len(received))
        failures = {status: n for status, n in statuses.items() if status != 200}
        errors = [*pool.errors, *(f"{n} responses {status}" for status, n in failures.items())]
        return Measurements(
            cpu_us=window.server / edits * 1e6 if edits else None,
            per_second=edits / window.wall,
            p50_ms=_ms(percentile(durations, 0.5)),
            p99_ms=_ms(percentile(durations, 0.99)),
            bytes_each=pool.stats.bytes / max(1, pool.stats.received),
            generator=window.generator / window.wall,
            done=edits,
            undelivered=undelivered,
            duplicates=duplicates,
            out_of_order=out_of_order(versions(pool.readers[0].messages or [])),
            errors=errors,
        )


@dataclass(frozen=True)
class Growth(Edits):
    """The same edits on one connection, with a larger database."""

    targets: tuple[str, ...] = ("trolley",)
    headline: str = "p50_ms"
    sockets: int = 1
    editors: int = 1
    items: int = 10
    other_lists: int = 10
    changes: int = 1_000

    @property
    def size(self) -> SeedSize:
        return SeedSize(
            items=self.items, other_lists=self.other_lists, changes=self.changes, users_per_list=1
        )


@dataclass(frozen=True)
class Resume(Scenario):
    """The server is killed (`kill -9`), each list changes meanwhile, and every socket resumes.

    `per_second` counts sockets that have all changes; p99 is the time when 99 % have them.
    """

    targets: tuple[str, ...] = ("trolley",)
    headline: str = "per_second"
    missed: int = 50

    async def measure(self, run: Run) -> Measurements:
        earlier_pool = run.reader_pool()
        await self.open(run, earlier_pool, self.reader_configs(run, self.sockets))
        run.server.kill()
        earlier_pool.close()
        for index in range(self.lists):
            run.commit(index, self.missed)
        run.server.start()
        run.server.wait_until_listening()
        pool = run.reader_pool()
        pool.ready_marker = b'"type":"subscribed"'
        try:
            return await self._measure(run, pool)
        finally:
            pool.close()

    async def _measure(self, run: Run, pool: ReaderPool) -> Measurements:
        since = f"?since=0&epoch={EPOCH}&digest={digest_of(0)}"
        configs = [
            replace(config, path=config.path + since)
            for config in self.reader_configs(run, self.sockets)
        ]
        stats = pool.stats
        stats.expect(self.sockets * self.missed)
        for index in range(self.lists):
            stats.send_times(index).extend([time.perf_counter()] * self.missed)
        with garbage_collector_off():
            window = MeasuredWindow(run.server.pid)
            await self.open(run, pool, configs)
            await stats.wait_until_complete(EVENT_TIMEOUT)
            window.close()
        received = [reader.count for reader in pool.readers]
        undelivered, duplicates = counts(received, [self.missed] * len(received))
        return Measurements(
            cpu_us=window.server / self.sockets * 1e6,
            per_second=self.sockets / window.wall,
            p50_ms=_ms(percentile(stats.latencies, 0.5)),
            p99_ms=_ms(percentile(stats.latencies, 0.99)),
            bytes_each=stats.bytes / max(1, stats.received),
            generator=window.generator / window.wall,
            done=len(received),
            undelivered=undelivered + self.missed * (self.sockets - len(received)),
            duplicates=duplicates,
            errors=pool.errors,
        )


@dataclass(frozen=True)
class Idle(Scenario):
    """The memory of each socket that is subscribed to a list without changes.

    `cpu_us` is for each socket and second.
    """

    headline: str = "kb_each"
    first: int = 20
    """Sockets opened before memory is first read, so that imports and caches do not count."""
    hold: float = 21

    async def measure(self, run: Run) -> Measurements:
        first_pool, pool = run.reader_pool(), run.reader_pool()
        try:
            configs = self.reader_configs(run, self.sockets)
            await self.open(run, first_pool, configs[: self.first])
            await asyncio.sleep(1)
            before = processes.resident_bytes(run.server.pid)
            await self.open(run, pool, configs[self.first :])
            window = MeasuredWindow(run.server.pid)
            await asyncio.sleep(self.hold)
            window.close()
            after = processes.resident_bytes(run.server.pid)
            open_sockets = pool.stats.opened - pool.stats.closed
        finally:
            first_pool.close()
            pool.close()
        return Measurements(
            cpu_us=window.server / window.wall / (open_sockets + self.first) * 1e6,
            kb_each=(after - before) / 1024 / open_sockets if open_sockets else None,
            done=open_sockets + self.first,
            undelivered=self.sockets - open_sockets - self.first,
            errors=[*first_pool.errors, *pool.errors],
        )


@dataclass(frozen=True)
class Program(Scenario):
    """A measurement that is a program of its own, with its own server if it needs one.

    `python -m MODULE ARGUMENTS --json` prints its figures as JSON on the last line.
    """

    targets: tuple[str, ...] = ("trolley",)
    headline: str = ""
    """The name of a figure."""
    module: str = ""
    arguments: tuple[str, ...] = ()

    def run(self) -> Measurements:
        """Run the program. If it fails, the measurements contain only the error."""
        command = [sys.executable, "-m", self.module, *self.arguments, "--json"]
        try:
            output = processes.run_command(command, {})
        except (OSError, RuntimeError, subprocess.SubprocessError) as error:
            return Measurements(errors=[f"{type(error).__name__}: {error}"])
        return Measurements(figures=json.loads(output.splitlines()[-1]), done=1)


SCENARIOS: dict[str, Scenario] = {
    scenario.id: scenario
    for scenario in (
        FanOut(
            id="F1",
            title="500 sockets on one list, events one after another",
            sockets=500,
            references=("null", "websockets", "node ws"),
            quick={"seconds": 2},
        ),
        FanOut(
            id="F2",
            title="500 sockets on one list, bursts of 64 events",
            sockets=500,
            burst=64,
            headline="per_second",
            references=("null", "websockets", "node ws"),
            quick={"seconds": 2},
        ),
        FanOut(
            id="F3",
            title="5,000 sockets on one list, events one after another",
            sockets=5_000,
            warmup=1,
            references=("null", "websockets"),
            quick={"sockets": 2_000, "seconds": 2},
        ),
        FanOut(
            id="F4",
            title="500 sockets on one list, 20 events a second, open loop",
            sockets=500,
            rate=20,
            seconds=30,
            headline="p50_ms",
            quick={"seconds": 5},
        ),
        FanOut(
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
            title="2,000 sockets of one list resume after kill -9, 50 changes behind",
            sockets=2_000,
            quick={"sockets": 500},
        ),
        Resume(
            id="R1-lists",
            title="10,000 sockets of 10 lists resume after kill -9, 50 changes behind",
            sockets=10_000,
            lists=10,
            quick={"sockets": 1_000},
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
            changes=1_000_000,
            quick={"changes": 50_000, "seconds": 3},
        ),
        Program(
            id="D1",
            title="what the dashboard adds to a request",
            headline="added_us",
            module="bench.counting_cost",
        ),
        Program(
            id="W1",
            title="the dashboard while an item is changed 100 times a second",
            headline="frames_per_second",
            module="bench.dashboard_frames",
            arguments=("--seconds", "8"),
        ),
        Program(
            id="W2",
            title="a list of 10,000 items in the browser",
            headline="own_tick_work_p95_ms",
            module="bench.long_list",
            arguments=("--rounds", "30"),
        ),
    )
}
