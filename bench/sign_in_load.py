"""S1: what sign-ins cost the other users: `python -m bench.sign_in_load [--server daphne]`.

CONCURRENT clients sign in under names that do not exist, again and again. Meanwhile one
client reads its profile. It prints the latency of those reads before and during the
sign-ins, the statuses of the sign-ins, and the memory of the server before, at its peak
and afterwards. DATABASE_URL names an empty database; the default is SQLite.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from threading import Event, Thread

from bench.processes import ROOT, Server, resident_bytes

CONCURRENT, SECONDS, WARMUP = 24, 8.0, 20
SIGN_IN, READ = "/api/api-token-auth/", "/api/auth/me/"


def sign_in_repeatedly(port: int, number: int, stopped: Event, answers: Counter[str]) -> None:
    """Sign in under invented names until stopped, and count the answers."""
    attempt = 0
    while not stopped.is_set():
        attempt += 1
        body = {"username": f"name-{number}-{attempt}", "password": "a long enough passphrase"}
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("POST", SIGN_IN, json.dumps(body), {"Content-Type": "application/json"})
        response = connection.getresponse()
        code = json.loads(response.read())["code"]
        answers[f"{response.status} {code}"] += 1
        connection.close()
        if response.status == 429:
            stopped.wait(float(response.headers["Retry-After"]) / 4)


def read_latencies(port: int, seconds: float) -> list[float]:
    """Read the profile for some seconds, 50 times a second; return the milliseconds."""
    latencies = []
    end = time.monotonic() + seconds
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    while time.monotonic() < end:
        start = time.perf_counter()
        connection.request("GET", READ)
        connection.getresponse().read()
        latencies.append((time.perf_counter() - start) * 1000)
        time.sleep(0.02)
    return latencies


def report(name: str, latencies: list[float]) -> None:
    """Print the median and the worst latency."""
    ordered = sorted(latencies)
    p99 = ordered[int(len(ordered) * 0.99)]
    print(
        f"{name:24} median {median(ordered):7.1f} ms   p99 {p99:7.1f} ms   "
        f"worst {ordered[-1]:7.1f} ms   {len(ordered)} reads"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8330)
    parser.add_argument("--server", default="uvicorn")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as data:
        command = [sys.executable, str(ROOT / "manage.py"), "serve", "--host", "127.0.0.1"]
        command += ["--port", str(options.port), "--server", options.server]
        # Without the limits by address: the clients stand for ones from many addresses.
        environment = {
            "TROLLEY_DATA": data,
            "TROLLEY_SIGNIN_FAILURES": "1000000",
            "TROLLEY_WRITES_PER_SECOND": "0",
            "TROLLEY_READS_PER_SECOND": "0",
        }
        log = Path(data) / "server.log"
        server = Server(command, port=options.port, log=log, env=environment)
        try:
            measure(server, options.port)
        finally:
            server.stop()


def measure(server: Server, port: int) -> None:
    """Measure reads alone, then beside the sign-ins."""
    for _ in range(100):
        try:
            read_latencies(port, 0.1)
            break
        except OSError:
            time.sleep(0.2)
    report("reads alone", read_latencies(port, 3))
    before = resident_bytes(server.pid)
    stopped, answers, peak = Event(), Counter[str](), [before]

    def sample() -> None:
        while not stopped.wait(0.01):
            peak[0] = max(peak[0], resident_bytes(server.pid))

    threads = [Thread(target=sample)] + [
        Thread(target=sign_in_repeatedly, args=(port, number, stopped, answers))
        for number in range(CONCURRENT)
    ]
    for thread in threads:
        thread.start()
    try:
        during = read_latencies(port, SECONDS)
    finally:
        stopped.set()
        for thread in threads:
            thread.join()
    report(f"beside {CONCURRENT} sign-ins", during)
    print("answers to sign-ins:", dict(answers))
    after = resident_bytes(server.pid)
    print(
        f"memory: {before / 1e6:.0f} MB before, {peak[0] / 1e6:.0f} MB at most "
        f"(+{(peak[0] - before) / 1e6:.0f}), {after / 1e6:.0f} MB after"
    )


if __name__ == "__main__":
    main()
