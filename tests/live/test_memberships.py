"""Who joined or left a list hears of it on every socket, once, whatever the layer loses."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from live.db_threads import run_in_db_thread
from live.delivery import publisher
from live.delivery.access_changes import access_changes_of
from shopping_list.models import Activity, Membership
from shopping_list.rows import topic_of
from tests.live.conftest import INTERVALS

pytestmark = pytest.mark.django_db(transaction=True)
UNREPAIRED = pytest.mark.parametrize("intervals", [replace(INTERVALS, reconcile=3600)])


@pytest.fixture
def mute(monkeypatch):
    """Let nothing be told of what is recorded, as if a layer had lost it."""
    monkeypatch.setattr(publisher, "_send", lambda outgoing: None)


async def test_a_membership_that_no_message_told_is_found(open_client, bob, hardware, mute):
    """LIV-25."""
    one, other = await open_client(bob), await open_client(bob)
    await run_in_db_thread(Membership.objects.create, shopping_list=hardware, user=bob)
    await run_in_db_thread(hardware.refresh_from_db)
    position = {"id": str(hardware.pk), "epoch": hardware.epoch, "version": hardware.version}
    for each in (one, other):
        assert await each.next() == {"type": "joined", "list": position}
    await run_in_db_thread(lambda: hardware.memberships.get(user=bob).delete())
    for each in (one, other):
        assert await each.next() == {"type": "left", "list": str(hardware.pk)}
        assert await each.drain() == []


async def test_what_is_found_is_not_told_again_by_its_message(
    open_client, live_runtime, bob, hardware, mute
):
    one = await open_client(bob)

    def newest() -> Activity:
        return Activity.objects.filter(list_id=hardware.pk).latest("version")

    def tell(change: Activity) -> None:
        effects = access_changes_of(change.changes, bytes(change.frame))
        live_runtime.registry.changed(hardware.pk, change.epoch, change.version, effects)

    await run_in_db_thread(Membership.objects.create, shopping_list=hardware, user=bob)
    await one.until("joined")
    tell(await run_in_db_thread(newest))
    await run_in_db_thread(lambda: hardware.memberships.get(user=bob).delete())
    await one.until("left")
    tell(await run_in_db_thread(newest))
    assert await one.drain() == []


async def test_a_list_that_is_followed_ends_after_its_last_change(
    open_client, live_runtime, ana, groceries, mute
):
    """Also where the people are looked at before the log."""
    one = await open_client(ana)
    await one.subscribe(groceries)
    await one.until("snapshot")
    await run_in_db_thread(groceries.delete)
    live_runtime.registry.reconcile_access({}, at=time.monotonic(), thorough=False)
    assert (await one.next())["verb"] == "list.deleted"
    assert (await one.next())["reason"] == "deleted"
    assert (await one.next())["type"] == "left"


@UNREPAIRED
async def test_whoever_follows_a_new_list_has_heard_that_they_joined(
    open_client, bob, hardware, mute
):
    """On every socket, though the subscription was faster than the message."""
    one, other = await open_client(bob), await open_client(bob)
    await run_in_db_thread(Membership.objects.create, shopping_list=hardware, user=bob)
    await one.send(type="subscribe", topic=topic_of(hardware.pk), id=1)
    assert (await one.next())["list"]["id"] == str(hardware.pk)
    assert (await one.next())["type"] == "subscribed"
    assert (await other.next())["type"] == "joined"


@UNREPAIRED
async def test_whoever_signs_in_tells_the_other_sockets_of_a_new_list(
    open_client, bob, hardware, mute
):
    one = await open_client(bob)
    await run_in_db_thread(Membership.objects.create, shopping_list=hardware, user=bob)
    other = await open_client(bob)
    assert (await one.next())["list"]["id"] == str(hardware.pk)
    assert await other.drain() == []
