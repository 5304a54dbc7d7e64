"""A database that fails under load: `python -m bench.failing_database connections|disk`.

Clients read a list, and add items with an Idempotency-Key until an answer other than 503.
Meanwhile the trial `connections` ends all connections of PostgreSQL once a second, under
three workers (DATABASE_URL and REDIS_URL name an empty database and a Redis), and the trial
`disk` fills a small disk of SQLite, keeps it full, and makes room again (as root on Linux).

It prints how often each status was answered in each phase, and fails if there was a 500, if
an item is missing or there twice, or if a list differs from its log.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg

from bench.event import list_id

PORT = int(os.environ.get("BENCH_PORT", "8120"))
READERS = WRITERS = 4
PHASE_SECONDS = 30.0
DISK_BYTES = 64 * 1024 * 1024
MANAGE = [sys.executable, "manage.py"]


class Load:
    """The clients, and what they were answered in each phase."""

    def __init__(self, token: str) -> None:
        self.phase = "before"
        self.statuses: dict[str, Counter[str]] = defaultdict(Counter)
        self.slowest: dict[str, float] = defaultdict(float)
        self.added: list[str] = []
        self.waiting: set[str] = set()
        self.is_ending = False
        self._headers = {"Authorization": f"Bearer {token}"}
        self._list = f"/api/shopping-lists/{list_id(0)}/"

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Run the clients, and let them end what they have begun."""
        clients = [threading.Thread(target=self._read) for _ in range(READERS)]
        clients += [threading.Thread(target=self._write) for _ in range(WRITERS)]
        for client in clients:
            client.start()
        try:
            yield
        finally:
            self.is_ending = True
            for client in clients:
                client.join()

    def during(self, phase: str, seconds: float) -> None:
        """Let the clients run for a phase."""
        self.phase = phase
        time.sleep(seconds)

    def _read(self) -> None:
        with self._client() as client:
            while not self.is_ending:
                self._request(client, "GET", self._list)
                time.sleep(0.02)

    def _write(self) -> None:
        with self._client() as client:
            while not self.is_ending:
                name, key = f"item {uuid4()}", {"Idempotency-Key": str(uuid4())}
                body = {"name": name, "note": "n" * 400}
                self.waiting.add(name)
                deadline = time.monotonic() + 120
                status = 503
                while status in {0, 503} and time.monotonic() < deadline:
                    path = f"{self._list}shopping-items/"
                    status = self._request(client, "POST", path, json=body, headers=key)
                    if status in {0, 503}:
                        time.sleep(0.2)
                if status == 201:
                    self.added.append(name)
                self.waiting.discard(name)
                time.sleep(0.02)

    def _client(self) -> httpx.Client:
        return httpx.Client(base_url=f"http://127.0.0.1:{PORT}", headers=self._headers, timeout=60)

    def _request(self, client: httpx.Client, method: str, path: str, **options: Any) -> int:
        phase, started_at = self.phase, time.monotonic()
        try:
            response = client.request(method, path, **options)
            status = response.status_code
            if status == 503 and not (
                response.headers.get("Retry-After")
                and response.json()["code"] == "database_unavailable"
            ):
                status = -503
        except httpx.HTTPError:
            status = 0
        self.statuses[phase][f"{method} {status}"] += 1
        key = f"{phase}, {method}"
        self.slowest[key] = max(self.slowest[key], time.monotonic() - started_at)
        return status

    def report(self) -> None:
        for phase, statuses in self.statuses.items():
            print(f"{phase}: {dict(sorted(statuses.items()))}")
        print({key: f"{seconds:.2f} s" for key, seconds in self.slowest.items()})


def environment(data: Path) -> dict[str, str]:
    """Return the environment of the server, without limits of its own."""
    limits = dict.fromkeys(["TROLLEY_WRITES_PER_SECOND", "TROLLEY_READS_PER_SECOND"], "0")
    return {**os.environ, **limits, "TROLLEY_DATA": str(data)}


