"""The client of a trial notes what the server says, also while it connects again."""

from __future__ import annotations

import asyncio

import pytest
from websockets.asyncio.server import ServerConnection, serve

from trolley_check.history import History, Revoked
from trolley_check.socket_client import SocketClient


@pytest.mark.parametrize(("code", "is_revoked"), [(4501, True), (4503, True), (4504, False)])
async def test_final_close_code_says_whether_access_has_ended(code, is_revoked):
    """CHK-1: who loses access while the process that served them is killed is told so later."""

    async def refuse(socket: ServerConnection) -> None:
        await socket.close(code)

    history = History()
    async with serve(refuse, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        client = SocketClient(url, {}, "groceries", name="guest", history=history)
        client.start()
        async with asyncio.timeout(20):
            await client.ended()
        await client.stop()
    assert [type(event) for event in history.events] == [Revoked] * is_revoked


async def test_list_that_is_not_found_any_more_is_an_end_of_access():
    """CHK-1"""

    async def answer(socket: ServerConnection) -> None:
        await socket.send('{"type":"error","code":"not_found","message":"no such topic"}')
        await socket.close(4503)

    history = History()
    async with serve(answer, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        client = SocketClient(f"http://127.0.0.1:{port}", {}, "x", name="guest", history=history)
        client.start()
        async with asyncio.timeout(20):
            await client.ended()
        await client.stop()
    assert [type(event) for event in history.events] == [Revoked]
