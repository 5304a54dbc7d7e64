"""Who looks at a list is told to those who look at it, and nobody stays behind."""

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
async def both(open_client, ana, bob, groceries):
    screens = [await open_client(ana), await open_client(bob)]
    for one in screens:
        await one.subscribe(groceries)
        await one.until("snapshot")
    return screens


def seen(frame) -> list[tuple[str, str]]:
    return [(person["name"], person["state"]) for person in frame["people"]]


async def test_a_screen_that_announces_itself_is_seen_by_all(both, groceries):
    of_ana, of_bob = both
    await of_bob.send(type="presence", topic=topic_of(groceries.pk), state="shopping")
    for one in both:
        assert seen(await one.until("presence")) == [("Bob", "shopping")]
    await of_bob.send(type="presence", topic=topic_of(groceries.pk), state="away")
    assert seen(await of_ana.until("presence")) == [("Bob", "away")]


async def test_a_screen_that_leaves_is_no_longer_seen(both, groceries):
    of_ana, of_bob = both
    await of_bob.send(type="presence", topic=topic_of(groceries.pk), state="viewing")
    await of_ana.until("presence")
    await of_bob.disconnect()
    assert seen(await of_ana.until("presence")) == []


async def test_a_newcomer_is_told_who_is_there(open_client, both, ana, groceries):
    await both[1].send(type="presence", topic=topic_of(groceries.pk), state="viewing")
    await both[0].until("presence")
    one = await open_client(ana)
    await one.subscribe(groceries)
    assert seen(await one.until("presence")) == [("Bob", "viewing")]


async def test_the_most_present_of_several_screens_counts(open_client, both, bob, groceries):
    topic = topic_of(groceries.pk)
    other = await open_client(bob)
    await other.subscribe(groceries)
    await other.send(type="presence", topic=topic, state="away")
    await both[1].send(type="presence", topic=topic, state="shopping")
    await other.drain()
    await both[1].drain()
    while seen(await both[0].until("presence")) != [("Bob", "shopping")]:
        pass


async def test_another_process_is_believed_for_its_lease(live_runtime, both, groceries):
    told = {
        "type": "live.presence",
        "process": "another",
        "topic": topic_of(groceries.pk),
        "people": [[77, "Carla", "viewing", time.time()]],
    }
    live_runtime.relay.receive(told)
    assert seen(await both[0].until("presence")) == [("Carla", "viewing")]
    assert seen(await both[0].until("presence")) == []  # it never said so again


async def test_a_process_repeats_what_it_knows(live_runtime, both, groceries):
    said = []
    live_runtime.relay.layer_client.send = said.append
    await both[0].send(type="presence", topic=topic_of(groceries.pk), state="viewing")
    await both[0].until("presence")
    said.clear()
    live_runtime.presence.expire(time.monotonic() + 1_000)
    assert [(one.group, one.message["people"][0][1]) for one in said] == [(CONTROL_GROUP, "Ana")]


@pytest.mark.parametrize("intervals", [replace(INTERVALS, presence=0.5)])
async def test_a_crowd_is_told_of_once(live_runtime, open_client, both, groceries):
    told = []
    publish = live_runtime.hub.publish
    live_runtime.hub.publish = lambda topic, text, **rest: (
        told.append(text),
        publish(topic, text, **rest),
    )
    for one in both:
        await one.send(type="presence", topic=topic_of(groceries.pk), state="viewing")
        await one.drain()
    assert len(seen(await both[0].until("presence"))) == 2
    assert len([text for text in told if '"presence"' in text]) == 1


async def test_the_presence_of_a_removed_member_ends(both, bob, groceries):
    await both[1].send(type="presence", topic=topic_of(groceries.pk), state="viewing")
    await both[0].until("presence")
    await run_in_db_thread(lambda: groceries.memberships.get(user=bob).delete())
    assert seen(await both[0].until("presence")) == []