def seed(data: Path) -> str:
    """Fill the empty database; return a token."""
    code = "from bench.trolley_seed import seed; from bench.event import SeedSize; "
    command = [*MANAGE, "shell", "-v", "0", "-c", f"{code} print(seed(SeedSize())[0])"]
    ended = subprocess.run(
        command, env=environment(data), check=True, capture_output=True, text=True
    )
    # The rows were not recorded, so their digests are wrong.
    repair = [*MANAGE, "check_lists", "--repair"]
    subprocess.run(repair, env=environment(data), check=True, capture_output=True)
    return ended.stdout.split()[-1]


@contextlib.contextmanager
def server(data: Path, *arguments: str) -> Iterator[Path]:
    """Run the server; yield the file with its log."""
    log = Path(tempfile.mkstemp(prefix="failing-database-", suffix=".log")[1])
    command = [*MANAGE, "serve", "--host", "127.0.0.1", "--port", str(PORT), *arguments]
    with log.open("w") as output:
        process = subprocess.Popen(command, env=environment(data), stdout=output, stderr=output)
    try:
        _wait_until_ready()
        yield log
    finally:
        process.terminate()
        process.wait(30)


def _wait_until_ready() -> None:
    for _ in range(300):
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"http://127.0.0.1:{PORT}/readyz").status_code == 200:
                return
        time.sleep(0.2)
    raise SystemExit("the server is not ready")


def readiness() -> str:
    response = httpx.get(f"http://127.0.0.1:{PORT}/readyz", timeout=30)
    return f"{response.status_code} {response.text}"


def end_connections(load: Load, url: str) -> None:
    """End all connections of the workers once a second for a phase."""
    load.phase, ended = "connections ended", 0
    with psycopg.connect(url, autocommit=True) as administrator:
        deadline = time.monotonic() + PHASE_SECONDS
        while time.monotonic() < deadline:
            row = administrator.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            ).fetchone()
            ended += row[0] if row else 0
            time.sleep(1)
    print(f"{ended} connections ended")


def fill_disk(load: Load, data: Path) -> None:
    """Fill the disk for a phase, then make room."""
    ballast = data / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(65536))
    with ballast.open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(512))
    load.during("disk full", PHASE_SECONDS)
    print(f"readyz while the disk is full: {readiness()}")
    ballast.unlink()


def check(load: Load, data: Path, log: Path) -> int:
    """Print what is wrong afterwards; return how much."""
    print(f"readyz afterwards: {readiness()}")
    code = (
        "from shopping_list.models import ShoppingItem; "
        "print(*ShoppingItem.objects.filter(name__startswith='item ').values_list('name'), sep='|')"
    )
    command = [*MANAGE, "shell", "-v", "0", "-c", code]
    stored = subprocess.run(
        command, env=environment(data), check=True, capture_output=True, text=True
    ).stdout
    names = Counter(part.strip("()', \n") for part in stored.split("|"))
    missing = [name for name in load.added if names[name] != 1]
    checked = subprocess.run([*MANAGE, "check_lists"], env=environment(data), check=False)
    wrong = sum(
        count
        for statuses in load.statuses.values()
        for status, count in statuses.items()
        if status.split()[1] not in {"0", "200", "201", "503"}
    )
    tracebacks = log.read_text().count("Traceback")
    print(f"{len(load.added)} items answered 201, {len(missing)} missing or there twice")
    print(f"{wrong} wrong answers, {tracebacks} tracebacks in {log}")
    return len(missing) + wrong + checked.returncode


def run(trial: str, data: Path) -> int:
    load = Load(seed(data))
    workers = ("--workers", "3") if trial == "connections" else ()
    with server(data, *workers) as log:
        with load.running():
            load.during("before", 5)
            if trial == "connections":
                end_connections(load, os.environ["DATABASE_URL"])
            else:
                fill_disk(load, data)
            load.during("after", 10)
        load.report()
        return check(load, data, log)


def main() -> int:
    trial = sys.argv[1]
    with tempfile.TemporaryDirectory(prefix="failing-database-") as folder:
        if trial == "connections":
            return run(trial, Path(folder))
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "none", folder], check=True
        )
        try:
            return run(trial, Path(folder))
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


if __name__ == "__main__":
    sys.exit(bool(main()))
