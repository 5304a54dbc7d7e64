"""Reference clients of one installation, and a wait until all of them equal the database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from tests.support.installation import Installation
from tests.support.reference_client import ReferenceClient

TIMEOUT = 30.0  # s


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    async with asyncio.timeout(TIMEOUT):
        while not condition():  # noqa: ASYNC110  (it polls what other tasks do)
            await asyncio.sleep(0.02)


@asynccontextmanager
async def clients(
    installation: Installation, *, count: int
) -> AsyncIterator[list[ReferenceClient]]:
    """Run clients, half of them at each endpoint, and check that none crashes."""
    clients = [
        ReferenceClient(
            installation.first_server.url,
            installation.fixtures[("ana", "bob")[number % 2]],
            installation.list_id,
            path=("/ws/", "/ws/lists/")[number // 2 % 2],
            seed=number,
        )
        for number in range(count)
    ]
    async with asyncio.TaskGroup() as group:
        running = [group.create_task(client.run()) for client in clients]
        await eventually(lambda: all(client.replica for client in clients))
        yield clients
        for task in running:
            task.cancel()


async def wait_until_converged(
    installation: Installation, everyone: Sequence[ReferenceClient]
) -> int:
    """Wait until all are at the newest version, compare them with a fresh snapshot; return it."""
    async with clients(installation, count=1) as (fresh,):
        await eventually(lambda: {client.version for client in everyone} == {fresh.version})
        for client in everyone:
            assert client.replica is not None
            assert fresh.replica is not None
            assert client.replica.state == fresh.replica.state
            assert (client.repeated, client.gaps) == (0, 0)
        return fresh.version


async def wait_until_equal(
    installation: Installation, everyone: Sequence[ReferenceClient], *, version: int
) -> None:
    """Wait until all, and a new one, show the list as the database has it, at `version`.

    Clients that stand at another history ask for a snapshot, so gaps are allowed. A new
    client may get the other history as well, until the process notices the copy.
    """
    stored = await asyncio.to_thread(_stored_position, installation)
    assert stored["version"] == version
    async with clients(installation, count=1) as (fresh,):
        screens = (*everyone, fresh)
        await eventually(
            lambda: all(
                screen.replica and screen.replica.digest == stored["digest"] for screen in screens
            )
        )


def _stored_position(installation: Installation) -> dict[str, Any]:
    with installation.api() as api:
        position: dict[str, Any] = api.get(
            f"shopping-lists/{installation.list_id}/snapshot/"
        ).json()
    return position
