"""Screens are compared with the history that was delivered."""

from __future__ import annotations

import pytest

from live.connections.screens import ScreenCounts
from live.db_threads import run_in_db_thread
from shopping_list.rows import topic_of
from tests.support.positions import position_in
from tests.support.socket_client import eventually

pytestmark = pytest.mark.django_db(transaction=True)


async def send_seen(client, shopping_list, version, digest):
    """Report what this screen shows."""
    topic = topic_of(shopping_list.pk)
    await client.send(type="seen", topic=topic, version=version, digest=digest, paint_ms=7)


async def test_screens_are_counted_as_identical_behind_and_different(
    open_client, live_runtime, ana, bob, groceries
):
    """POS-4"""
    clients = [await open_client(user) for user in (ana, ana, bob)]
    for client in clients:
        reply = await client.subscribe(groceries)
        await client.until("snapshot")
    before = position_in(reply)
    await run_in_db_thread(groceries.items.create, name="Milk")
    changes = [await client.until("change") for client in clients]
    digests = [changes[0]["digest"], before["digest"], "0123456789abcdef"]
    versions = [changes[0]["version"], before["since"], changes[0]["version"]]
    for client, version, digest in zip(clients, versions, digests, strict=True):
        await send_seen(client, groceries, version, digest)
    await eventually(lambda: live_runtime.screens.count() == ScreenCounts(1, 1, 1))
    await clients[2].disconnect()
    await eventually(lambda: live_runtime.screens.count() == ScreenCounts(1, 1, 0))


async def test_screen_is_counted_again_when_it_catches_up(
    open_client, live_runtime, ana, groceries
):
    client = await open_client(ana)
    first = position_in(await client.subscribe(groceries))
    await send_seen(client, groceries, first["since"], first["digest"])
    await eventually(lambda: live_runtime.screens.count() == ScreenCounts(identical=1))
    await run_in_db_thread(groceries.items.create, name="Milk")
    change = await client.until("change")
    # A client holds its reports back for a moment.
    live_runtime.screens._confirm_delay = 60
    assert live_runtime.screens.count() == ScreenCounts(identical=1)
    live_runtime.screens._confirm_delay = 0
    assert live_runtime.screens.count() == ScreenCounts(behind=1)
    await send_seen(client, groceries, change["version"], change["digest"])
    await eventually(lambda: live_runtime.screens.count() == ScreenCounts(identical=1))


async def test_subscriber_of_counters_gets_the_number_of_screens(open_client, ana, groceries):
    """POS-4"""
    client, dashboard = await open_client(ana), await open_client(ana)
    await dashboard.subscribe("requests")
    position = position_in(await client.subscribe(groceries))
    await send_seen(client, groceries, position["since"], position["digest"])
    sample = await dashboard.until("sample")
    while not sample["screens"]["identical"]:
        sample = await dashboard.until("sample")
    assert sample["screens"] == {"identical": 1, "behind": 0, "different": 0}


async def test_seen_is_ignored_when_the_list_is_not_subscribed(
    open_client, live_runtime, mallory, groceries
):
    client = await open_client(mallory)
    await client.subscribe(groceries)
    await send_seen(client, groceries, 1, "0123456789abcdef")
    await client.send(type="ping", id=1)
    assert (await client.until("pong"))["id"] == 1
    assert live_runtime.screens.count() == ScreenCounts()
