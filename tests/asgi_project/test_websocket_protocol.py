"""The queue and the event of a socket behave like those of asyncio that they replace."""

from __future__ import annotations

import asyncio

import pytest
from websockets.sync.client import connect

from asgi_project.serving.websocket_protocol import (
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
