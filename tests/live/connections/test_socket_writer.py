"""A writer needs no task while the socket is not blocked, and never blocks its caller."""

from __future__ import annotations

import asyncio

import pytest

from live.connections.socket_writer import SocketWriter
from live.delivery.send_queue import CLOSE, Batch, close_message

pytestmark = pytest.mark.usefixtures("asyncio_debug")


class FakeSocket:
    """A socket whose `send` blocks while `open` is not set."""

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


async def test_message_is_written_without_a_task_when_socket_is_open():
    socket = FakeSocket()
    task_count = len(asyncio.all_tasks())
    SocketWriter(socket.send).send_queue.put(Batch("now"))
    assert socket.texts == ["now"]
    assert len(asyncio.all_tasks()) == task_count


async def test_blocked_send_continues_in_a_task_and_keeps_order():
    socket = FakeSocket()
    socket.open.clear()
    writer = SocketWriter(socket.send)
    for text in ("a", "b", "c"):
        writer.send_queue.put(Batch(text))
    assert writer.is_blocked
    assert socket.texts == []
    socket.open.set()
    await writer.drain()
    assert socket.texts == ["a", "b", "c"]
    assert not writer.is_blocked
    writer.send_queue.put(Batch("d"))
    assert socket.texts[-1] == "d"


async def test_send_that_awaits_several_times_completes():
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


async def test_send_can_be_a_plain_function_that_returns_a_future():
    sent = []

    def send(message: dict) -> asyncio.Future[None]:
        sent.append(message["text"])
        return asyncio.ensure_future(asyncio.sleep(0))

    writer = SocketWriter(send)
    writer.send_queue.put(Batch("a"))
    writer.send_queue.put(Batch("b"))
    await writer.drain()
    assert sent == ["a", "b"]


async def test_message_is_sent_in_order_when_the_server_does_not_write_it_at_once():
    """LIV-9."""
    socket = FakeSocket()
    room = [True, False, True]

    def write_now(message: dict) -> bool:
        if not room.pop(0):
            return False
        socket.sent.append(message)
        return True

    writer = SocketWriter(socket.send, write_now=write_now)
    writer.send_queue.put(Batch("a"))
    socket.open.clear()
    writer.send_queue.put(Batch("b"))
    writer.send_queue.put(Batch("c"))
    assert socket.texts == ["a"]
    assert writer.is_blocked
    socket.open.set()
    await writer.drain()
    assert socket.texts == ["a", "b", "c"]
    writer.send_queue.put(Batch("d"))
    assert socket.texts == ["a", "b", "c", "d"]
    assert room == []


async def test_queue_is_closed_when_writing_at_once_fails():
    def write_now(message: dict) -> bool:
        raise ConnectionResetError

    writer = SocketWriter(FakeSocket().send, write_now=write_now)
    finished = []
    writer.on_finished = lambda: finished.append(1)
    writer.send_queue.put(Batch("a"))
    assert finished == [1]
    assert writer.send_queue.is_closed


@pytest.mark.parametrize("blocked", [False, True])
async def test_broken_socket_closes_the_queue(blocked):
    socket = FakeSocket()
    socket.broken = True
    writer = SocketWriter(socket.send)
    finished = []
    writer.on_finished = lambda: finished.append(1)
    if blocked:
        socket.open.clear()
    writer.send_queue.put(Batch("a"))
    socket.open.set()
    await writer.drain()
    assert finished == [1]
    assert writer.send_queue.is_closed


async def test_drained_callback_runs_with_missed_topics_after_drain():
    socket = FakeSocket()
    socket.open.clear()
    writer = SocketWriter(socket.send)
    missed = []
    writer.on_drained = lambda: missed.append(dict(writer.send_queue.missed))
    for version in range(300):
        writer.send_queue.put(Batch("x", topic="t", before=version))
    assert missed == []
    socket.open.set()
    await writer.drain()
    assert missed == [{"t": 1}]


async def test_close_is_the_last_message_sent():
    socket = FakeSocket()
    writer = SocketWriter(socket.send)
    finished = []
    writer.on_finished = lambda: finished.append(1)
    writer.send_queue.close(Batch("bye"), close_message(4000, "restarting"))
    writer.send_queue.put(Batch("late"))
    assert socket.texts == ["bye", CLOSE]
    assert finished == [1]


async def test_abort_ends_the_task_of_a_blocked_socket():
    socket = FakeSocket()
    socket.open.clear()
    writer = SocketWriter(socket.send)
    writer.send_queue.put(Batch("a"))
    writer.abort()
    for _ in range(3):
        await asyncio.sleep(0)
    assert not writer.is_blocked


async def test_idle_time_counts_from_last_write():
    writer = SocketWriter(FakeSocket().send)
    assert writer.idle_seconds(100.0) == (0.0, False)
    assert writer.idle_seconds(105.0) == (5.0, False)
    writer.send_queue.put(Batch("a"))
    assert writer.idle_seconds(106.0) == (0.0, False)


async def test_idle_time_counts_from_start_of_block_when_blocked():
    socket = FakeSocket()
    writer = SocketWriter(socket.send)
    assert writer.idle_seconds(100.0) == (0.0, False)
    socket.open.clear()
    writer.send_queue.put(Batch("a"))
    assert writer.idle_seconds(130.0) == (0.0, True)
    assert writer.idle_seconds(135.0) == (5.0, True)
    writer.abort()
