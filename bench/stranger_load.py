"""S2: how long a member waits beside exports that nobody reads, made-up tokens and handshakes.

`python -m bench.stranger_load [--server daphne]`. Ana has a list of 10,000 items. In each
trial, clients at one address send their requests and close their connections at once, or
send tokens that do not exist, or begin 300 WebSockets a second. Ben reads his lists at
another address meanwhile, or opens sockets at another and at the same address. It prints his
latency alone and during each trial. DATABASE_URL names an empty database; the default is
SQLite.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from threading import Event, Thread

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from bench.processes import ROOT, Server
from bench.sign_in_load import report

ATTACKER, MEMBER = ("127.0.0.3", 0), ("127.0.0.2", 0)
HANDSHAKES_PER_SECOND, JOINS = 300, 14
LISTS = "/api/shopping-lists/"
SEED = """
from bench.full_list import build
_, list_id = build(10_000)
from accounts.models import User
from accounts import tokens
ana = User.objects.get(username="ana")
ben = User.objects.create_user("ben", name="Ben")
print("SEEDED", list_id, *(tokens.create(user, name="bench")[1] for user in (ana, ben)))
"""


def get(port: int, path: str, token: str, source: tuple[str, int]) -> HTTPConnection:
    """Send a request on a new connection, and return that."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60, source_address=source)
    connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
    return connection


def latencies(port: int, token: str, is_over: Callable[[], bool]) -> list[float]:
    """Read the lists of a member until it is over; return milliseconds."""
    times: list[float] = []
    while not is_over():
        started = time.perf_counter()
        connection = get(port, LISTS, token, MEMBER)
        response = connection.getresponse()
        response.read()
        connection.close()
        times.append((time.perf_counter() - started) * 1000)
        if response.status != 200:
            raise RuntimeError(f"the member was answered {response.status}")
        time.sleep(0.01)
    return times


def abandon_exports(port: int, path: str, token: str, count: int) -> None:
    """Ask for exports and leave before the answers."""
    connections = [get(port, path, token, ATTACKER) for _ in range(count)]
    time.sleep(0.02)
    for connection in connections:
        connection.close()


def send_made_up_tokens(port: int, count: int, answers: Counter[int]) -> None:
    """Send requests, each with another token that does not exist."""
    for _ in range(count):
        connection = get(port, LISTS, secrets.token_hex(32), ATTACKER)
        answers[connection.getresponse().status] += 1
        connection.close()


class HandshakeFlood(Thread):
    """Begins HANDSHAKES_PER_SECOND WebSockets without a credential until the block ends."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.sent = 0
        self._port = port
        self._stopped = Event()

    def __enter__(self) -> HandshakeFlood:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self.join()

    def run(self) -> None:
        request = (
            f"GET /ws/ HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        ).encode()
        clients: deque[socket.socket] = deque()
        started = time.monotonic()
        while not self._stopped.wait(0.001):
            while self.sent < (time.monotonic() - started) * HANDSHAKES_PER_SECOND:
                self.sent += 1
                with suppress(OSError):
                    address = ("127.0.0.1", self._port)
                    clients.append(socket.create_connection(address, 5, ATTACKER))
                    clients[-1].sendall(request)
            while len(clients) > 2 * HANDSHAKES_PER_SECOND:
                clients.popleft().close()
        for client in clients:
            client.close()


def join(port: int, token: str, source: tuple[str, int]) -> float | None:
    """Open a socket and wait for its welcome; return milliseconds, None if it fails."""
    started = time.perf_counter()
    try:
        with connect(
            f"ws://127.0.0.1:{port}/ws/",
            additional_headers={"Authorization": f"Bearer {token}"},
            open_timeout=5,
            source_address=source,
        ) as client:
            is_in = json.loads(client.recv(5))["type"] == "welcome"
    except (OSError, TimeoutError, WebSocketException):
        return None
    return (time.perf_counter() - started) * 1000 if is_in else None


def report_joins(port: int, token: str, source: tuple[str, int], name: str) -> None:
    """Print how many sockets of a member opened beside the handshakes, and how long it took."""
    with HandshakeFlood(port) as flood:
        time.sleep(2)
        joins = []
        for _ in range(JOINS):
            joins.append(join(port, token, source))
            time.sleep(0.4)
    times = [each for each in joins if each is not None]
    worst = f"{max(times):.0f} ms" if times else "-"
    print(
        f"{flood.sent} handshakes, {name}: {len(times)} of {JOINS} sockets opened, "
        f"the slowest in {worst}"
    )


def beside(port: int, token: str, attack: Callable[[], None], workers: int = 1) -> list[float]:
    """Return the member's latencies from the beginning of an attack to 2 s after its end."""
    threads = [Thread(target=attack) for _ in range(workers)]
    for thread in threads:
        thread.start()
    end = [0.0]

    def is_over() -> bool:
        if any(thread.is_alive() for thread in threads):
            return False
        end[0] = end[0] or time.monotonic() + 2
        return time.monotonic() > end[0]

    return latencies(port, token, is_over)


def seed(environment: dict[str, str]) -> list[str]:
    """Create the database; return the list's id and the tokens of ana and ben."""
    for arguments in (["migrate", "--verbosity", "0"], ["shell", "-c", SEED]):
        command = [sys.executable, str(ROOT / "manage.py"), *arguments]
        full_environment = {**os.environ, **environment}
        done = subprocess.run(
            command, env=full_environment, cwd=ROOT, text=True, capture_output=True, check=False
        )
        if done.returncode:
            raise SystemExit(done.stderr)
    return done.stdout.split("SEEDED ")[1].split()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8340)
    parser.add_argument("--server", default="uvicorn")
    options = parser.parse_args()
    port = options.port
    with tempfile.TemporaryDirectory() as data:
        environment = {"TROLLEY_DATA": data, "PYTHONPATH": str(ROOT)}
        list_id, ana, ben = seed(environment)
        command = [sys.executable, str(ROOT / "manage.py"), "serve", "--host", "127.0.0.1"]
        command += ["--port", str(port), "--server", options.server]
        # Ben reads more often than a person does.
        environment["TROLLEY_READS_PER_SECOND"] = "1000"
        server = Server(command, port=port, log=Path(data) / "server.log", env=environment)
        try:
            server.wait_until_listening()
            measure(port, f"{LISTS}{list_id}/export/?format=", ana, ben)
        finally:
            server.stop()


def measure(port: int, export: str, ana: str, ben: str) -> None:
    """Run the trials one after another."""
    end = time.monotonic() + 5
    latencies(port, ben, lambda: time.monotonic() > end - 3)
    report("alone", latencies(port, ben, lambda: time.monotonic() > end))
    for format_name in ("json", "csv", "markdown", "text"):
        for count in (8, 24):
            attack = partial(abandon_exports, port, f"{export}{format_name}", ana, count)
            times = beside(port, ben, attack)
            report(f"{count} exports, {format_name}", times)
    answers = Counter[int]()
    times = beside(port, ben, lambda: send_made_up_tokens(port, 50, answers), workers=30)
    report("1,500 made-up tokens", times)
    print("answers to made-up tokens:", dict(answers))
    report_joins(port, ben, MEMBER, "member at another address")
    report_joins(port, ben, ATTACKER, "member at the same address")


if __name__ == "__main__":
    main()
