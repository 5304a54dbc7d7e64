"""Members of one list beside the trials: visitors who leave without a word, and one who stays."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from random import Random
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from tests.faults.installation import AnyInstallation
from tests.support.processes import SSL_CONTEXT
from trolley_check.history import History
from trolley_check.judge import Finding
from trolley_check.socket_client import SocketClient

VISITORS = 3
"""At the same time."""
DEPARTURE_SECONDS = 40.0
"""Seconds in which the members of a killed process and all sockets are gone; 25 are promised."""
LOST = (OSError, WebSocketException, TimeoutError)


async def visit(installation: AnyInstallation, rng: Random, seconds: float) -> None:
    """Let visitors look at the list for some seconds each, and cut their connections."""
    end = time.monotonic() + seconds

    async def come_and_go() -> None:
        while time.monotonic() < end:
            with suppress(*LOST):
                async with _opened(installation, "bob") as socket:
                    await _announce(installation, socket)
                    await asyncio.sleep(rng.uniform(0.5, 4))
                    socket.transport.abort()
            await asyncio.sleep(rng.uniform(0.2, 1))

    await asyncio.gather(*(come_and_go() for _ in range(VISITORS)))


async def findings_of_left(installation: AnyInstallation) -> list[Finding]:
    """Return which members and sockets are still there although all clients have gone."""
    findings = []
    if ghosts := await _wait_until_alone(installation):
        findings.append(Finding("ghost", "", f"members who have gone are present: {ghosts}"))
    if count := await _wait_until_no_socket(installation):
        findings.append(Finding("ghost", "", f"{count} sockets of clients that have gone"))
    return findings


async def _wait_until_alone(installation: AnyInstallation) -> list[str]:
    """Return who is present beside a new socket in the end."""
    others = ["nobody was told"]
    with suppress(TimeoutError):
        async with asyncio.timeout(DEPARTURE_SECONDS):
            while others:
                with suppress(*LOST):
                    async with aclosing(_people(installation)) as people:
                        async for names in people:
                            others = [name for name in names if name != "ana"]
                            if names == ["ana"]:
                                break
    return others


async def _people(installation: AnyInstallation) -> AsyncIterator[list[str]]:
    """Be present as ana, and yield who is, at each change."""
    async with _opened(installation, "ana") as socket:
        await _announce(installation, socket)
        async for message in socket:
            for frame in map(json.loads, str(message).split("\n")):
                if frame["type"] == "presence":
                    yield [person["name"] for person in frame["people"]]


async def _wait_until_no_socket(installation: AnyInstallation) -> int:
    """Return how many sockets the server counts in the end, beside that of the one who stays."""
    deadline, count = time.monotonic() + DEPARTURE_SECONDS, 0
    async with httpx.AsyncClient(timeout=10, verify=SSL_CONTEXT) as client:
        while time.monotonic() < deadline:
            response = await client.get(f"{installation.first_server.url}/metrics")
            if response.status_code == 200:
                count = _gauge(response.text, "trolley_sockets") - 1
                if count <= 0:
                    return 0
            await asyncio.sleep(0.5)
    return count


def _gauge(text: str, name: str) -> int:
    (value,) = (line.split()[1] for line in text.splitlines() if line.startswith(f"{name} "))
    return round(float(value))


def _opened(installation: AnyInstallation, who: str) -> connect:
    url = installation.first_server.url.replace("http", "ws", 1)
    headers = {"Authorization": f"Bearer {installation.fixtures[who]}"}
    return connect(f"{url}/ws/", additional_headers=headers, max_size=None, proxy=None)


async def _announce(installation: AnyInstallation, socket: ClientConnection) -> None:
    topic = f"list:{installation.list_id}"
    await socket.send(json.dumps({"type": "subscribe", "topic": topic}))
    await socket.send(json.dumps({"type": "presence", "topic": topic, "state": "viewing"}))


class LastingSocket:
    """A socket that is never cut. It must get an edit at the end of each round.

    It comes back when a fault ends its connection, and is as old as this connection.
    """

    def __init__(self, installation: AnyInstallation) -> None:
        headers = {"Authorization": f"Bearer {installation.fixtures['ana']}"}
        url, list_id = installation.first_server.url, installation.list_id
        self._installation = installation
        self._socket = SocketClient(url, headers, list_id, name="lasting", history=History())
        self._connections = 0
        self._since = time.monotonic()

    async def start(self) -> None:
        """Open the socket."""
        self._socket.start()
        async with asyncio.timeout(DEPARTURE_SECONDS):
            await self._socket.reach(1)
        self._connections = len(self._socket.outages)

    async def receive(self) -> float:
        """Edit the list, and return how old the socket is that has got it. Raises TimeoutError."""
        position = await asyncio.to_thread(self._edit)
        try:
            await asyncio.wait_for(self._socket.settle(position), DEPARTURE_SECONDS)
        except TimeoutError:
            raise TimeoutError("a socket that is never cut did not get an edit") from None
        now, count = time.monotonic(), len(self._socket.outages)
        if count != self._connections:
            self._connections, self._since = count, now
        return now - self._since

    def _edit(self) -> dict[str, Any]:
        self._installation.edit(f"at {time.monotonic()}")
        with self._installation.api() as api:
            path = f"shopping-lists/{self._installation.list_id}/"
            position: dict[str, Any] = api.get(path).json()
        return position
