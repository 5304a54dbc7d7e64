"""A writer needs no task while nothing blocks, and never waits in the caller."""

from __future__ import annotations

import asyncio

import pytest

from live.connections.socket_writer import SocketWriter
from live.delivery.send_queue import CLOSE, Batch, close_message

pytestmark = pytest.mark.usefixtures("asyncio_debug")


class Socket:
    """A send that blocks while `open` is not set."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.open.set()
        self.sent: list[dict] = []
        self.broken = False

    async def send(self, message: dict) -> None:
        await self.open.wait()
        if self.broken:
            raise ConnectionResetError
        self.sent.append(message)

    @property
    def texts(self) -> list[str]:
        return [message.get("text", message["type"]) for message in self.sent]


async def test_it_writes_in_the_callers_step_when_nothing_blocks():
    socket = Socket()
    tasks = len(asyncio.all_tasks())
    SocketWriter(socket.send).send_queue.put(Batch("now"))
    assert socket.texts == ["now"]
    assert len(asyncio.all_tasks()) == tasks


async def test_a_blocked_send_goes_on_in_a_task_and_keeps_the_order():
    socket = Socket()
    socket.open.clear()
    writer = SocketWriter(socket.send)
    for text in ("a", "b", "c"):
        writer.send_queue.put(Batch(text))
    assert writer.blocked
    assert socket.texts == []
    socket.open.set()
    await writer.drain()
    assert socket.texts == ["a", "b", "c"]
    assert not writer.blocked
    writer.send_queue.put(Batch("d"))
    assert socket.texts[-1] == "d"


async def test_a_send_that_waits_several_times_is_driven_to_its_end():
    sent = []

    async def send(message: dict) -> None:
        for _ in range(3):
            await asyncio.sleep(0)
        sent.append(message["text"])

    writer = SocketWriter(send)
    writer.send_queue.put(Batch("a"))
    writer.send_queue.put(Batch("b"))
    await writer.drain()
    assert sent == ["a", "b"]


async def test_a_send_that_is_no_coroutine_function_works_too():
    sent = []

    def send(message: dict) -> asyncio.Future[None]:
        sent.append(message["text"])
        return asyncio.ensure_future(asyncio.sleep(0))

    writer = SocketWriter(send)
    writer.send_queue.put(Batch("a"))
    writer.send_queue.put(Batch("b"))
    await writer.drain()
    assert sent == ["a", "b"]


@pytest.mark.parametrize("blocked", [False, True])
async def test_a_broken_socket_ends_the_mailbox(blocked):
    socket = Socket()
    socket.broken = True
    writer = SocketWriter(socket.send)
    over = []
    writer.finished = lambda: over.append(1)
    if blocked:
        socket.open.clear()
    writer.send_queue.put(Batch("a"))
    socket.open.set()
    await writer.drain()
    assert over == [1]
    assert writer.send_queue.closed


async def test_it_asks_for_a_replay_once_it_has_drained():
    socket = Socket()
    socket.open.clear()
    writer = SocketWriter(socket.send)
    asked = []
    writer.drained = lambda: asked.append(dict(writer.send_queue.missed))
    for version in range(300):
        writer.send_queue.put(Batch("x", topic="t", before=version))
    assert asked == []
    socket.open.set()
    await writer.drain()
    assert asked == [{"t": 1}]


async def test_the_close_is_the_last_thing_sent():
    socket = Socket()
    writer = SocketWriter(socket.send)
    over = []
    writer.finished = lambda: over.append(1)
    writer.send_queue.close(Batch("bye"), close_message(4000, "restarting"))
    writer.send_queue.put(Batch("late"))
    assert socket.texts == ["bye", CLOSE]
    assert over == [1]


async def test_abandoning_a_blocked_socket_ends_its_task():
    socket = Socket()
    socket.open.clear()
    writer = SocketWriter(socket.send)
    writer.send_queue.put(Batch("a"))
    writer.abort()
    for _ in range(3):
        await asyncio.sleep(0)
    assert not writer.blocked


async def test_age_counts_from_the_last_write():
    writer = SocketWriter(Socket().send)
    assert writer.idle_seconds(100.0) == (0.0, False)
    assert writer.idle_seconds(105.0) == (5.0, False)
    writer.send_queue.put(Batch("a"))
    assert writer.idle_seconds(106.0) == (0.0, False)


async def test_age_of_a_block_counts_from_its_beginning():
    socket = Socket()
    writer = SocketWriter(socket.send)
    assert writer.idle_seconds(100.0) == (0.0, False)
    socket.open.clear()
    writer.send_queue.put(Batch("a"))
    assert writer.idle_seconds(130.0) == (0.0, True)
    assert writer.idle_seconds(135.0) == (5.0, True)
    writer.abort()
