"""Up to which version a user has seen a list: stored, and told to the user's devices."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import User
from live.connections import stored_visits
from live.connections.stored_visits import SeenVersion
from live.db_threads import run_in_db_thread
from live.models import Visit
from shopping_list.models import Activity
from shopping_list.rows import topic_of
from tests.live.conftest import INTERVALS
from tests.support.socket_client import eventually

pytestmark = pytest.mark.django_db(transaction=True)


async def look_at(client, shopping_list, *, state="viewing"):
    """Show a list like a browser does, and return its version."""
    subscribed = await client.subscribe(shopping_list)
    topic = topic_of(shopping_list.pk)
    if state is not None:
        await client.send(type="presence", topic=topic, state=state)
    version, digest = subscribed["version"], subscribed["digest"]
    await client.send(type="seen", topic=topic, version=version, digest=digest)
    return version


async def known_list(open_client, shopping_list, **options):
    """Connect, and return what `welcome` says of a list."""
    client = await open_client(origin=None, **options)
    lists = {each["id"]: each for each in (await client.next())["lists"]}
    return lists.get(str(shopping_list.pk))


@pytest.fixture
async def token_of(create_token):
    async def create(user, **fields):
        return await run_in_db_thread(lambda: create_token(user, **fields))

    return create


async def test_all_devices_of_a_user_learn_what_the_user_has_seen(
    open_client, token_of, ana, bob, groceries
):
    """TOG-10"""
    before = await run_in_db_thread(Activity.objects.count)
    phone, laptop, of_bob = [await open_client(user) for user in (ana, ana, bob)]
    version = await look_at(phone, groceries)
    visited = await laptop.until("visited")
    visited.pop("at")
    position = {"list": str(groceries.pk), "epoch": groceries.epoch, "version": version}
    assert visited == {"type": "visited", **position}
    known = await known_list(open_client, groceries, token=await token_of(ana))
    assert known["visited"]["version"] == version
    assert "visited" not in {frame["type"] for frame in await of_bob.drain()}
    known = await known_list(open_client, groceries, token=await token_of(bob))
    assert "visited" not in known
    assert await run_in_db_thread(Activity.objects.count) == before


async def test_later_changes_are_seen_while_the_list_is_open(open_client, ana, groceries):
    """TOG-10"""
    phone, laptop = await open_client(ana), await open_client(ana)
    version = await look_at(phone, groceries)
    assert (await laptop.until("visited"))["version"] == version
    await run_in_db_thread(lambda: groceries.items.create(name="Rice"))
    change = await phone.until("change")
    seen = {"version": change["version"], "digest": change["digest"]}
    await phone.send(type="seen", topic=topic_of(groceries.pk), **seen)
    assert (await laptop.until("visited"))["version"] == version + 1


async def test_other_processes_tell_the_devices_of_the_user(
    live_runtime, open_client, ana, bob, groceries
):
    """TOG-10"""
    laptop, of_bob = await open_client(ana), await open_client(bob)
    message = {
        "type": "live.visited",
        "process": "another",
        "user": ana.pk,
        "list": str(groceries.pk),
        "epoch": groceries.epoch,
        "version": 2,
        "at": timezone.now().timestamp(),
    }
    live_runtime.relay.receive(message)
    assert (await laptop.until("visited"))["version"] == 2
    assert "visited" not in {frame["type"] for frame in await of_bob.drain()}


@pytest.mark.parametrize("state", [None, "away"])
async def test_list_that_nobody_looks_at_is_not_seen(
    open_client, live_runtime, ana, groceries, state
):
    """TOG-10: a hidden tab follows a list, and shows it later."""
    client = await open_client(ana)
    version = await look_at(client, groceries, state=state)
    await client.drain()
    await live_runtime.visits.save()
    assert not await run_in_db_thread(Visit.objects.exists)
    await client.send(type="presence", topic=topic_of(groceries.pk), state="shopping")
    assert (await client.until("visited"))["version"] == version


async def test_token_for_another_list_is_not_told(open_client, token_of, ana, groceries, hardware):
    """TOG-10"""
    token = await token_of(ana, list_id=hardware.pk)
    other = await open_client(token=token, origin=None)
    phone = await open_client(ana)
    await look_at(phone, groceries)
    await phone.until("visited")
    assert "visited" not in {frame["type"] for frame in await other.drain()}


async def test_visit_to_another_epoch_is_not_told(open_client, token_of, ana, groceries):
    """TOG-10: versions of two epochs cannot be compared."""

    def store():
        seen = {(ana.pk, groceries.pk): SeenVersion("0ther", 7)}
        return stored_visits.store(seen, timezone.now())

    await run_in_db_thread(store)
    assert "visited" not in await known_list(open_client, groceries, token=await token_of(ana))


async def test_failed_write_is_repeated(monkeypatch, live_runtime, open_client, ana, groceries):
    """TOG-10"""
    store, calls = stored_visits.store, []

    def fail_once(*args):
        calls.append(args)
        if len(calls) == 1:
            raise RuntimeError("no disk")
        return store(*args)

    monkeypatch.setattr(stored_visits, "store", fail_once)
    client = await open_client(ana)
    version = await look_at(client, groceries)
    assert (await client.until("visited"))["version"] == version
    assert len(calls) >= 2


async def test_what_was_seen_is_stored_when_the_process_stops(
    live_runtime, open_client, ana, groceries
):
    """TOG-10"""
    client = await open_client(ana)
    await look_at(client, groceries)
    await eventually(lambda: live_runtime.visits._unsaved or live_runtime.visits._saved)
    await live_runtime.stop()
    assert await run_in_db_thread(Visit.objects.count) == 1


@pytest.mark.parametrize("intervals", [replace(INTERVALS, visit_interval=60.0)])
async def test_what_was_seen_is_stored_when_the_page_is_left(open_client, ana, groceries):
    """TOG-10: a page that is loaded again asks for it at once."""
    phone, laptop = await open_client(ana), await open_client(ana)
    version = await look_at(phone, groceries)
    await phone.drain()
    await phone.disconnect()
    assert (await laptop.until("visited"))["version"] == version


def test_seen_version_never_falls(ana, bob, groceries):
    """TOG-10"""
    key, now = (ana.pk, groceries.pk), timezone.now()

    def store(epoch, version, at=now):
        stored = stored_visits.store({key: SeenVersion(epoch, version)}, at)
        visit = Visit.objects.get()
        assert len(stored) in (0, 1)
        return bool(stored), (visit.epoch, visit.version, visit.at)

    assert store("a", 5) == (True, ("a", 5, now))
    assert store("a", 4) == (False, ("a", 5, now))
    assert store("a", 5, now + timedelta(minutes=5)) == (False, ("a", 5, now))
    later = now + timedelta(minutes=11)
    assert store("a", 5, later) == (True, ("a", 5, later))
    assert store("a", 6) == (True, ("a", 6, now))
    assert store("b", 1) == (True, ("b", 1, now))


def test_visits_to_what_was_deleted_meanwhile_are_dropped(ana, bob, groceries):
    """TOG-10"""
    seen = SeenVersion("a", 1)
    unknown = max(User.objects.values_list("pk", flat=True)) + 1
    visits = {
        (ana.pk, groceries.pk): seen,
        (ana.pk, uuid4()): seen,
        (unknown, groceries.pk): seen,
    }
    stored = stored_visits.store(visits, timezone.now())
    assert [(visit.user_id, visit.shopping_list_id) for visit in stored] == [(ana.pk, groceries.pk)]
    assert Visit.objects.count() == 1


def test_visits_are_deleted_with_the_list_and_the_user(ana, bob, groceries, hardware):
    """TOG-10"""
    seen = SeenVersion("a", 1)
    keys = [(user.pk, each.pk) for user in (ana, bob) for each in (groceries, hardware)]
    stored_visits.store(dict.fromkeys(keys, seen), timezone.now())
    hardware.delete()
    assert set(Visit.objects.values_list("shopping_list_id", flat=True)) == {groceries.pk}
    bob.delete()
    assert set(Visit.objects.values_list("user_id", flat=True)) == {ana.pk}
