"""Real Redis servers as operators have them: with a password, TLS, Sentinels, as a cluster."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from asgi_project.topology.processes import free_ports
from tests.support.processes import TIMEOUT
from tests.support.proxies import Certificate

PASSWORD = "p@ss/word: #1"
"""It has characters that a URL must escape."""
ESCAPED = "p%40ss%2Fword%3A%20%231"
MASTER = "mymaster"


def wait_until(condition: Callable[[], object], message: str) -> None:
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        try:
            if condition():
                return
        except redis.RedisError:
            pass
        time.sleep(0.05)
    raise AssertionError(message)


@contextmanager
def redis_process(folder: Path, config: str, *, sentinel: bool = False) -> Iterator[None]:
    """Run redis-server with a configuration, as a Sentinel if asked for."""
    folder.mkdir()
    path = folder / "redis.conf"
    path.write_text(
        f'bind 127.0.0.1\ndir "{folder}"\nsave ""\n{config}\n' if not sentinel else config
    )
    command = ["redis-server", str(path), *(["--sentinel"] if sentinel else [])]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(TIMEOUT)


@contextmanager
def with_password(folder: Path) -> Iterator[str]:
    """Yield the URL of a server with a password."""
    (port,) = free_ports(1)
    with redis_process(folder / "redis", f'port {port}\nrequirepass "{PASSWORD}"'):
        with redis.Redis(port=port, password=PASSWORD) as client:
            wait_until(client.ping, "Redis does not start")
        yield f"redis://:{ESCAPED}@127.0.0.1:{port}/3"


@contextmanager
def with_tls(folder: Path) -> Iterator[str]:
    """Yield the URL of a server that has a certificate of its own and no other port."""
    (port,) = free_ports(1)
    certificate = Certificate.create(folder)
    config = (
        f"port 0\ntls-port {port}\ntls-auth-clients no\nrequirepass simple\n"
        f'tls-cert-file "{certificate.path}"\ntls-key-file "{folder / "key.pem"}"\n'
        f'tls-ca-cert-file "{certificate.path}"'
    )
    with redis_process(folder / "redis", config):
        url = f"rediss://:simple@localhost:{port}/0?ssl_ca_certs={certificate.path}"
        with redis.Redis.from_url(url) as client:
            wait_until(client.ping, "Redis does not start")
        yield url


@contextmanager
def with_sentinel(folder: Path) -> Iterator[str]:
    """Yield the URL of a master by its Sentinel; the first Sentinel of the URL is not there."""
    first, second, watcher, missing = free_ports(4)
    secret = f'requirepass "{PASSWORD}"\nmasterauth "{PASSWORD}"\nrepl-diskless-sync-delay 0'
    sentinel = (
        f"bind 127.0.0.1\nport {watcher}\nrequirepass watcher\n"
        f"sentinel monitor {MASTER} 127.0.0.1 {first} 1\n"
        f'sentinel auth-pass {MASTER} "{PASSWORD}"\n'
        f"sentinel down-after-milliseconds {MASTER} 1000\n"
    )
    with (
        redis_process(folder / "first", f"port {first}\n{secret}"),
        redis_process(folder / "second", f"port {second}\n{secret}\nreplicaof 127.0.0.1 {first}"),
        redis_process(folder / "sentinel", sentinel, sentinel=True),
    ):
        with redis.Redis(port=watcher, password="watcher") as client:
            wait_until(lambda: client.sentinel_slaves(MASTER), "the Sentinel knows no replica")
        # It may become the master only once it has everything.
        with redis.Redis(port=second, password=PASSWORD) as replica:
            wait_until(
                lambda: replica.info("replication")["master_link_status"] == "up",
                "the replica does not follow",
            )
        yield (
            f"redis+sentinel://:{ESCAPED}@127.0.0.1:{missing},127.0.0.1:{watcher}/{MASTER}/0"
            "?sentinel_password=watcher"
        )


@contextmanager
def as_cluster(folder: Path) -> Iterator[str]:
    """Yield the URL of the only shard of a cluster."""
    (port,) = free_ports(1)
    bus = free_ports(1)[0]
    config = f"port {port}\ncluster-enabled yes\ncluster-port {bus}"
    with redis_process(folder / "redis", config):
        with redis.Redis(port=port) as client:
            wait_until(client.ping, "Redis does not start")
            client.execute_command("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
            wait_until(lambda: client.set("key", "value"), "the cluster does not start")
        yield f"redis://127.0.0.1:{port}/0"


def failover(url: str) -> None:
    """Make the replica of the Sentinel's master the master, and wait until it is."""
    address = url.partition("?")[0].rpartition("@")[2].partition("/")[0].split(",")[1]
    port = int(address.rpartition(":")[2])
    with redis.Redis(port=port, password="watcher") as client:
        before = client.sentinel_get_master_addr_by_name(MASTER)
        client.sentinel_failover(MASTER)
        wait_until(
            lambda: client.sentinel_get_master_addr_by_name(MASTER) != before,
            "there is no failover",
        )
