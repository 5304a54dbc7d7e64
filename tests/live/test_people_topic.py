"""The topic `people`: who has lists open, only on lists that the subscriber may view."""

from __future__ import annotations

import pytest

from live.db_threads import run_in_db_thread
from live.protocol.topics import PEOPLE
from shopping_list.rows import topic_of
from tests.support.positions import position_in
from tests.support.socket_client import eventually

pytestmark = pytest.mark.django_db(transaction=True)


async def open_list(client, shopping_list, state="viewing"):
    """Open a list and show it."""
    await client.subscribe(shopping_list)
    await client.send(type="presence", topic=topic_of(shopping_list.pk), state=state)


def states_in(frame):
    """Return the states by the name of the user and the id of the list."""
    return {
        (person["name"], each["list"]): each["state"]
        for person in frame["people"]
        for each in person["lists"]
    }


async def until_states(client, expected):
    """Skip frames until one has exactly these states."""
    while True:
        frame = await client.until("people")
        if states_in(frame) == expected:
            return frame


async def test_members_see_who_is_on_their_lists(open_client, ana, bob, groceries, hardware):
    """LIV-53"""
    watcher, phone = await open_client(bob), await open_client(ana)
    assert (await watcher.subscribe("people"))["type"] == "subscribed"
    assert (await watcher.until("people"))["people"] == []
    await open_list(phone, groceries, "shopping")
    await open_list(phone, hardware)  # a list of ana alone
    frame = await until_states(watcher, {("Ana", str(groceries.pk)): "shopping"})
    assert [person["id"] for person in frame["people"]] == [ana.pk]
    await phone.send(type="presence", topic=topic_of(groceries.pk), state="away")
    await until_states(watcher, {("Ana", str(groceries.pk)): "away"})
    await phone.disconnect()
    await until_states(watcher, {})


async def test_stranger_sees_nobody(open_client, live_runtime, ana, mallory, olga, groceries):
    """LIV-53: staff of the installation is a stranger on lists."""
    phone = await open_client(ana)
    await open_list(phone, groceries)
    await eventually(lambda: live_runtime.presence.entries(topic_of(groceries.pk)))
    for stranger in (mallory, olga):
        client = await open_client(stranger)
        await client.subscribe("people")
        assert (await client.until("people"))["people"] == []
        live_runtime.people_topic.tick()
        assert [frame for frame in await client.drain() if frame["type"] == "people"] == []


async def test_removed_member_sees_nobody_any_more(open_client, ana, bob, groceries):
    """LIV-53"""
    watcher, phone = await open_client(bob), await open_client(ana)
    await open_list(phone, groceries)
    await watcher.subscribe("people")
    await until_states(watcher, {("Ana", str(groceries.pk)): "viewing"})
    await run_in_db_thread(groceries.members.remove, bob)
    await until_states(watcher, {})


async def test_token_for_one_list_sees_that_list_only(
    open_client, create_token, ana, groceries, hardware
):
    """LIV-53"""
    token = await run_in_db_thread(
        lambda: create_token(ana, name="one", scope="read", list_id=hardware.pk)
    )
    watcher, phone = await open_client(token=token, origin=None), await open_client(ana)
    await watcher.until("welcome")
    await open_list(phone, groceries)
    await open_list(phone, hardware)
    await watcher.subscribe("people")
    await until_states(watcher, {("Ana", str(hardware.pk)): "viewing"})


async def test_unchanged_frame_is_not_sent_again(open_client, live_runtime, ana, groceries):
    """LIV-53"""
    client = await open_client(ana)
    await open_list(client, groceries)
    await client.subscribe("people")
    await until_states(client, {("Ana", str(groceries.pk)): "viewing"})
    for _ in range(3):
        live_runtime.people_topic.tick()
    assert [frame for frame in await client.drain() if frame["type"] == "people"] == []


async def test_subscriber_that_missed_a_frame_gets_the_newest(
    open_client, live_runtime, ana, groceries
):
    """LIV-53"""
    client = await open_client(ana)
    await open_list(client, groceries)
    await client.subscribe("people")
    await until_states(client, {("Ana", str(groceries.pk)): "viewing"})
    (connection,) = live_runtime.registry.all_connections()
    connection.writer.send_queue.mark_missed(PEOPLE)
    await until_states(client, {("Ana", str(groceries.pk)): "viewing"})


async def test_unsubscribed_socket_leaves_no_state(open_client, live_runtime, ana):
    """LIV-53"""
    client = await open_client(ana)
    await client.subscribe("people")
    await client.send(type="unsubscribe", topic="people", id=7)
    await client.until("unsubscribed")
    assert live_runtime.people_topic._sent == {}


async def show(client, shopping_list):
    """Open a list, and report that it is shown as it is."""
    position = position_in(await client.subscribe(shopping_list))
    topic = topic_of(shopping_list.pk)
    await client.send(
        type="seen", topic=topic, version=position["since"], digest=position["digest"]
    )


async def until_screens(client, expected):
    """Skip frames until one has exactly these screens: identical, behind and different."""
    screens = None
    while screens != expected:
        screens = {
            each["list"]: (each["identical"], each["behind"], each["different"])
            for each in (await client.until("people"))["screens"]
        }


async def test_members_see_how_many_screens_show_their_lists(
    open_client, live_runtime, ana, bob, mallory, groceries, hardware
):
    """LIV-57"""
    watcher, phone = await open_client(bob), await open_client(ana)
    await show(phone, groceries)
    await show(phone, hardware)  # a list of ana alone
    await watcher.subscribe("people")
    await until_screens(watcher, {str(groceries.pk): (1, 0, 0)})
    stranger = await open_client(mallory)
    await stranger.subscribe("people")
    assert (await stranger.until("people"))["screens"] == []
    await run_in_db_thread(groceries.items.create, name="Milk")
    await until_screens(watcher, {str(groceries.pk): (0, 1, 0)})
    await show(phone, groceries)
    await until_screens(watcher, {str(groceries.pk): (1, 0, 0)})
    topic = live_runtime.sampler._topics[PEOPLE]
    topic.put("other", [[str(groceries.pk), 2, 0, 1]])
    await until_screens(watcher, {str(groceries.pk): (3, 0, 1)})
    topic.remove("other")
    await until_screens(watcher, {str(groceries.pk): (1, 0, 0)})


async def test_screens_of_lists_are_counted_only_while_a_client_subscribes(
    open_client, live_runtime, ana, groceries
):
    """LIV-57"""
    client = await open_client(ana)
    await show(client, groceries)
    topic = live_runtime.sampler._topics[PEOPLE]
    await eventually(lambda: sum(live_runtime.screens.count()) == 1)
    assert topic.counts(groceries.pk) == (0, 0, 0)
    assert PEOPLE not in live_runtime.sampler.aggregator.watched
    await client.subscribe("people")
    await eventually(lambda: topic.counts(groceries.pk) == (1, 0, 0))
    await client.send(type="unsubscribe", topic="people", id=7)
    await eventually(lambda: topic.counts(groceries.pk) == (0, 0, 0))
