"""The baseline works as a real process: an edit over REST reaches its sockets."""

import json
import sqlite3

import httpx
import pytest
from websockets.asyncio.client import connect

from bench.event import SeedSize, item_id, list_id
from bench.processes import Server, free_port
from bench.targets import Plain, RunContext, Stack

CELL = Stack("uvicorn", "memory", "sqlite")


@pytest.fixture
def baseline(tmp_path):
    """Start the baseline on a seeded database; yields (port, token, database)."""
    target, port, database = Plain(), free_port(), tmp_path / "plain.sqlite3"
    context = RunContext(tmp_path, f"sqlite:///{database}")
    token = target.seed(context, CELL, SeedSize())[0]
    env = target.env(context, CELL)
    server = Server(target.command(CELL, port), port=port, log=tmp_path / "log", env=env)
    try:
        server.wait_until_listening()
        yield port, token, database
    finally:
        server.stop()


@pytest.mark.system
async def test_baseline_broadcasts_an_edit(baseline):
    port, token, database = baseline
    headers = {"Authorization": f"Token {token}"}
    before = last_interaction(database)
    path = f"127.0.0.1:{port}/ws/lists/{list_id(0)}/"
    async with (
        connect(f"ws://{path}", additional_headers=headers) as socket,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers) as client,
    ):
        item = f"/api/shopping-lists/{list_id(0)}/shopping-items/{item_id(0, 3)}/"
        response = await client.patch(item, json={"purchased": True})
        assert response.status_code == 200, response.text
        message = await socket.recv()
        assert message.startswith(Plain.event_prefix.decode())
        assert json.loads(message)["items"] == [response.json()]
    assert last_interaction(database) > before


@pytest.mark.system
async def test_baseline_rejects_anonymous_clients(baseline):
    port, _, _ = baseline
    with pytest.raises(Exception, match="403"):
        await connect(f"ws://127.0.0.1:{port}/ws/lists/{list_id(0)}/")


def last_interaction(database):
    with sqlite3.connect(database) as connection:
        query = "SELECT last_interaction FROM vanilla_shoppinglist"
        return connection.execute(query).fetchone()[0]
