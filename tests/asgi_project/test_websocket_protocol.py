"""The queue and the event of a socket behave like those of asyncio that they replace."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from websockets.asyncio.client import connect as connect_async
from websockets.sync.client import connect

from asgi_project.serving.websocket_protocol import (
    FRAME,
    PING_ROUNDING,
    WRITE_NOW,
    CompactWebSocketProtocol,
    ReceiveQueue,
    WritableEvent,
)
from tests.support.processes import ServerProcess


async def test_messages_are_received_in_order():
    queue = ReceiveQueue()
    for number in range(3):
        queue.put_nowait({"type": number})
    assert [(await queue.get())["type"] for _ in range(3)] == [0, 1, 2]
    assert queue.empty()


async def test_waiting_receiver_gets_a_message():
    queue = ReceiveQueue()
    receiving = asyncio.ensure_future(queue.get())
    await asyncio.sleep(0)
    queue.put_nowait({"type": 1})
    queue.put_nowait({"type": 2})
    assert await receiving == {"type": 1}
    assert not queue.empty()


async def test_message_is_kept_when_its_receiver_is_cancelled():
    queue = ReceiveQueue()
    receiving = asyncio.ensure_future(queue.get())
    await asyncio.sleep(0)
    queue.put_nowait({"type": 1})
    receiving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await receiving
    assert await queue.get() == {"type": 1}


async def test_writers_wait_until_the_transport_takes_more():
    event = WritableEvent()
    await event.wait()
    event.clear()
    writers = [asyncio.ensure_future(event.wait()) for _ in range(3)]
    await asyncio.sleep(0)
    assert not any(writer.done() for writer in writers)
    writers.pop().cancel()
    event.set()
    await asyncio.wait_for(asyncio.gather(*writers), 5)


class Socket:
    """What the application of a test has of one socket."""

    def __init__(self, scope: dict[str, Any], send: Callable[[dict], Awaitable[None]]) -> None:
        self.write_now = scope["extensions"].get(WRITE_NOW)
        self.send = send
        self.disconnected = asyncio.Event()


@asynccontextmanager
async def serving(*, compression: bool = False) -> AsyncIterator[tuple[str, asyncio.Queue[Socket]]]:
    """Serve sockets with uvicorn, and yield the address and the sockets that were accepted."""
    sockets: asyncio.Queue[Socket] = asyncio.Queue()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        own = Socket(scope, send)
        await receive()
        await send({"type": "websocket.accept"})
        sockets.put_nowait(own)
        while (await receive())["type"] != "websocket.disconnect":
            pass
        own.disconnected.set()

    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        application,
        ws=CompactWebSocketProtocol,
        ws_per_message_deflate=compression,
        lifespan="off",
        log_config=None,
    )
    server = uvicorn.Server(config)
    serving_task = asyncio.ensure_future(server.serve(sockets=[listener]))
    yield f"ws://127.0.0.1:{listener.getsockname()[1]}/", sockets
    server.should_exit = True
    await asyncio.wait_for(serving_task, 30)


def text_message(text: str) -> dict[str, Any]:
    return {"type": "websocket.send", "text": text}


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
async def test_frame_is_built_once_when_several_sockets_get_a_message(size):
    """LIV-66."""
    message = text_message("é" * (size // 2) + "x" * (size % 2))
    frames = []
    async with (
        serving() as (url, sockets),
        connect_async(url, proxy=None) as first,
        connect_async(url, proxy=None) as second,
    ):
        for _ in range(2):
            assert (await sockets.get()).write_now(message)
            frames.append(message[FRAME])
        assert [await first.recv(), await second.recv()] == [message["text"]] * 2
    assert frames[0] is frames[1]


async def test_message_is_not_written_when_writers_must_wait():
    """LIV-9."""
    text, count = "x" * 1_000_000, 0
    async with serving() as (url, sockets), connect_async(url, proxy=None, max_queue=1) as client:
        own = await sockets.get()
        while own.write_now(text_message(f"{count} {text}")):
            count += 1
        sending = asyncio.ensure_future(own.send(text_message(f"{count} {text}")))
        numbers = [int((await client.recv()).split(" ")[0]) for _ in range(count + 1)]
        await sending
        assert numbers == list(range(count + 1))
        assert own.write_now(text_message("again"))
        assert await client.recv() == "again"


async def test_message_is_not_written_when_the_socket_is_closing():
    async with serving() as (url, sockets), connect_async(url, proxy=None) as client:
        own = await sockets.get()
        assert not own.write_now({"type": "websocket.close", "code": 4000})
        await own.send({"type": "websocket.close", "code": 4000})
        assert not own.write_now(text_message("late"))
        await client.wait_closed()
        assert client.close_code == 4000


async def test_message_is_not_written_when_the_client_has_left():
    async with serving() as (url, sockets):
        async with connect_async(url, proxy=None) as client:
            own = await sockets.get()
            client.transport.abort()
        await asyncio.wait_for(own.disconnected.wait(), 30)
        assert not own.write_now(text_message("late"))


async def test_messages_are_only_sent_when_they_are_compressed():
    async with serving(compression=True) as (url, sockets), connect_async(url, proxy=None):
        assert (await sockets.get()).write_now is None


@pytest.mark.system
def test_handshake_is_dropped_when_the_socket_is_accepted(tmp_path):
    """It is most of the memory of an idle socket."""
    code = f"""
import sys
import django
django.setup()
import asgi_project.serving.servers as servers
class Printing(servers.{CompactWebSocketProtocol.__name__}):
    def start_keepalive(self):
        before = len(self.scope["headers"])
        super().start_keepalive()
        headers = (self.scope["headers"], self.request.headers, self.response.headers)
        print("HEADERS", before > 0, [len(list(one)) for one in headers],
              file=sys.stderr, flush=True)
servers.{CompactWebSocketProtocol.__name__} = Printing
"""
    with ServerProcess(tmp_path / "data", before=code) as server:
        with connect(server.url.replace("http", "ws") + "/ws/", proxy=None):
            pass
        assert server.wait_for_output(r"HEADERS .*") == "HEADERS True [0, 0, 0]"


async def test_attributes_of_sockets_share_their_keys():
    """A dictionary with more than 30 keys has a table of its own: 1.6 KB for each socket."""
    async with serving() as (url, sockets), connect_async(url, proxy=None):
        protocol = (await sockets.get()).write_now.__self__
        assert isinstance(protocol, CompactWebSocketProtocol)
        assert len(vars(protocol)) <= 30


async def test_pings_of_several_sockets_are_sent_at_the_same_times():
    """LIV-30: each at its time, or up to PING_ROUNDING later."""
    loop = asyncio.get_running_loop()
    async with serving() as (url, sockets):
        for _ in range(3):
            opened_at = loop.time()
            async with connect_async(url, proxy=None):
                protocol = (await sockets.get()).write_now.__self__
                due_at = protocol.ping_timer.when()
                number_of_roundings = due_at / PING_ROUNDING
                assert number_of_roundings == pytest.approx(round(number_of_roundings))
                assert protocol.ping_interval == 20
                assert opened_at + 20 <= due_at <= loop.time() + 20 + PING_ROUNDING
