"""Every client ends at the same state, although processes die and connections are lost.

Writers use REST and the models, clients lose their connections, and in the cluster the
workers are killed. In the end the state that each client built from its frames equals a
fresh snapshot in every field, and no version was missed or received twice.
"""

from __future__ import annotations

import asyncio
import random

import pytest

from tests.support.cluster import Cluster
from tests.support.converging_clients import clients, eventually, wait_until_converged
from tests.support.databases import fresh_database
from tests.support.installation import Installation
from tests.support.rest_writers import RestWriter, write_by_model

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def embedded(tmp_path_factory):
    """One process, SQLite, the layer in memory."""
    installation = Installation(
        tmp_path_factory.mktemp("embedded") / "data", server="uvicorn", layer="memory", redis=None
    )
    yield installation
    installation.close()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory, postgres_url):
    """Two workers, PostgreSQL, Redis."""
    data = tmp_path_factory.mktemp("cluster") / "data"
    with fresh_database(postgres_url) as database, Cluster(data, database=database) as cluster:
        yield cluster


async def abort_randomly(everyone, rng):
    """Abort the connection of one client after the other."""
    while True:
        await asyncio.sleep(rng.uniform(0.05, 0.3))
        rng.choice(everyone).abort_connection()


async def write_concurrently(installation, *, turns):
    """Write as two users over REST and with the models at once."""
    await asyncio.gather(
        asyncio.to_thread(RestWriter(installation, "ana", seed=1).write, turns),
        asyncio.to_thread(RestWriter(installation, "bob", seed=2).write, turns),
        asyncio.to_thread(write_by_model, installation, seed=3, turns=turns),
    )


async def test_clients_converge_when_connections_are_lost(embedded):
    async with clients(embedded, count=4) as everyone:
        before = everyone[0].version
        aborting = asyncio.create_task(abort_randomly(everyone, random.Random(4)))
        await write_concurrently(embedded, turns=50)
        aborting.cancel()
        assert await wait_until_converged(embedded, everyone) > before + 50
        # The log holds every change, so no client needed a second snapshot.
        assert all(client.recovered[0] is False for client in everyone)
        assert sum(len(client.recovered) for client in everyone) > 4
        assert all(all(client.recovered[1:]) for client in everyone)


async def test_killed_workers_lose_no_change(cluster):
    async with clients(cluster, count=6) as everyone:
        workers = cluster.workers
        work = asyncio.create_task(write_concurrently(cluster, turns=25))
        for worker in workers:
            worker.kill()
            await eventually(lambda worker=worker: is_replaced(cluster, worker))
        await work
        await wait_until_converged(cluster, everyone)
        # Each client was on one of the two: it reconnected and got the missed changes.
        assert all(len(client.recovered) >= 2 for client in everyone)
        assert all(all(client.recovered[1:]) for client in everyone)


def is_replaced(cluster, worker) -> bool:
    """Tell whether another worker has replaced this client."""
    pids = {process.pid for process in cluster.workers}
    return len(pids) == 2 and worker.pid not in pids


async def test_clients_reconnect_when_the_installation_restarts(cluster):
    async with clients(cluster, count=6) as everyone:
        loop = asyncio.get_running_loop()
        began = loop.time()
        assert await asyncio.to_thread(cluster.first_server.stop) == 0
        assert loop.time() - began < 30
        assert "Fatal" not in cluster.first_server.output()
        await eventually(lambda: all(client.byes for client in everyone))
        assert [[bye.code for bye in client.byes] for client in everyone] == [[4000]] * 6
        assert all(client.byes[0].retry_in > 0 for client in everyone)
        await asyncio.to_thread(cluster.first_server.restart)
        await write_concurrently(cluster, turns=2)
        await wait_until_converged(cluster, everyone)
        assert all(client.recovered == [False, True] for client in everyone)
