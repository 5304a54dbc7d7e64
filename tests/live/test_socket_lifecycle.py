"""The rules of a connection, through the consumer."""

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


async def test_bad_frames_are_told_and_the_tenth_closes(open_client, ana):
    """LIV-18."""
    one = await open_client(ana)
    for _ in range(9):
        await one.send_text("nonsense")
        assert (await one.next())["code"] == "bad_frame"
    assert await one.drain() == []
    await one.send_text("nonsense")
    assert await one.wait_closed() == CloseCode.BAD_FRAMES


async def test_binary_closes(open_client, ana):
    """SEC-13"""
    one = await open_client(ana)
    await one.communicator.send_to(bytes_data=b"\x00")
    assert await one.wait_closed() == CloseCode.BAD_FRAMES


async def test_a_long_message_closes(open_client, ana):
    """SEC-13"""
    one = await open_client(ana)
    await one.send_text("x" * 70_000)
    assert await one.wait_closed() == CloseCode.TOO_BIG


async def test_too_many_messages_are_sent_away_for_a_while(open_client, ana):
    """SEC-14"""
    one = await open_client(ana)
    await one.send_text("\n".join(['{"type":"ping"}'] * 61))
    assert await one.wait_closed() == CloseCode.OVERLOADED
    assert one.frames[-1]["retry_in"] == 5.0
    assert len(one.frames) == 61


async def test_a_quiet_socket_gets_a_beat(open_client, ana):
    one = await open_client(ana)
    assert await one.next() == {"type": "beat"}


async def test_the_end_of_a_session_is_the_end_of_its_socket(open_client, live_runtime, ana):
    """SEC-5"""
    one = await open_client(ana)
    connection = next(live_runtime.registry.all_connections())
    connection.expires = 1.0
    assert await one.wait_closed() == CloseCode.SESSION_EXPIRED


async def test_a_session_that_is_renewed_keeps_its_socket(open_client, live_runtime, ana):
    """PPL-16, SEC-5"""
    one = await open_client(ana)
    connection = next(live_runtime.registry.all_connections())
    before = connection.expires
    later = timezone.now() + timedelta(days=100)
    await run_in_db_thread(Session.objects.update, expire_date=later)
    await eventually(lambda: connection.expires != before)
    assert connection.expires == later.timestamp()
    assert await one.drain() == []


async def test_a_socket_that_leaves_takes_everything_with_it(
    open_client, live_runtime, ana, groceries
):
    """LIV-24, SEC-14."""
    one = await open_client(ana)
    await one.subscribe(groceries)
    await one.subscribe("requests")
    await one.send(type="presence", topic=topic_of(groceries.pk), state="viewing")
    await one.drain()
    assert (live_runtime.registry.sockets, live_runtime.relay.watched) == (1, 1)
    await one.disconnect()
    assert (live_runtime.registry.sockets, live_runtime.relay.watched) == (0, 0)
    assert live_runtime.hub._topics == {}
    assert live_runtime.presence._here == {}


class Raw:
    """A socket whose `send` blocks when told to, driven by hand."""

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

    def say(self, text: str) -> None:
        self.inbox.put_nowait({"type": "websocket.receive", "text": text})

    def frames(self) -> str:
        return "\n".join(message.get("text", "") for message in self.sent)

    async def until(self, text: str) -> None:
        await eventually(lambda: text in self.frames())

    async def over(self) -> None:
        async with asyncio.timeout(TIMEOUT):
            await self.task


@pytest.fixture
async def raw(live_runtime, create_session):
    sockets = []

    async def make(user) -> Raw:
        sockets.append(Raw(await run_in_db_thread(create_session, user)))
        await sockets[-1].until("welcome")
        return sockets[-1]

    yield make
    for one in sockets:
        one.task.cancel()
        await asyncio.gather(one.task, return_exceptions=True)


async def test_a_disconnect_is_noticed_while_a_send_is_blocked(raw, live_runtime, ana):
    one = await raw(ana)
    one.open.clear()
    one.say('{"type":"ping"}')
    await asyncio.sleep(0.01)
    one.inbox.put_nowait({"type": "websocket.disconnect", "code": 1006})
    await one.over()
    assert live_runtime.registry.sockets == 0


async def test_a_disconnect_is_noticed_while_the_database_is_slow(
    raw, live_runtime, ana, monkeypatch
):
    import threading

    from live.connections import identity

    go_on = threading.Event()
    monkeypatch.setattr(identity, "list_position", lambda *args: go_on.wait(TIMEOUT) and None)
    one = await raw(ana)
    one.say('{"type":"subscribe","topic":"list:8f0e7a4e-5d2c-4a8e-9b6e-1c2d3e4f5a6b"}')
    await asyncio.sleep(0.02)
    one.inbox.put_nowait({"type": "websocket.disconnect", "code": 1006})
    await one.over()
    go_on.set()
    assert live_runtime.registry.sockets == 0


async def test_a_peer_that_takes_nothing_is_let_go(raw, live_runtime, ana):
    one = await raw(ana)
    one.open.clear()
    one.say('{"type":"ping"}')
    await one.over()
    assert live_runtime.registry.sockets == 0


async def test_a_socket_on_which_a_message_fails_is_closed(raw, live_runtime, ana):
    """As daphne does with a message that is too big for it: the rest would stay mute."""
    one = await raw(ana)
    sent = one.sent.append

    def fail(message: dict) -> None:
        if "pong" in message.get("text", ""):
            raise ValueError("too big")
        sent(message)

    one.sent = type("Failing", (list,), {"append": lambda self, message: fail(message)})()
    one.say('{"type":"ping"}')
    await one.over()
    assert live_runtime.registry.sockets == 0


async def test_a_slow_reader_is_bounded_and_gets_everything(raw, live_runtime, ana, groceries):
    """It misses what overflows, and has the log replayed when it reads again."""
    import json

    live_runtime.intervals = replace(live_runtime.intervals, stalled=TIMEOUT)
    await run_in_db_thread(groceries.refresh_from_db)
    one = await raw(ana)
    one.say(json.dumps({"type": "subscribe", "topic": topic_of(groceries.pk)}))
    await one.until("snapshot")
    one.open.clear()
    connection = next(live_runtime.registry.all_connections())
    total = 30
    monkey = pytest.MonkeyPatch()
    monkey.setattr("live.delivery.send_queue.MAX_OUTBOUND_FRAMES", 10)
    try:
        for number in range(total):
            await run_in_db_thread(groceries.items.create, name=f"Item {number}")
        await eventually(lambda: connection.writer.send_queue.lagging)
        assert connection.writer.send_queue.queued[0] <= 10
        one.open.set()
        end = groceries.version + total
        await one.until(f'"version":{end},"at"')
    finally:
        monkey.undo()
    frames = [json.loads(line) for line in one.frames().split("\n") if line]
    versions = [frame["version"] for frame in frames if frame["type"] == "change"]
    assert versions == list(range(groceries.version + 1, end + 1))


async def test_a_stopping_process_says_when_to_come_back(open_client, live_runtime, ana, bob):
    """LIV-17."""
    one, other = await open_client(ana), await open_client(bob)
    await live_runtime.drain()
    for each in (one, other):
        assert await each.wait_closed() == CloseCode.RESTARTING
        assert each.frames[-1]["retry_in"] > 0


async def test_a_stopping_process_takes_nobody_in(open_client, live_runtime, create_session, ana):
    await live_runtime.drain()
    one = await open_client(session=await run_in_db_thread(create_session, ana))
    assert await one.wait_closed() == CloseCode.RESTARTING
