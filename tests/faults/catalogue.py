"""The faults that an installation must survive. Each ends what it began."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from random import Random
from typing import Any, Literal

import psutil
import psycopg
import redis
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from tests.faults.installation import AnyInstallation, FaultyInstallation
from tests.faults.unwritable import edit_again, use_while_unwritable
from tests.support.postgres_standby import PostgresStandby

HOUR = 3600.0
Run = Callable[[Any, Random], None]
"""Gets an installation with the database of its fault."""
Database = Literal["postgres", "sqlite"]


@dataclass(frozen=True)
class Fault:
    """One fault: `run` causes it once, and returns when it is over."""

    name: str
    run: Run
    pause: tuple[float, float] = (2.0, 6.0)
    """Seconds between two of it, at least and at most."""
    loses_edits: bool = False
    """Whether edits are lost by its nature: the database becomes what it was before."""
    database: Database = "postgres"
    """The database of its installation."""


def nothing(installation: FaultyInstallation, rng: Random) -> None:
    """Let only the trial cut its connections."""


def kill_process(installation: FaultyInstallation, rng: Random) -> None:
    rng.choice(installation.living_workers).kill()


def stop_all_processes_in_turn(installation: FaultyInstallation, rng: Random) -> None:
    for worker in installation.living_workers:
        with suppress(psutil.NoSuchProcess):
            worker.terminate()
        time.sleep(4)


def suspend_process(installation: FaultyInstallation, rng: Random) -> None:
    """The process neither answers nor closes its sockets for some seconds."""
    worker = rng.choice(installation.living_workers)
    with suppress(psutil.NoSuchProcess):
        worker.suspend()
        time.sleep(rng.uniform(1, 6))
        worker.resume()


def exit_after_commit(installation: FaultyInstallation, rng: Random) -> None:
    with switched_on(installation, "exit_after_commit"):
        time.sleep(5)


def unreliable_layer(installation: FaultyInstallation, rng: Random) -> None:
    with switched_on(installation, "unreliable_layer"):
        time.sleep(5)


def restart_redis(installation: FaultyInstallation, rng: Random) -> None:
    assert installation.redis is not None
    installation.redis.kill()
    time.sleep(rng.uniform(0, 4))
    installation.redis.start()


def suspend_redis(installation: FaultyInstallation, rng: Random) -> None:
    """Redis accepts connections, and answers nothing."""
    assert installation.redis is not None
    installation.redis.freeze()
    time.sleep(rng.uniform(2, 8))
    installation.redis.process.send_signal(signal.SIGCONT)


def flush_redis(installation: FaultyInstallation, rng: Random) -> None:
    redis_call(installation, "FLUSHALL")


def cut_subscriptions(installation: FaultyInstallation, rng: Random) -> None:
    redis_call(installation, "CLIENT", "KILL", "TYPE", "pubsub")


def pause_redis(installation: FaultyInstallation, rng: Random) -> None:
    redis_call(installation, "CLIENT", "PAUSE", "5000")
    time.sleep(5)


def end_database_connections(installation: FaultyInstallation, rng: Random) -> None:
    with suppress(psycopg.OperationalError):  # it ends its own connection too
        installation.postgres.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND datname = 'postgres'"
        )


def restart_database(installation: FaultyInstallation, rng: Random) -> None:
    installation.postgres.stop("fast")
    time.sleep(rng.uniform(0, 3))
    installation.postgres.start()


def crash_database(installation: FaultyInstallation, rng: Random) -> None:
    installation.postgres.stop("immediate")
    installation.postgres.start()


def lock_rows(installation: FaultyInstallation, rng: Random) -> None:
    """Another client of the database holds the rows of all lists."""
    with psycopg.connect(installation.postgres.url) as connection:
        connection.execute("SELECT id FROM shopping_list_shoppinglist FOR UPDATE")
        time.sleep(rng.uniform(5, 15))


def put_older_copy_back(installation: FaultyInstallation, rng: Random) -> None:
    """The database is what it was 5 to 15 seconds ago, under running processes."""
    postgres = installation.postgres
    postgres.stop("fast")
    postgres.keep_copy()
    postgres.start()
    time.sleep(rng.uniform(5, 15))
    postgres.stop("immediate")
    postgres.put_copy_back()
    postgres.start()


def fail_over(installation: FaultyInstallation, rng: Random) -> None:
    """The database crashes, and a standby that lacks the last 2 to 10 seconds takes over."""
    standby = PostgresStandby(installation.postgres)
    time.sleep(rng.uniform(2, 5))
    standby.fall_behind()
    time.sleep(rng.uniform(2, 10))
    standby.take_over()


def fill_disk(installation: AnyInstallation, rng: Random) -> None:
    """No file of the database can grow for some seconds; that of PostgreSQL's log can."""
    with installation.disk.full():
        use_while_unwritable(installation, rng.uniform(10, 30))
    edit_again(installation)


