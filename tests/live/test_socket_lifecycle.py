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
from tests.support.socket_client import HOST, ORIGIN, TIMEOUT, eventually

pytestmark = [pytest.mark.usefixtures("asyncio_debug"), pytest.mark.django_db(transaction=True)]


async def test_bad_frame_returns_error_and_tenth_one_closes_socket(open_client, ana):
    """LIV-18."""
    client = await open_client(ana)
    for _ in range(9):
        await client.send_text("nonsense")
        assert (await client.next())["code"] == "bad_frame"
    assert await client.drain() == []
    await client.send_text("nonsense")
    assert await client.wait_closed() == CloseCode.BAD_FRAMES


async def test_binary_message_closes_socket(open_client, ana):
    """SEC-13"""
    client = await open_client(ana)
    await client.communicator.send_to(bytes_data=b"\x00")
    assert await client.wait_closed() == CloseCode.BAD_FRAMES


async def test_too_long_message_closes_socket(open_client, ana):
    """SEC-13"""
    client = await open_client(ana)
    await client.send_text("x" * 70_000)
    assert await client.wait_closed() == CloseCode.TOO_BIG


async def test_client_over_rate_limit_is_closed_with_retry_delay(open_client, ana):
    """SEC-14"""
    client = await open_client(ana)
    await client.send_text("\n".join(['{"type":"ping"}'] * 61))
    assert await client.wait_closed() == CloseCode.OVERLOADED
    assert client.frames[-1]["retry_in"] == 5.0
    assert len(client.frames) == 61


async def test_idle_socket_gets_heartbeat(open_client, ana):
    client = await open_client(ana)
    assert await client.next() == {"type": "beat"}


async def test_expired_session_closes_its_socket(open_client, live_runtime, ana):
    """SEC-5"""
    client = await open_client(ana)
    connection = next(live_runtime.registry.all_connections())
    connection.expires_at = 1.0
    assert await client.wait_closed() == CloseCode.SESSION_EXPIRED


async def test_renewed_session_keeps_its_socket_open(open_client, live_runtime, ana):
    """PPL-16, SEC-5"""
    client = await open_client(ana)
    connection = next(live_runtime.registry.all_connections())
    before = connection.expires_at
    later = timezone.now() + timedelta(days=100)
    await run_in_db_thread(Session.objects.update, expire_date=later)
    await eventually(lambda: connection.expires_at != before)
    assert connection.expires_at == later.timestamp()
    assert await client.drain() == []


async def test_disconnected_socket_leaves_no_state_behind(
    open_client, live_runtime, ana, groceries
):
    """LIV-24, SEC-14."""
    client = await open_client(ana)
    await client.subscribe(groceries)
    await client.subscribe("requests")
    await client.send(type="presence", topic=topic_of(groceries.pk), state="viewing")
    await client.drain()
    assert (live_runtime.registry.connection_count, live_runtime.relay.watched_count) == (1, 1)
    await client.disconnect()
    assert (live_runtime.registry.connection_count, live_runtime.relay.watched_count) == (0, 0)
    assert live_runtime.hub._topics == {}
    assert live_runtime.presence._local == {}


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
            (b"cookie", f"trolley_sessionid={session}".encode()),
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
        async with asyncio.timeout(TIMEOUT):
            await self.task


@pytest.fixture
async def open_raw_socket(live_runtime, create_session):
    sockets = []

    async def connect(user) -> RawSocket:
        sockets.append(RawSocket(await run_in_db_thread(create_session, user)))
        await sockets[-1].until("welcome")
        return sockets[-1]

    yield connect
    for socket in sockets:
        socket.task.cancel()
        await asyncio.gather(socket.task, return_exceptions=True)


async def test_disconnect_is_handled_while_send_is_blocked(open_raw_socket, live_runtime, ana):
    socket = await open_raw_socket(ana)
    socket.open.clear()
    socket.send_text('{"type":"ping"}')
    await asyncio.sleep(0.01)
    socket.inbox.put_nowait({"type": "websocket.disconnect", "code": 1006})
    await socket.wait_finished()
    assert live_runtime.registry.connection_count == 0


async def test_disconnect_is_handled_while_database_is_slow(
    open_raw_socket, live_runtime, ana, monkeypatch
):
    import threading

    from live.connections import identity

    resume = threading.Event()
    monkeypatch.setattr(identity, "list_position", lambda *args: resume.wait(TIMEOUT) and None)
    socket = await open_raw_socket(ana)
    socket.send_text('{"type":"subscribe","topic":"list:8f0e7a4e-5d2c-4a8e-9b6e-1c2d3e4f5a6b"}')
    await asyncio.sleep(0.02)
    socket.inbox.put_nowait({"type": "websocket.disconnect", "code": 1006})
    await socket.wait_finished()
    resume.set()
    assert live_runtime.registry.connection_count == 0


async def test_non_reading_peer_is_disconnected(open_raw_socket, live_runtime, ana):
    socket = await open_raw_socket(ana)
    socket.open.clear()
    socket.send_text('{"type":"ping"}')
    await socket.wait_finished()
    assert live_runtime.registry.connection_count == 0


async def test_socket_is_closed_when_sending_a_message_fails(open_raw_socket, live_runtime, ana):
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
    assert live_runtime.registry.connection_count == 0


async def test_slow_reader_has_bounded_queue_and_gets_every_change(
    open_raw_socket, live_runtime, ana, groceries
):
    """It misses the frames that overflow, and gets them from the log when it reads again."""
    import json

    live_runtime.periodic_tasks.intervals = replace(live_runtime.intervals, stall_timeout=TIMEOUT)
    await run_in_db_thread(groceries.refresh_from_db)
    socket = await open_raw_socket(ana)
    socket.send_text(json.dumps({"type": "subscribe", "topic": topic_of(groceries.pk)}))
    await socket.until("snapshot")
    socket.open.clear()
    connection = next(live_runtime.registry.all_connections())
    total = 30
    patch = pytest.MonkeyPatch()
    patch.setattr("live.delivery.send_queue.MAX_OUTBOUND_FRAMES", 10)
    try:
        for number in range(total):
            await run_in_db_thread(groceries.items.create, name=f"Item {number}")
        await eventually(lambda: connection.writer.send_queue.is_lagging)
        assert connection.writer.send_queue.queued[0] <= 10
        socket.open.set()
        end = groceries.version + total
        await socket.until(f'"version":{end},"base"')
    finally:
        patch.undo()
    frames = [json.loads(line) for line in socket.frames().split("\n") if line]
    versions = [frame["version"] for frame in frames if frame["type"] == "change"]
    assert versions == list(range(groceries.version + 1, end + 1))


async def test_draining_server_closes_sockets_with_retry_delay(open_client, live_runtime, ana, bob):
    """LIV-17."""
    client, other_client = await open_client(ana), await open_client(bob)
    await live_runtime.drain()
    for socket in (client, other_client):
        assert await socket.wait_closed() == CloseCode.RESTARTING
        assert socket.frames[-1]["retry_in"] > 0


async def test_draining_server_rejects_connections(open_client, live_runtime, create_session, ana):
    await live_runtime.drain()
    client = await open_client(session=await run_in_db_thread(create_session, ana))
    assert await client.wait_closed() == CloseCode.RESTARTING
