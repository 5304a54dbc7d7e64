"""What a client is told before its socket closes, for every close code."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from live.connections.connection import Connection
from live.connections.identity import Identity
from live.protocol import frames
from live.protocol.frames import CloseCode
from tests.support.frame_schema import server_frames

ANA = Identity(user_id=1, name="Ana", is_staff=False, is_guest=False, lookup_key="x", session="x")


async def close(code: CloseCode, *, identity: Identity | None) -> tuple[list[Any], dict[str, Any]]:
    """Close a new socket; return its frames and its close message."""
    sent: list[dict[str, Any]] = []
    is_closed = asyncio.Event()

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)
        if message["type"] == "websocket.close":
            is_closed.set()

    connection = Connection(send, finish=lambda: None)
    connection.identity = identity
    connection.close(code, "reason", retry_in=2.5)
    connection.close(CloseCode.RESTARTING, "again")
    async with asyncio.timeout(5):
        await is_closed.wait()
    received = [frame for message in sent[:-1] for frame in server_frames(message["text"])]
    return received, sent[-1]


@pytest.mark.parametrize("code", CloseCode)
async def test_refused_client_gets_error_and_bye_and_close_code(code: CloseCode) -> None:
    """LIV-48"""
    (error, bye), closed = await close(code, identity=None)
    assert (error["type"], error["code"]) == ("error", frames.REFUSAL_ERRORS[code])
    assert (error["message"], error["retry_in"]) == ("reason", 2.5)
    assert (bye["type"], bye["code"], bye["retry_in"]) == ("bye", code, 2.5)
    assert closed["code"] == code


@pytest.mark.parametrize("code", CloseCode)
async def test_authenticated_client_gets_bye_and_close_code(code: CloseCode) -> None:
    """LIV-48"""
    (bye,), closed = await close(code, identity=ANA)
    assert (bye["type"], bye["code"], bye["reason"]) == ("bye", code, "reason")
    assert closed["code"] == code


def test_every_close_code_has_an_error() -> None:
    """LIV-48"""
    assert set(frames.REFUSAL_ERRORS) == set(CloseCode)
