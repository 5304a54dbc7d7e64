"""What hostile clients cost: `python -m bench.costs`.

Each trial starts a fresh server, attacks it from 127.0.0.1, and meanwhile asks for
/healthz from 127.0.0.2, on a new connection each time. One row for each trial has the
memory and the descriptors of the server before, at most and after, and how long the
other client waited. A trial is a function in TRIALS. `--tree` runs another checkout.
"""

from __future__ import annotations

import argparse
import contextlib
import resource
import shutil
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from bench.processes import ROOT, Server, is_listening

MIB = 1024 * 1024
OTHER_CLIENT = "127.0.0.2"
PROBE = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
PROBE_TIMEOUT = 5.0  # s
HELD_CONNECTIONS = 300


@dataclass
class Target:
    """The server under attack."""

    port: int
    stack: contextlib.ExitStack

    def connect(self, timeout: float = 20) -> socket.socket:
        """Open a connection that is closed at the end of the trial."""
        return self.stack.enter_context(
            socket.create_connection(("127.0.0.1", self.port), timeout=timeout)
        )


@dataclass
class Probe:
    """Measures the server from a thread of its own, until `stop`."""

    port: int
    pid: int
    delays: list[float] = field(default_factory=list)
    failures: int = 0
    max_memory: int = 0
    max_descriptors: int = 0

    def __enter__(self) -> Probe:
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=run) for run in (self._request, self._sample)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _request(self) -> None:
        while not self._stopped.wait(0.05):
            started = time.perf_counter()
            try:
                self._ask()
            except OSError:
                self.failures += 1
            self.delays.append(time.perf_counter() - started)

    def _ask(self) -> None:
        address = ("127.0.0.1", self.port)
        with socket.create_connection(address, PROBE_TIMEOUT, (OTHER_CLIENT, 0)) as client:
            client.sendall(PROBE)
            if not client.recv(4096).startswith(b"HTTP/1.1 200"):
                raise OSError("not 200")

    def _sample(self) -> None:
        while not self._stopped.wait(0.02):
            memory, descriptors = measure(self.pid)
            self.max_memory = max(self.max_memory, memory)
            self.max_descriptors = max(self.max_descriptors, descriptors)

    def delay(self) -> str:
        times = [delay * 1000 for delay in self.delays] or [0.0]
        failed = f", {self.failures} of {len(times)} failed" if self.failures else ""
        return f"{statistics.median(times):.0f} / {max(times):.0f}{failed}"


def measure(pid: int) -> tuple[int, int]:
    """Return the memory in bytes, with temporary files, and the number of descriptors."""
    process = psutil.Process(pid)
    temporary = 0
    for path in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            if "(deleted)" in str(path.readlink()):
                temporary += path.stat().st_size
    return process.memory_info().rss + temporary, process.num_fds()


def send(client: socket.socket, head: bytes, part: bytes, *, limit: int, seconds: float) -> str:
    """Send `part` again and again, and return how the server stopped it."""
    sent, started = 0, time.monotonic()
    try:
        client.sendall(head)
        while sent < limit and time.monotonic() - started < seconds:
            client.sendall(part)
            sent += len(part)
    except OSError:
        pass
    else:
        return f"took {sent / MIB:.1f} MB"
    return f"{status(client)} after {sent / MIB:.2f} MB"


def status(client: socket.socket, timeout: float = 0.5) -> str:
    """Return the status that has arrived, "closed", or "open"."""
    client.settimeout(timeout)
    try:
        answer = client.recv(4096)
    except TimeoutError:
        return "open"
    except OSError:
        return "closed"
    return answer.split(b" ", 2)[1].decode() if answer else "closed"


def summary(statuses: list[str]) -> str:
    counts = {each: statuses.count(each) for each in sorted(set(statuses))}
    return ", ".join(f"{count} {each}" for each, count in counts.items())


HEAD = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"


def endless_head(target: Target) -> str:
    part = b"X-A: " + b"a" * 8_000 + b"\r\n"
    return send(target.connect(), HEAD, part, limit=60 * MIB, seconds=15)


def huge_header(target: Target) -> str:
    return send(target.connect(), HEAD + b"X: ", b"a" * 65_536, limit=60 * MIB, seconds=15)


def huge_address(target: Target) -> str:
    return send(target.connect(), b"GET /", b"a" * 65_536, limit=40 * MIB, seconds=15)


def trailers(target: Target) -> str:
    head = b"POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
    part = b"X-A: " + b"a" * 8_000 + b"\r\n"
    return send(target.connect(), head, part, limit=40 * MIB, seconds=15)


def trickle(target: Target, first: bytes, step: bytes) -> str:
    clients = [target.connect() for _ in range(20)]
    for client in clients:
        client.sendall(first)
    for _ in range(3):
        time.sleep(4.5)
        for client in clients:
            with contextlib.suppress(OSError):
                client.sendall(step)
    return f"after 13.5 s: {summary([status(client) for client in clients])}"