def make_read_only(installation: FaultyInstallation, rng: Random) -> None:
    """All transactions are read-only, as on a standby to which the address has moved."""
    installation.postgres.execute("ALTER SYSTEM SET default_transaction_read_only = on")
    installation.postgres.execute("SELECT pg_reload_conf()")
    try:
        use_while_unwritable(installation, rng.uniform(10, 30))
    finally:
        installation.postgres.execute("ALTER SYSTEM RESET default_transaction_read_only")
        installation.postgres.execute("SELECT pg_reload_conf()")
    edit_again(installation)


def set_clocks(installation: FaultyInstallation, rng: Random) -> None:
    """The clocks of all processes and of the database are wrong by an hour for some seconds."""
    seconds = rng.choice((-HOUR, HOUR))
    with installation.clock.shifted(seconds):
        at = installation.postgres.value("SELECT extract(epoch FROM now())::float8")
        assert abs(at - time.time() - seconds) < HOUR / 60
        time.sleep(rng.uniform(2, 6))


def set_clock_of_process(installation: FaultyInstallation, rng: Random) -> None:
    """The clock of one process is wrong by up to five minutes for some seconds."""
    process = rng.choice(installation.living_workers)
    assert any("shifted_clock" in file.path for file in process.memory_maps())
    seconds = rng.choice((-1, 1)) * rng.uniform(1, HOUR / 12)
    with installation.clock.shifted(seconds, process=process.pid):
        time.sleep(rng.uniform(4, 8))


def stall_readers(installation: FaultyInstallation, rng: Random) -> None:
    """Ten clients follow the list and read nothing."""
    clients = [stalled_reader(installation) for _ in range(10)]
    time.sleep(15)
    for client in clients:
        client.close()


def stalled_reader(installation: FaultyInstallation) -> socket.socket:
    """Return a connection that asked for a WebSocket, with a small buffer, and is never read."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    client.connect(address_of(installation))
    request = (
        f"GET /ws/lists/{installation.list_id}/ HTTP/1.1",
        "Host: localhost",
        f"Authorization: Bearer {installation.fixtures['bob']}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    )
    client.sendall("\r\n".join((*request, "", "")).encode())
    return client


def send_nonsense(installation: FaultyInstallation, rng: Random) -> None:
    """Sockets send what the protocol does not know, and hosts send no HTTP."""
    url = installation.first_server.url.replace("http", "ws", 1) + "/ws/"
    headers = {"Authorization": f"Bearer {installation.fixtures['bob']}"}
    for content in ("{", '{"type":"subscribe"}', "[" * 10_000, "x" * 100_000, b"\0"):
        with (
            suppress(OSError, WebSocketException, TimeoutError),
            connect(url, additional_headers=headers) as client,
        ):
            client.send(content)
            client.recv(2)
    for _ in range(20):
        with (
            suppress(OSError),
            socket.create_connection(address_of(installation), 2) as connection,
        ):
            connection.sendall(rng.randbytes(2000))


def address_of(installation: FaultyInstallation) -> tuple[str, int]:
    host, port = installation.first_server.url.removeprefix("http://").split(":")
    return host, int(port)


def redis_call(installation: FaultyInstallation, *arguments: str) -> None:
    assert installation.redis is not None
    with suppress(redis.RedisError), redis.Redis.from_url(installation.redis.url) as client:
        client.execute_command(*arguments)


@contextmanager
def switched_on(installation: FaultyInstallation, name: str) -> Iterator[None]:
    """A fault of `in_process` is on in this block."""
    switch = installation.switches / name
    switch.touch()
    try:
        yield
    finally:
        switch.unlink()


FAULTS = {
    fault.name: fault
    for fault in (
        Fault("only cut connections", nothing, pause=(60, 60)),
        Fault("a process is killed", kill_process, pause=(4, 8)),
        Fault("all processes stop in turn", stop_all_processes_in_turn),
        Fault("a process is suspended", suspend_process),
        Fault("a process exits after its commit", exit_after_commit),
        Fault("the channel layer loses, repeats, reorders and delays", unreliable_layer),
        Fault("Redis is killed", restart_redis),
        Fault("Redis answers nothing", suspend_redis),
        Fault("Redis loses all keys", flush_redis),
        Fault("Redis ends all subscriptions", cut_subscriptions),
        Fault("Redis pauses", pause_redis),
        Fault("the database ends all connections", end_database_connections),
        Fault("the database restarts", restart_database),
        Fault("the database crashes", crash_database),
        Fault("the rows of all lists are locked", lock_rows),
        Fault("an older copy of the database is put back", put_older_copy_back, loses_edits=True),
        Fault("a standby that lags takes over", fail_over, loses_edits=True),
        Fault("the disk of the database is full", fill_disk),
        Fault("the database is read-only", make_read_only),
        Fault("the clock of a process is wrong", set_clock_of_process),
        Fault("all clocks jump by an hour and back", set_clocks),
        Fault("clients read nothing", stall_readers),
        Fault("clients send nonsense", send_nonsense),
        Fault("the disk of SQLite is full", fill_disk, database="sqlite"),
    )
}
