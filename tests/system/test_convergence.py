"""Whatever happens to processes and connections, every client ends at the same state.

Writers write over REST and with the models, clients lose their connections, and
in the cluster the workers are killed. When all is quiet, what each client made of
its frames equals a fresh snapshot: to the last field, with no version missed or
told twice.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager

import pytest

from tests.support.cluster import Cluster, fresh_database
from tests.support.installation import World
from tests.support.reference_client import Reference
from tests.support.rest_writers import Writer, by_model

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]
PATIENCE = 30.0


@pytest.fixture(scope="module")
def embedded(tmp_path_factory):
    """One process, SQLite, the layer in memory."""
    world = World(
        tmp_path_factory.mktemp("embedded") / "data", server="uvicorn", layer="memory", redis=None
    )
    yield world
    world.close()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory, postgres_url):
    """Two workers, PostgreSQL, Redis."""
    data = tmp_path_factory.mktemp("cluster") / "data"
    with fresh_database(postgres_url) as database, Cluster(data, database=database) as made:
        yield made


async def eventually(condition):
    """Wait until a condition holds."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110  (it polls what other tasks do)
            await asyncio.sleep(0.02)


@asynccontextmanager
async def clients(world, *, count):
    """Run as many clients, half of them through each door, and see that none crashed."""
    made = [
        Reference(
            world.first.url,
            world.made[("ana", "bob")[number % 2]],
            world.list,
            door=("/ws/", "/ws/lists/")[number // 2 % 2],
            seed=number,
        )
        for number in range(count)
    ]
    async with asyncio.TaskGroup() as group:
        running = [group.create_task(one.run()) for one in made]
        await eventually(lambda: all(one.replica for one in made))
        yield made
        for task in running:
            task.cancel()


async def dropping(everybody, chance):
    """Let one after the other lose its connection."""
    while True:
        await asyncio.sleep(chance.uniform(0.05, 0.3))
        chance.choice(everybody).drop()


async def writing(world, *, turns):
    """Write from two people and one program at once, until they are done."""
    await asyncio.gather(
        asyncio.to_thread(Writer(world, "ana", seed=1).write, turns),
        asyncio.to_thread(Writer(world, "bob", seed=2).write, turns),
        asyncio.to_thread(by_model, world, seed=3, turns=turns),
    )


async def converged(world, everybody):
    """Wait until all are at the newest version, and compare them with a fresh snapshot."""
    async with clients(world, count=1) as (fresh,):
        await eventually(lambda: {one.version for one in everybody} == {fresh.version})
        for one in everybody:
            assert one.replica.state == fresh.replica.state
            assert (one.repeated, one.gaps) == (0, 0)
        return fresh.version


async def test_clients_that_drop_out_converge(embedded):
    async with clients(embedded, count=4) as everybody:
        before = everybody[0].version
        dropper = asyncio.create_task(dropping(everybody, random.Random(4)))
        await writing(embedded, turns=50)
        dropper.cancel()
        assert await converged(embedded, everybody) > before + 50
        # The log holds all of it, so nobody needed a second snapshot.
        assert all(one.recovered[0] is False for one in everybody)
        assert sum(len(one.recovered) for one in everybody) > 4
        assert all(all(one.recovered[1:]) for one in everybody)


async def test_workers_killed_in_the_middle_lose_nothing(cluster):
    async with clients(cluster, count=6) as everybody:
        doomed = cluster.workers
        work = asyncio.create_task(writing(cluster, turns=25))
        for worker in doomed:
            worker.kill()
            await eventually(lambda worker=worker: replaced(cluster, worker))
        await work
        await converged(cluster, everybody)
        # Each was on one of the two: it came back, and was told what it had missed.
        assert all(len(one.recovered) >= 2 for one in everybody)
        assert all(all(one.recovered[1:]) for one in everybody)


def replaced(cluster, worker) -> bool:
    """Whether another worker runs in the place of this one."""
    pids = {one.pid for one in cluster.workers}
    return len(pids) == 2 and worker.pid not in pids


async def test_a_stopped_installation_says_goodbye_and_is_found_again(cluster):
    async with clients(cluster, count=6) as everybody:
        loop = asyncio.get_running_loop()
        began = loop.time()
        assert await asyncio.to_thread(cluster.first.stop) == 0
        assert loop.time() - began < 30
        assert "Fatal" not in cluster.first.said()
        await eventually(lambda: all(one.byes for one in everybody))
        assert {(bye.code, len(one.byes)) for one in everybody for bye in one.byes} == {(4000, 1)}
        assert all(one.byes[0].retry_in > 0 for one in everybody)
        await asyncio.to_thread(cluster.first.start_again)
        await writing(cluster, turns=2)
        await converged(cluster, everybody)
        assert all(one.recovered == [False, True] for one in everybody)
