"""R2: 2,000 sockets of one process resume on two others after `kill -9`, behind Caddy.

`python -m bench.connect_storm`. It needs Caddy, and BENCH_POSTGRES_URL and BENCH_REDIS_URL or
the servers of this machine. The sockets are those of 100 users on 20 lists, 5 users and 100
sockets each, and are clients of trolley_check, which imports nothing of Trolley. All are on
the first process, because the others start after it; then it is killed, and one change a list
is missed. It prints how long it takes until each has resumed, how many did so without a
snapshot, and the statements of the other processes meanwhile.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from asgi_project.topology.compose_file import read_services
from asgi_project.topology.local_services import Place, local_services
from asgi_project.topology.processes import Topology, free_ports
from asgi_project.topology.temporary_database import temporary_database
from bench.arithmetic import percentile
from bench.processes import ROOT
from trolley_check.history import History
from trolley_check.socket_client import SocketClient

LISTS, USERS_PER_LIST, SOCKETS_PER_USER = 20, 5, 20
SEED = f"""
import json
from accounts import tokens
from accounts.models import User
from shopping_list.models import Membership, ShoppingList
lists = []
for number in range({LISTS}):
    names = [f"u{{number}}-{{index}}" for index in range({USERS_PER_LIST})]
    users = [User.objects.create_user(name) for name in names]
    created = ShoppingList.objects.create(name=f"List {{number}}", created_by=users[0])
    for user in users:
        Membership.objects.create(
            shopping_list=created, user=user, role="owner" if user == users[0] else "editor"
        )
    created.items.create(name="Milk")
    lists.append((str(created.pk), [tokens.create(user, name="bench")[1] for user in users]))
print("SEEDED " + json.dumps(lists))
"""
TIMEOUT = 180.0
# Sockets that check their access or wait for other things cost statements of other kinds.
LOG = '"shopping_list_activity"'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--handshakes", type=int, default=100, help="TROLLEY_HANDSHAKES")
    arguments = parser.parse_args()
    postgres = os.environ.get("BENCH_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")
    redis = os.environ.get("BENCH_REDIS_URL", "redis://127.0.0.1:6379/9")
    with TemporaryDirectory() as folder, temporary_database(postgres) as database:
        place = new_place(Path(folder), database, redis)
        environment = {
            **os.environ,
            "SECRET_KEY": secrets.token_urlsafe(48),
            "TROLLEY_HANDSHAKES": str(arguments.handshakes),
            "TROLLEY_CONNECTIONS_PER_ADDRESS": "0",
            "BENCH_STATEMENTS": str(place.folder / "statements"),
        }
        with Topology(
            counted(place, environment), root=ROOT, folder=place.folder, environment=environment
        ) as topology:
            asyncio.run(storm(topology, place, environment))


def new_place(folder: Path, database: str, redis: str) -> Place:
    site, health, *apps = free_ports(5)
    return Place(
        root=ROOT,
        folder=folder,
        database_url=database,
        redis_url=redis,
        site_port=site,
        health_port=health,
        app_ports=tuple(apps),
    )


def counted(place: Place, environment: dict[str, str]):
    """Return the services, with app processes that count their statements."""
    text = (ROOT / "docker-compose.yml").read_text()
    for service in local_services(read_services(text, environment), place):
        yield replace(
            service,
            command=[
                part
                for word in service.command
                for part in (["-m", "bench.counted_manage"] if word == "manage.py" else [word])
            ],
        )


def seed(topology: Topology, environment: dict[str, str]) -> list[tuple[str, list[str]]]:
    command = [sys.executable, "manage.py", "shell", "-v", "0", "-c", SEED]
    output = subprocess.run(
        command,
        cwd=ROOT,
        env={**environment, **topology.services["app-1"].environment},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    line = next(line for line in output.splitlines() if line.startswith("SEEDED "))
    return json.loads(line.removeprefix("SEEDED "))


async def storm(topology: Topology, place: Place, environment: dict[str, str]) -> None:
    topology.run("migrate")
    lists = seed(topology, environment)
    topology.start_app("app-1")
    topology.start_service("proxy")
    await asyncio.sleep(1)
    clients = [
        SocketClient(
            place.url,
            {"Authorization": f"Bearer {token}"},
            list_id,
            name=f"{list_id}-{index}-{number}",
            history=History(),
        )
        for list_id, tokens in lists
        for index, token in enumerate(tokens)
        for number in range(SOCKETS_PER_USER)
    ]
    for client in clients:
        client.start()
    started_at = time.monotonic()
    await wait_until(lambda: all(client.version for client in clients))
    print(f"{len(clients)} sockets on one process after {time.monotonic() - started_at:.1f} s")
    for name in ("app-2", "app-3"):
        await asyncio.to_thread(topology.start_app, name)
    await asyncio.sleep(3)  # Caddy looks for them once a second
    for client in clients:
        client.outages.clear()
        client.resumed = client.copied = 0
    process = topology.processes.pop("app-1")
    killed_at = time.monotonic()
    process.send_signal(signal.SIGKILL)
    process.wait()
    await asyncio.to_thread(add_items, place, lists)
    await wait_until(lambda: all(client.resumed + client.copied for client in clients))
    resumed_at = time.monotonic()
    await wait_until(lambda: len({(c.list_id, c.version) for c in clients}) == LISTS)
    await asyncio.sleep(1)
    for client in clients:
        await client.stop()
    topology.stop()
    report(clients, place, killed_at=killed_at, resumed_at=resumed_at)


def add_items(place: Place, lists: list[tuple[str, list[str]]]) -> None:
    """Change each list once, through one of the processes that are left."""
    base = f"http://127.0.0.1:{place.app_ports[1]}/api/shopping-lists"
    with httpx.Client(headers={"Host": "localhost"}, timeout=30) as client:
        for list_id, tokens in lists:
            response = client.post(
                f"{base}/{list_id}/shopping-items/",
                json={"name": "Bread"},
                headers={"Authorization": f"Bearer {tokens[0]}"},
            )
            response.raise_for_status()


async def wait_until(condition) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit("it took longer than three minutes")
        await asyncio.sleep(0.02)


def report(clients, place: Place, *, killed_at: float, resumed_at: float) -> None:
    outages = sorted(client.outages[-1] for client in clients)
    per_second = Counter(int(outage) for outage in outages)
    print(f"  most in one second: {max(per_second.values())}, by two processes")
    recovered = sum(not client.copied for client in clients)
    print(f"all resumed {resumed_at - killed_at:.1f} s after the kill; of each socket:")
    print(f"  p50 {percentile(outages, 0.5):.1f} s, p99 {percentile(outages, 0.99):.1f} s")
    print(f"recovered without a snapshot: {recovered} of {len(clients)}")
    statements = read_statements(place, since=killed_at, until=resumed_at)
    of_log = [sql for sql in statements if LOG in sql and sql.startswith("SELECT")]
    print(f"statements meanwhile: {len(statements)}, {len(statements) / len(clients):.2f} a socket")
    print(f"  of the change log: {len(of_log)}, {len(of_log) / LISTS:.1f} a list")
    for sql, count in Counter(sql[:110] for sql in statements).most_common(12):
        print(f"  {count:6}  {sql}")


def read_statements(place: Place, *, since: float, until: float) -> list[str]:
    statements = []
    for path in place.folder.glob("statements-*"):
        for line in path.read_text().splitlines():
            at, _, sql = line.partition(" ")
            if since <= float(at) <= until:
                statements.append(sql)
    return statements


if __name__ == "__main__":
    main()
