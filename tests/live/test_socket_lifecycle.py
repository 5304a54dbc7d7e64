"""The rules of a connection, tested through the consumer."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Session
from live.db_threads import run_in_db_thread
from live.protocol.frames import CloseCode
from live.routing import websocket_application
from shopping_list.rows import topic_of
from tests.support.socket_client import HOST, ORIGIN, PATIENCE, eventually

pytestmark = pytest.mark.django_db(transaction=True)


async def test_bad_frame_returns_error_and_tenth_one_closes_socket(screen, ana):
    """LIV-18."""
    client = await screen(ana)
    for _ in range(9):
        await client.send_text("nonsense")
        assert (await client.next())["code"] == "bad_frame"
    assert await client.barrier() == []
    await client.send_text("nonsense")
    assert await client.closed() == CloseCode.BAD_FRAMES


async def test_binary_message_closes_socket(screen, ana):
    """SEC-13"""
    client = await screen(ana)
    await client.communicator.send_to(bytes_data=b"\x00")
    assert await client.closed() == CloseCode.BAD_FRAMES


async def test_too_long_message_closes_socket(screen, ana):
    """SEC-13"""
    client = await screen(ana)
    await client.send_text("x" * 70_000)
    assert await client.closed() == CloseCode.TOO_BIG


async def test_client_over_rate_limit_is_closed_with_retry_delay(screen, ana):
    """SEC-14"""
    client = await screen(ana)
    await client.send_text("\n".join(['{"type":"ping"}'] * 61))
    assert await client.closed() == CloseCode.OVERLOADED
    assert client.frames[-1]["retry_in"] == 5.0
    assert len(client.frames) == 61


async def test_idle_socket_gets_heartbeat(screen, ana):
    client = await screen(ana)
    assert await client.next() == {"type": "beat"}


async def test_expired_session_closes_its_socket(screen, live, ana):
    """SEC-5"""
    client = await screen(ana)
    connection = next(live.registry.all_connections())
    connection.expires = 1.0
    assert await client.closed() == CloseCode.SESSION_EXPIRED


async def test_renewed_session_keeps_its_socket_open(screen, live, ana):
    """PPL-16, SEC-5"""
    client = await screen(ana)
    connection = next(live.registry.all_connections())
    before = connection.expires
    later = timezone.now() + timedelta(days=100)
    await run_in_db_thread(Session.objects.update, expire_date=later)
    await eventually(lambda: connection.expires != before)
    assert connection.expires == later.timestamp()
    assert await client.barrier() == []


async def test_disconnected_socket_leaves_no_state_behind(screen, live, ana, groceries):
    """LIV-24, SEC-14."""
    client = await screen(ana)
    await client.follow(groceries)
    await client.follow("requests")
    await client.send(type="presence", topic=topic_of(groceries.pk), state="viewing")
    await client.barrier()
    assert (live.registry.sockets, live.relay.watched) == (1, 1)
    await client.leave()
    assert (live.registry.sockets, live.relay.watched) == (0, 0)
    assert live.hub._topics == {}
    assert live.presence._here == {}


class RawSocket:
    """A socket driven by hand, whose `send` blocks while `open` is not set."""

    def __init__(self, session: str) -> None:
        self.inbox: asyncio.Queue[dict] = asyncio.Queue()
        self.sent: list[dict] = []
        self.open = asyncio.Event()
        self.open.set()
        headers = [
            (b"host", HOST.encode()),
            (b"origin", ORIGIN.encode()),
            (b"cookie", f"sessionid={session}".encode()),
        ]
        scope = {"type": "websocket", "path": "/ws/", "headers": headers, "subprotocols": []}
        self.inbox.put_nowait({"type": "websocket.connect"})
        self.task = asyncio.ensure_future(websocket_application(scope, self.inbox.get, self._send))

    async def _send(self, message: dict) -> None:
        await self.open.wait()
        self.sent.append(message)

    def send_text(self, text: str) -> None:
        self.inbox.put_nowait({"type": "websocket.receive", "text": text})

    def frames(self) -> str:
        return "\n".join(message.get("text", "") for message in self.sent)

    async def until(self, text: str) -> None:
        await eventually(lambda: text in self.frames())

    async def wait_finished(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await self.task


@pytest.fixture
async def open_raw_socket(live, session_of):
    sockets = []

    async def connect(user) -> RawSocket:
        sockets.append(RawSocket(await run_in_db_thread(session_of, user)))
        await sockets[-1].until("welcome")
        return sockets[-1]

    yield connect
    for socket in sockets:
        socket.task.cancel()
        await asyncio.gather(socket.task, return_exceptions=True)


async def test_disconnect_is_handled_while_send_is_blocked(open_raw_socket, live, ana):
    socket = await open_raw_socket(ana)
    socket.open.clear()
    socket.send_text('{"type":"ping"}')
    await asyncio.sleep(0.01)
    socket.inbox.put_nowait({"type": "websocket.disconnect", "code": 1006})
    await socket.wait_finished()
    assert live.registry.sockets == 0


async def test_disconnect_is_handled_while_database_is_slow(
    open_raw_socket, live, ana, monkeypatch
):
    import threading

    from live.connections import identity

    resume = threading.Event()
    monkeypatch.setattr(identity, "list_position", lambda *args: resume.wait(PATIENCE) and None)
    socket = await open_raw_socket(ana)
    socket.send_text('{"type":"subscribe","topic":"list:8f0e7a4e-5d2c-4a8e-9b6e-1c2d3e4f5a6b"}')
    await asyncio.sleep(0.02)
    socket.inbox.put_nowait({"type": "websocket.disconnect", "code": 1006})
    await socket.wait_finished()
    resume.set()
    assert live.registry.sockets == 0


async def test_non_reading_peer_is_disconnected(open_raw_socket, live, ana):
    socket = await open_raw_socket(ana)
    socket.open.clear()
    socket.send_text('{"type":"ping"}')
    await socket.wait_finished()
    assert live.registry.sockets == 0


async def test_socket_is_closed_when_sending_a_message_fails(open_raw_socket, live, ana):
    """As daphne fails on a message that is too big: later messages would never be sent."""
    socket = await open_raw_socket(ana)
    append = socket.sent.append

    def fail(message: dict) -> None:
        if "pong" in message.get("text", ""):
            raise ValueError("too big")
        append(message)

    socket.sent = type("Failing", (list,), {"append": lambda self, message: fail(message)})()
    socket.send_text('{"type":"ping"}')
    await socket.wait_finished()
    assert live.registry.sockets == 0


async def test_slow_reader_has_bounded_queue_and_gets_every_change(
    open_raw_socket, live, ana, groceries
):
    """It misses the frames that overflow, and gets them from the log when it reads again."""
    import json

    live.intervals = replace(live.intervals, stalled=PATIENCE)
    await run_in_db_thread(groceries.refresh_from_db)
    socket = await open_raw_socket(ana)
    socket.send_text(json.dumps({"type": "subscribe", "topic": topic_of(groceries.pk)}))
    await socket.until("snapshot")
    socket.open.clear()
    connection = next(live.registry.all_connections())
    total = 30
    patch = pytest.MonkeyPatch()
    patch.setattr("live.delivery.send_queue.MAX_OUTBOUND_FRAMES", 10)
    try:
        for number in range(total):
            await run_in_db_thread(groceries.items.create, name=f"Item {number}")
        await eventually(lambda: connection.writer.send_queue.lagging)
        assert connection.writer.send_queue.queued[0] <= 10
        socket.open.set()
        end = groceries.version + total
        await socket.until(f'"version":{end},"at"')
    finally:
        patch.undo()
    frames = [json.loads(line) for line in socket.frames().split("\n") if line]
    versions = [frame["version"] for frame in frames if frame["type"] == "change"]
    assert versions == list(range(groceries.version + 1, end + 1))


async def test_draining_server_closes_sockets_with_retry_delay(screen, live, ana, bob):
    """LIV-17."""
    client, other_client = await screen(ana), await screen(bob)
    await live.drain()
    for socket in (client, other_client):
        assert await socket.closed() == CloseCode.RESTARTING
        assert socket.frames[-1]["retry_in"] > 0


async def test_draining_server_rejects_connections(screen, live, session_of, ana):
    await live.drain()
    client = await screen(session=await run_in_db_thread(session_of, ana))
    assert await client.closed() == CloseCode.RESTARTING
