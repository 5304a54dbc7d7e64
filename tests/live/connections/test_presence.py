"""Presence is sent to the subscribers of a list, and never stays after a user left."""

from __future__ import annotations

import time

import pytest

from live.db_threads import run_in_db_thread
from live.delivery.local_bus import CONTROL_GROUP
from shopping_list.rows import topic_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def both(screen, ana, bob, groceries):
    screens = [await screen(ana), await screen(bob)]
    for one in screens:
        await one.follow(groceries)
        await one.until("snapshot")
    return screens


def seen(frame) -> list[tuple[str, str]]:
    return [(person["name"], person["state"]) for person in frame["people"]]


async def test_presence_state_is_sent_to_all_subscribers(both, groceries):
    of_ana, of_bob = both
    await of_bob.send(type="presence", topic=topic_of(groceries.pk), state="shopping")
    for one in both:
        assert seen(await one.until("presence")) == [("Bob", "shopping")]
    await of_bob.send(type="presence", topic=topic_of(groceries.pk), state="away")
    assert seen(await of_ana.until("presence")) == [("Bob", "away")]


async def test_presence_ends_when_client_disconnects(both, groceries):
    of_ana, of_bob = both
    await of_bob.send(type="presence", topic=topic_of(groceries.pk), state="viewing")
    await of_ana.until("presence")
    await of_bob.leave()
    assert seen(await of_ana.until("presence")) == []


async def test_new_subscriber_gets_current_presence(screen, both, ana, groceries):
    await both[1].send(type="presence", topic=topic_of(groceries.pk), state="viewing")
    await both[0].until("presence")
    one = await screen(ana)
    await one.follow(groceries)
    assert seen(await one.until("presence")) == [("Bob", "viewing")]


async def test_most_active_state_of_several_clients_is_shown(screen, both, bob, groceries):
    topic = topic_of(groceries.pk)
    other = await screen(bob)
    await other.follow(groceries)
    await other.send(type="presence", topic=topic, state="away")
    await both[1].send(type="presence", topic=topic, state="shopping")
    await other.barrier()
    await both[1].barrier()
    while seen(await both[0].until("presence")) != [("Bob", "shopping")]:
        pass


async def test_presence_of_another_process_expires_after_its_lease(live, both, groceries):
    told = {
        "type": "live.presence",
        "process": "another",
        "topic": topic_of(groceries.pk),
        "people": [[77, "Carla", "viewing", time.time()]],
    }
    live.relay.receive(told)
    assert seen(await both[0].until("presence")) == [("Carla", "viewing")]
    assert seen(await both[0].until("presence")) == []  # that process never repeated it


async def test_process_repeats_its_own_presence(live, both, groceries):
    said = []
    live.relay.layer_client.send = said.append
    await both[0].send(type="presence", topic=topic_of(groceries.pk), state="viewing")
    await both[0].until("presence")
    said.clear()
    live.presence.expire(time.monotonic() + 1_000)
    assert [(one.group, one.message["people"][0][1]) for one in said] == [(CONTROL_GROUP, "Ana")]


async def test_presence_updates_are_batched_into_one_frame(live, screen, both, groceries):
    told = []
    publish = live.hub.publish
    live.hub.publish = lambda topic, text, **rest: (told.append(text), publish(topic, text, **rest))
    for one in both:
        await one.send(type="presence", topic=topic_of(groceries.pk), state="viewing")
        await one.barrier()
    assert len(seen(await both[0].until("presence"))) == 2
    assert len([text for text in told if '"presence"' in text]) == 1


async def test_presence_ends_when_member_is_removed(both, bob, groceries):
    await both[1].send(type="presence", topic=topic_of(groceries.pk), state="viewing")
    await both[0].until("presence")
    await run_in_db_thread(lambda: groceries.memberships.get(user=bob).delete())
    assert seen(await both[0].until("presence")) == []
