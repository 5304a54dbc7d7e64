"""Presence is sent to the subscribers of a list, and never stays after a user left."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from live.db_threads import run_in_db_thread
from live.delivery.local_bus import CONTROL_GROUP
from live.intervals import Intervals
from shopping_list.models import Membership
from shopping_list.rows import topic_of
from shopping_list.services import invites
from tests.live.conftest import INTERVALS
from tests.support.socket_client import eventually

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


TRIP = {
    "id": "0f2b1c4e-7a55-4c1d-9e83-5b6d1f0a9c22",
    "shop": "Corner shop",
    "started_at": "2026-11-22T10:00:00Z",
}
LEAVING_AT = f"{datetime.now(UTC) + timedelta(minutes=10):%Y-%m-%dT%H:%M:%SZ}"
PHONE = "Mozilla/5.0 (Linux; Android 16; Pixel 9) Chrome/140.0 Mobile Safari/537.36"


async def announce(client, shopping_list, **frame):
    await client.send(type="presence", topic=topic_of(shopping_list.pk), **frame)


async def until_people(client, condition):
    """Skip frames of presence until one meets a condition."""
    while True:
        people = {each["name"]: each for each in (await client.until("presence"))["people"]}
        if condition(people):
            return people


async def test_details_reach_all_subscribers(open_client, subscribers, ana, groceries):
    """TOG-1"""
    phone = await open_client(ana, headers=[(b"user-agent", PHONE.encode())])
    await phone.subscribe(groceries)
    item = str(uuid4())
    await announce(phone, groceries, state="shopping", trip=TRIP, aisles=["Dairy", "Fruit"])
    await announce(subscribers[1], groceries, state="viewing", editing=item, leaving_at=LEAVING_AT)
    for client in (*subscribers, phone):
        people = await until_people(client, lambda people: len(people) == 2)
        (since,) = {people["Ana"].pop("since")}
        assert since
        people["Bob"].pop("since")
        assert people == {
            "Ana": {
                "id": ana.pk,
                "name": "Ana",
                "state": "shopping",
                "device": "phone",
                "trip": TRIP,
                "aisles": ["Dairy", "Fruit"],
            },
            "Bob": {
                "id": people["Bob"]["id"],
                "name": "Bob",
                "state": "viewing",
                "editing": item,
                "leaving_at": LEAVING_AT,
            },
        }


async def test_frame_replaces_the_one_before(subscribers, groceries):
    """TOG-1"""
    ana_socket, bob_socket = subscribers
    await announce(bob_socket, groceries, state="viewing", editing=str(uuid4()))
    people = await until_people(ana_socket, lambda people: "Bob" in people)
    await announce(bob_socket, groceries, state="viewing", editing=None)
    after = await until_people(ana_socket, lambda people: "editing" not in people["Bob"])
    assert after["Bob"]["since"] == people["Bob"]["since"]


async def test_devices_of_one_user_are_shown_together(open_client, subscribers, bob, groceries):
    """TOG-1"""
    phone = await open_client(bob)
    await phone.subscribe(groceries)
    item = str(uuid4())
    await announce(phone, groceries, state="shopping", trip=TRIP, aisles=["Dairy"])
    await announce(subscribers[1], groceries, state="viewing", editing=item)
    both = {"trip", "editing"}  # a trip is shown after the role was read
    people = await until_people(subscribers[0], lambda people: both <= people["Bob"].keys())
    assert people["Bob"]["trip"] == TRIP
    assert people["Bob"]["aisles"] == ["Dairy"]


async def test_repeated_presence_expires_without_repetition(live_runtime, subscribers, groceries):
    """TOG-2: the phone is dead, and its socket is still open."""
    ana_socket, bob_socket = subscribers
    await announce(ana_socket, groceries, state="viewing")
    await announce(bob_socket, groceries, state="shopping", trip=TRIP)
    await until_people(ana_socket, lambda people: len(people) == 2)
    people = await until_people(ana_socket, lambda people: len(people) == 1)
    assert set(people) == {"Ana"}  # a client that knows no lease keeps its state
    await announce(bob_socket, groceries, state="shopping", trip=TRIP)
    assert set(await until_people(ana_socket, lambda people: len(people) == 2)) == {"Ana", "Bob"}


async def test_repetition_prolongs_the_lease_and_sends_nothing(
    live_runtime, subscribers, groceries
):
    """TOG-2, TOG-6"""
    ana_socket, bob_socket = subscribers
    topic = topic_of(groceries.pk)
    await announce(bob_socket, groceries, state="viewing", editing=None)
    await until_people(ana_socket, lambda people: "Bob" in people)
    first_lease = live_lease(live_runtime, topic)
    await announce(bob_socket, groceries, state="viewing", editing=None)
    await eventually(lambda: live_lease(live_runtime, topic) > first_lease)
    assert "presence" not in {frame["type"] for frame in await ana_socket.drain()}


def live_lease(live_runtime, topic):
    (local,) = live_runtime.presence._local[topic].values()
    return local.expires_at


def test_lease_ends_within_half_a_minute():
    """TOG-2: of a dead phone, and of a dead process."""
    intervals = Intervals()
    for lease in (intervals.presence_lease, intervals.presence_timeout):
        assert lease + intervals.sweep_interval + intervals.presence_interval < 30


@pytest.mark.parametrize("intervals", [replace(INTERVALS, presence_interval=0.5)])
async def test_frequent_changes_are_sent_together(live_runtime, subscribers, groceries):
    """TOG-6"""
    ana_socket, bob_socket = subscribers
    published = []
    original = live_runtime.hub.publish
    live_runtime.hub.publish = lambda topic, text, **options: (
        published.append(text),
        original(topic, text, **options),
    )
    items = [str(uuid4()) for _ in range(20)]
    for item in items:
        await announce(bob_socket, groceries, state="viewing", editing=item)
    await until_people(ana_socket, lambda people: people["Bob"]["editing"] == items[-1])
    assert 1 <= len(published) <= 3


@pytest.mark.parametrize("role", ["viewer", "ticker"])
async def test_trip_needs_a_role_that_may_tick(
    open_client, make_user, subscribers, groceries, role
):
    """TOG-4"""
    user = await run_in_db_thread(make_user, "carl")
    await run_in_db_thread(
        lambda: Membership.objects.create(shopping_list=groceries, user=user, role=role)
    )
    client = await open_client(user)
    await client.subscribe(groceries)
    for details in ({"trip": TRIP}, {"aisles": ["Dairy"]}):
        await announce(client, groceries, state="shopping", **details, id=5)
        errors = [frame for frame in await client.drain() if frame["type"] == "error"]
        assert [frame["code"] for frame in errors] == (["forbidden"] if role == "viewer" else [])
    if role == "viewer":
        await announce(client, groceries, state="viewing")
    people = await until_people(subscribers[0], lambda people: "Carl" in people)
    assert people["Carl"]["state"] == ("viewing" if role == "viewer" else "shopping")


@pytest.mark.parametrize("role", ["viewer", "ticker"])
async def test_guest_is_on_a_trip_if_their_role_may_tick(
    open_client, subscribers, ana, groceries, role
):
    """TOG-4, INV-8"""

    def create_guest():
        secret = invites.new_secret()
        invites.create(groceries.pk, ana, secret=secret, role=role, guest=True)
        return invites.accept_as_guest(secret, "Grandma").user

    client = await open_client(await run_in_db_thread(create_guest))
    await client.subscribe(groceries)
    await announce(client, groceries, state="shopping", trip=TRIP, aisles=["Dairy"], id=5)
    errors = [frame for frame in await client.drain() if frame["type"] == "error"]
    assert [frame["code"] for frame in errors] == (["forbidden"] if role == "viewer" else [])
    if role == "viewer":
        await announce(client, groceries, state="viewing")
    people = await until_people(subscribers[0], lambda people: "Grandma" in people)
    assert people["Grandma"].get("aisles") == (None if role == "viewer" else ["Dairy"])


async def test_trip_needs_a_token_that_may_tick(
    open_client, create_token, subscribers, bob, groceries
):
    """TOG-4"""
    for scope, expected in (("read", ["forbidden"]), ("tick", [])):
        secret = await run_in_db_thread(lambda scope=scope: create_token(bob, scope=scope))
        client = await open_client(token=secret, origin=None)
        await client.subscribe(groceries)
        await announce(client, groceries, state="shopping", trip=TRIP, id=5)
        errors = [frame for frame in await client.drain() if frame["type"] == "error"]
        assert [frame["code"] for frame in errors] == expected


async def test_lower_role_ends_a_trip(subscribers, bob, groceries):
    """TOG-4"""
    ana_socket, bob_socket = subscribers
    await announce(bob_socket, groceries, state="shopping", trip=TRIP)
    await until_people(ana_socket, lambda people: "Bob" in people)
    await run_in_db_thread(
        lambda: (
            groceries.memberships.get(user=bob).delete()
            and Membership.objects.create(shopping_list=groceries, user=bob, role="viewer")
        )
    )
    await until_people(ana_socket, lambda people: people == {})
    await bob_socket.until("ended")
    await bob_socket.subscribe(groceries)
    await announce(bob_socket, groceries, state="shopping", trip=TRIP, id=6)
    assert (await bob_socket.until("error", id=6))["code"] == "forbidden"


async def test_first_claim_of_an_aisle_counts(subscribers, groceries):
    """TOG-5"""
    ana_socket, bob_socket = subscribers
    await announce(ana_socket, groceries, state="shopping", aisles=["Dairy"])
    await until_people(ana_socket, lambda people: "Ana" in people)
    await announce(bob_socket, groceries, state="shopping", aisles=["Dairy", "Fruit"])
    people = await until_people(ana_socket, lambda people: "Bob" in people)
    assert [people[name]["aisles"] for name in ("Ana", "Bob")] == [["Dairy"], ["Fruit"]]
    await announce(ana_socket, groceries, state="shopping", aisles=["Bakery"])
    people = await until_people(ana_socket, lambda people: people["Ana"]["aisles"] == ["Bakery"])
    assert sorted(people["Bob"]["aisles"]) == ["Dairy", "Fruit"]


async def test_claims_of_another_process_count_by_their_time(live_runtime, subscribers, groceries):
    """TOG-1, TOG-5"""
    ana_socket, bob_socket = subscribers
    await announce(bob_socket, groceries, state="shopping", aisles=["Dairy", "Fruit"])
    await until_people(ana_socket, lambda people: "Bob" in people)
    now = time.time()
    claims = [["Dairy", now - 60], ["Fruit", now + 60]]
    entry = [77, "Carla", "shopping", now, "phone", TRIP, claims, str(uuid4()), LEAVING_AT]
    live_runtime.relay.receive(
        {
            "type": "live.presence",
            "process": "another",
            "topic": topic_of(groceries.pk),
            "people": [entry],
        }
    )
    people = await until_people(ana_socket, lambda people: "Carla" in people)
    assert people["Carla"]["aisles"] == ["Dairy"]
    assert people["Bob"]["aisles"] == ["Fruit"]
    assert people["Carla"]["trip"] == TRIP


async def test_details_travel_between_processes(live_runtime, subscribers, groceries):
    """TOG-1"""
    sent = []
    live_runtime.relay.layer_client.send = sent.append
    await announce(subscribers[1], groceries, state="shopping", trip=TRIP, aisles=["Dairy"])
    await until_people(subscribers[0], lambda people: "Bob" in people)
    (message, *_) = [each.message for each in sent if each.message["type"] == "live.presence"]
    assert message["people"][0][5] == TRIP
    live_runtime.presence._local.clear()
    live_runtime.relay.receive({**message, "process": "another"})
    (entry,) = live_runtime.presence.entries(topic_of(groceries.pk))
    assert (entry.trip.shop, entry.claims[0].aisle) == ("Corner shop", "Dairy")


async def test_client_that_knows_no_details_sends_and_reads_as_before(subscribers, groceries):
    """TOG-1"""
    await announce(subscribers[1], groceries, state="viewing")
    people = await until_people(subscribers[0], lambda people: "Bob" in people)
    assert set(people["Bob"]) == {"id", "name", "state", "since"}
