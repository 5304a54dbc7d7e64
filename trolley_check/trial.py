"""One trial on a running server: writers, sockets that lose their connection, and a guest."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

from trolley_check.api import Api, RefusedError
from trolley_check.history import Ended, History, Removed
from trolley_check.socket_client import SocketClient
from trolley_check.writer import Writer

SETTLE_SECONDS = 30.0
"""Time for the sockets to get everything after the last edit."""
READ_EVERY = 0.15
"""Seconds between two readings of the list by a client that does not edit.

Writers read right after an edit, when a server that tells of edits too early has saved them."""
CUT_EVERY = 1.0
"""Seconds between two cut connections."""


@dataclass(frozen=True)
class Options:
    """How much a trial does. `edits_per_second` is that of all writers together."""

    url: str
    token: str
    seconds: float = 60.0
    sockets: int = 15
    writers: int = 3
    edits_per_second: float = 10.0
    seed: int = 0


@dataclass
class Outcome:
    """What happened. `delivery_seconds` are from sending an edit to each socket that got it."""

    history: History = field(default_factory=History)
    response_seconds: list[float] = field(default_factory=list)
    delivery_seconds: list[float] = field(default_factory=list)
    outages: list[float] = field(default_factory=list)
    resumed: int = 0
    copied: int = 0
    cuts: int = 0
    revoked_after: float | None = None
    converged_after: float | None = None
    """Seconds from the end of the last edit until the last socket had all edits."""
    unsettled: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)


class Trial:
    """Runs once. It makes a list of its own, and deletes it at the end."""

    def __init__(self, options: Options, say: Callable[[str], object]) -> None:
        """`say` gets a sentence for each step."""
        self._options, self._say = options, say
        self._headers = {"Authorization": f"Bearer {options.token}"}
        self._rng = random.Random(options.seed)  # noqa: S311
        self._apis: list[Api] = []
        self._sockets: list[SocketClient] = []
        self._owner = self._api(self._headers)
        self.outcome = Outcome()

    async def run(self) -> Outcome:
        """Run the trial. Raises RefusedError if the server refuses what it needs."""
        name = f"Trolley check {int(time.time())}"
        path, op = "/api/shopping-lists/", str(uuid.uuid4())
        created = self._owner.send("POST", path, {"name": name}, op=op).required()
        try:
            await self._on_list(created["id"])
        finally:
            for socket in self._sockets:  # a trial that ends early leaves none open
                await socket.stop()
            self._owner.send("DELETE", f"{path}{created['id']}/")
        return self.outcome

    async def _on_list(self, list_id: str) -> None:
        options, outcome = self._options, self.outcome
        sockets = [self._socket(list_id, f"socket {n}") for n in range(1, options.sockets + 1)]
        for socket in sockets:
            socket.start()
        async with asyncio.timeout(SETTLE_SECONDS):
            await asyncio.gather(*(socket.reach(1) for socket in sockets))
        self._say(f"{len(sockets)} sockets follow the list.")
        cutting = asyncio.create_task(self._cut(sockets))
        guest = asyncio.create_task(self._revoke_guest(list_id))
        try:
            writers = await self._write(list_id)
        except BaseException:
            guest.cancel()
            raise
        finally:
            cutting.cancel()
        written_at = time.monotonic()
        await guest
        await self._settle(list_id, sockets)
        outcome.converged_after = max(0.0, *(each.moved_at - written_at for each in sockets))
        for socket in sockets:
            outcome.outages += socket.outages[1:]
            outcome.resumed += socket.resumed
            outcome.copied += socket.copied
            for writer in writers:
                outcome.delivery_seconds += [
                    at - writer.sent_at[op]
                    for op, at in socket.received_at.items()
                    if op in writer.sent_at
                ]
            await socket.stop()
        outcome.response_seconds = [s for writer in writers for s in writer.response_seconds]

    def _api(self, headers: dict[str, str]) -> Api:
        api = Api(self._options.url, headers)
        self._apis.append(api)
        return api

    def _socket(self, list_id: str, name: str, **headers: str) -> SocketClient:
        socket = SocketClient(
            self._options.url,
            headers or self._headers,
            list_id,
            name=name,
            history=self.outcome.history,
        )
        self._sockets.append(socket)
        return socket

    async def _cut(self, sockets: list[SocketClient]) -> None:
        """Cut one connection after another."""
        while True:
            await asyncio.sleep(CUT_EVERY)
            self._rng.choice(sockets).cut()
            self.outcome.cuts += 1

    async def _write(self, list_id: str) -> list[Writer]:
        """Let all writers edit, and a client read, each in a thread of its own."""
        options = self._options
        writers = [
            self._writer(list_id, f"writer {number}", number)
            for number in range(1, options.writers + 1)
        ]
        reader = self._writer(list_id, "reader", 0)
        end = time.monotonic() + options.seconds
        pause = options.writers / options.edits_per_second

        def write(writer: Writer) -> None:
            due = time.monotonic()
            while time.monotonic() < end and not writer.api.is_stopped:
                writer.edit()
                due = max(due + pause, time.monotonic() - pause)
                time.sleep(max(due - time.monotonic(), 0))
            writer.api.close()

        def read() -> None:
            while time.monotonic() < end and not reader.api.is_stopped:
                reader.read()
                time.sleep(READ_EVERY)
            reader.api.close()

        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(len(writers) + 1) as threads:
            running = [loop.run_in_executor(threads, write, writer) for writer in writers]
            running.append(loop.run_in_executor(threads, read))
            try:
                await asyncio.gather(*running)
            except BaseException:
                for api in self._apis:  # no thread may outlive a trial that ends early
                    api.stop()
                raise
        self._say(f"The writers are done after {options.seconds:.0f} s.")
        return writers

    def _writer(self, list_id: str, name: str, number: int) -> Writer:
        rng = random.Random(self._options.seed * 1000 + number)  # noqa: S311
        return Writer(self._api(self._headers), list_id, name, self.outcome.history, rng)

    async def _revoke_guest(self, list_id: str) -> None:
        """Invite a guest, who follows the list, and remove the guest while others edit.

        A response may be lost, so each request may have had its effect before it is repeated:
        the invite may be used again, and who is no member any more counts as removed.
        """
        path = f"/api/shopping-lists/{list_id}"
        invite = {"role": "viewer", "guest": True, "expires_in": 86_400}
        created = await asyncio.to_thread(self._owner.send, "POST", f"{path}/invites/", invite)
        secret = created.required()["token"]
        visitor = self._api({})
        await asyncio.to_thread(visitor.send, "GET", "/signin/")
        body = {"token": secret, "name": "Trolley check"}
        joined = await asyncio.to_thread(visitor.send, "POST", "/api/invites/accept/", body)
        joined.required()
        me = (await asyncio.to_thread(visitor.send, "GET", "/api/auth/me/")).required()
        cookies = {"Cookie": visitor.cookie_header(), "Origin": self._options.url.rstrip("/")}
        socket = self._socket(list_id, "guest", **cookies)
        socket.start()
        async with asyncio.timeout(SETTLE_SECONDS):
            await socket.reach(1)
        await asyncio.sleep(self._options.seconds / 3)
        removed_at = time.monotonic()
        response = await asyncio.to_thread(
            self._owner.send, "DELETE", f"{path}/members/{me['id']}/"
        )
        if response.status != 404 and not 200 <= response.status < 300:
            raise RefusedError(f"the guest could not be removed: {response.status}")
        self.outcome.history.add(Removed(client=socket.name, list=list_id))
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_SECONDS):
                while not socket.is_revoked:
                    socket.changed.clear()
                    await socket.changed.wait()
                self.outcome.revoked_after = time.monotonic() - removed_at
        await asyncio.sleep(self._options.seconds / 6)  # a later change would arrive by then
        await socket.stop()

    async def _settle(self, list_id: str, sockets: list[SocketClient]) -> None:
        """Wait until every socket has what the server has, and note what each has."""
        history = self.outcome.history
        reader = Writer(self._owner, list_id, "REST", history, self._rng)
        position = reader.read().required()
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_SECONDS):
                await asyncio.gather(*(each.settle(position) for each in sockets))
        for socket in sockets:
            if not socket.is_at(position):
                self.outcome.unsettled.append(socket.name)
            if socket.close_code is not None and socket.close_code >= 4500:
                self.outcome.closed.append(f"{socket.name}: {socket.close_code}")
            if at := socket.replica:
                self._end(list_id, socket.name, at.epoch, at.version, at.computed)
        self._end(list_id, "REST", position["epoch"], position["version"], position["digest"])

    def _end(self, list_id: str, client: str, epoch: str, version: int, digest: str) -> None:
        self.outcome.history.add(
            Ended(client=client, list=list_id, epoch=epoch, version=version, digest=digest)
        )
