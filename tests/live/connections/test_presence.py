"""Presence is sent to the subscribers of a list, and never stays after a user left."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from live.db_threads import run_in_db_thread
from live.delivery.local_bus import CONTROL_GROUP
from shopping_list.rows import topic_of
from tests.live.conftest import INTERVALS

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def subscribers(open_client, ana, bob, groceries):
    clients = [await open_client(ana), await open_client(bob)]
    for client in clients:
        await client.subscribe(groceries)
        await client.until("snapshot")
    return clients


def states_of(frame) -> list[tuple[str, str]]:
    return [(person["name"], person["state"]) for person in frame["people"]]


async def test_presence_state_is_sent_to_all_subscribers(subscribers, groceries):
    ana_socket, bob_socket = subscribers
    await bob_socket.send(type="presence", topic=topic_of(groceries.pk), state="shopping")
    for client in subscribers:
        assert states_of(await client.until("presence")) == [("Bob", "shopping")]
    await bob_socket.send(type="presence", topic=topic_of(groceries.pk), state="away")
    assert states_of(await ana_socket.until("presence")) == [("Bob", "away")]


async def test_presence_ends_when_client_disconnects(subscribers, groceries):
    ana_socket, bob_socket = subscribers
    await bob_socket.send(type="presence", topic=topic_of(groceries.pk), state="viewing")
    await ana_socket.until("presence")
    await bob_socket.disconnect()
    assert states_of(await ana_socket.until("presence")) == []


async def test_new_subscriber_gets_current_presence(open_client, subscribers, ana, groceries):
    await subscribers[1].send(type="presence", topic=topic_of(groceries.pk), state="viewing")
    await subscribers[0].until("presence")
    client = await open_client(ana)
    await client.subscribe(groceries)
    assert states_of(await client.until("presence")) == [("Bob", "viewing")]


async def test_most_active_state_of_several_clients_is_shown(
    open_client, subscribers, bob, groceries
):
    topic = topic_of(groceries.pk)
    other_client = await open_client(bob)
    await other_client.subscribe(groceries)
    await other_client.send(type="presence", topic=topic, state="away")
    await subscribers[1].send(type="presence", topic=topic, state="shopping")
    await other_client.drain()
    await subscribers[1].drain()
    while states_of(await subscribers[0].until("presence")) != [("Bob", "shopping")]:
        pass


async def test_presence_of_another_process_expires_after_its_lease(
    live_runtime, subscribers, groceries
):
    presence_message = {
        "type": "live.presence",
        "process": "another",
        "topic": topic_of(groceries.pk),
        "people": [[77, "Carla", "viewing", time.time()]],
    }
    live_runtime.relay.receive(presence_message)
    assert states_of(await subscribers[0].until("presence")) == [("Carla", "viewing")]
    assert states_of(await subscribers[0].until("presence")) == []  # that process never repeated it


async def test_process_repeats_its_own_presence(live_runtime, subscribers, groceries):
    sent = []
    live_runtime.relay.layer_client.send = sent.append
    await subscribers[0].send(type="presence", topic=topic_of(groceries.pk), state="viewing")
    await subscribers[0].until("presence")
    sent.clear()
    live_runtime.presence.expire(time.monotonic() + 1_000)
    assert [(outgoing.group, outgoing.message["people"][0][1]) for outgoing in sent] == [
        (CONTROL_GROUP, "Ana")
    ]


@pytest.mark.parametrize("intervals", [replace(INTERVALS, presence_delay=0.5)])
async def test_presence_updates_are_batched_into_one_frame(
    live_runtime, open_client, subscribers, groceries
):
    published = []
    original = live_runtime.hub.publish
    live_runtime.hub.publish = lambda topic, text, **options: (
        published.append(text),
        original(topic, text, **options),
    )
    for client in subscribers:
        await client.send(type="presence", topic=topic_of(groceries.pk), state="viewing")
        await client.drain()
    assert len(states_of(await subscribers[0].until("presence"))) == 2
    assert len([text for text in published if '"presence"' in text]) == 1


async def test_presence_ends_when_member_is_removed(subscribers, bob, groceries):
    await subscribers[1].send(type="presence", topic=topic_of(groceries.pk), state="viewing")
    await subscribers[0].until("presence")
    await run_in_db_thread(lambda: groceries.memberships.get(user=bob).delete())
    assert states_of(await subscribers[0].until("presence")) == []