def silence(target: Target) -> str:
    return trickle(target, b"", b"")


def slow_head(target: Target) -> str:
    return trickle(target, HEAD, b"X: a\r\n")


def slow_body(target: Target) -> str:
    return trickle(target, b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n", b"a")


def unfinished_bodies(target: Target) -> str:
    head = b"POST /nobody/import/ HTTP/1.1\r\nHost: x\r\nContent-Length: 2097152\r\n\r\n"
    return hold_bodies(target, head)


def unfinished_imports(target: Target) -> str:
    head = b"POST /api/import/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\n"
    return hold_bodies(target, head + b"Content-Length: 2097152\r\n\r\n")


def hold_bodies(target: Target, head: bytes) -> str:
    statuses = []
    for _ in range(100):
        client = target.connect()
        try:
            client.sendall(head + b"a" * 2_097_000)
        except OSError:
            statuses.append(status(client))
        else:
            statuses.append(status(client, 0.02))
    time.sleep(1)
    return summary(statuses)


def declared_body(target: Target) -> str:
    head = b"POST /nothing/ HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000000\r\n\r\n"
    return send(target.connect(), head, b"a" * 65_536, limit=60 * MIB, seconds=15)


def half_open_heads(target: Target) -> str:
    """The server has 200 descriptors (`ulimit -n 200`)."""
    clients = []
    for _ in range(HELD_CONNECTIONS):
        with contextlib.suppress(OSError):
            clients.append(target.connect(timeout=2))
            clients[-1].sendall(HEAD)
    time.sleep(3)
    return summary([status(client, 0.01) for client in clients])


Trial = Callable[[Target], str]
TRIALS: dict[str, Trial] = {
    "endless head": endless_head,
    "one huge header": huge_header,
    "huge address": huge_address,
    "trailers": trailers,
    "silence": silence,
    "slow head": slow_head,
    "slow body": slow_body,
    "100 unfinished bodies": unfinished_bodies,
    "100 unfinished imports": unfinished_imports,
    "10 GB declared": declared_body,
    "half-open heads": half_open_heads,
}
DESCRIPTOR_LIMITS = {"half-open heads": 200}


@contextlib.contextmanager
def running_server(kind: str, tree: Path, port: int, descriptors: int | None) -> Iterator[Server]:
    """Run one server on an empty data directory."""
    data = Path(tempfile.mkdtemp(prefix="trolley-costs-"))
    serve = [sys.executable, "manage.py", "serve", "--host", "127.0.0.1", "--port", str(port)]
    limit = f"ulimit -n {descriptors}; " if descriptors else ""
    script = f'cd "$0"; {limit}exec "$@" --server {kind}'
    server = Server(
        ["sh", "-c", script, str(tree), *serve],
        port=port,
        log=data / "log",
        env={
            "TROLLEY_DATA": str(data / "data"),
            "PYTHONPATH": str(tree),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
    )
    try:
        server.wait_until_listening()
        with Probe(port, server.pid):
            time.sleep(1)  # until the first requests have loaded everything
        yield server
    finally:
        server.stop()
        shutil.rmtree(data, ignore_errors=True)


def run_trial(name: str, kind: str, tree: Path, port: int) -> str:
    """Return the row of one trial."""
    with running_server(kind, tree, port, DESCRIPTOR_LIMITS.get(name)) as server:
        memory, descriptors = measure(server.pid)
        with Probe(port, server.pid) as quiet:
            time.sleep(2)
        with contextlib.ExitStack() as stack, Probe(port, server.pid) as loud:
            outcome = TRIALS[name](Target(port, stack))
            time.sleep(1)
        time.sleep(1)
        after, descriptors_after = measure(server.pid)
    sizes = " / ".join(f"{size / MIB:.0f}" for size in (memory, loud.max_memory, after))
    files = f"{descriptors} / {loud.max_descriptors} / {descriptors_after}"
    cells = [name, kind, outcome, sizes, files, quiet.delay(), loud.delay()]
    return f"| {' | '.join(cells)} |"


HEADER = """\
| trial | server | outcome | memory MB: before / most / after | descriptors: before / most / after \
| others before, ms: median / most | others during, ms |
| --- | --- | --- | --- | --- | --- | --- |"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("trials", nargs="*", metavar="TRIAL", help=", ".join(TRIALS))
    options.add_argument("--servers", default="uvicorn,daphne")
    options.add_argument("--tree", type=Path, default=ROOT, help="the checkout to run")
    options.add_argument("--port", type=int, default=8120)
    chosen = options.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    if is_listening(chosen.port):
        raise SystemExit(f"port {chosen.port} is in use: choose another with --port")
    print(HEADER)
    for name in chosen.trials or TRIALS:
        for kind in chosen.servers.split(","):
            print(run_trial(name, kind, chosen.tree, chosen.port), flush=True)


if __name__ == "__main__":
    main()
