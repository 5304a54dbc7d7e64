"""A user who joins or leaves a list is notified once per socket, even if messages are lost."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from live.db_threads import run_in_db_thread
from live.delivery import publisher
from live.delivery.access_changes import access_changes_of
from shopping_list.models import Activity, Membership
from shopping_list.rows import topic_of
from tests.live.conftest import TIMING

pytestmark = pytest.mark.django_db(transaction=True)
UNREPAIRED = pytest.mark.parametrize("timing", [replace(TIMING, reconcile=3600)])


@pytest.fixture
def mute(monkeypatch):
    """Drop every message about a recorded change, as a failing layer would."""
    monkeypatch.setattr(publisher, "_send", lambda outgoing: None)


async def test_membership_change_reaches_member_when_its_message_is_lost(
    screen, bob, hardware, mute
):
    """LIV-25."""
    one, other = await screen(bob), await screen(bob)
    await run_in_db_thread(Membership.objects.create, shopping_list=hardware, user=bob)
    await run_in_db_thread(hardware.refresh_from_db)
    position = {"id": str(hardware.pk), "epoch": hardware.epoch, "version": hardware.version}
    for each in (one, other):
        assert await each.next() == {"type": "joined", "list": position}
    await run_in_db_thread(lambda: hardware.memberships.get(user=bob).delete())
    for each in (one, other):
        assert await each.next() == {"type": "left", "list": str(hardware.pk)}
        assert await each.barrier() == []


async def test_membership_change_is_sent_once_when_its_message_is_late(
    screen, live, bob, hardware, mute
):
    one = await screen(bob)

    def newest() -> Activity:
        return Activity.objects.filter(list_id=hardware.pk).latest("version")

    def tell(change: Activity) -> None:
        effects = access_changes_of(change.changes, bytes(change.frame))
        live.registry.changed(hardware.pk, change.epoch, change.version, effects)

    await run_in_db_thread(Membership.objects.create, shopping_list=hardware, user=bob)
    await one.until("joined")
    tell(await run_in_db_thread(newest))
    await run_in_db_thread(lambda: hardware.memberships.get(user=bob).delete())
    await one.until("left")
    tell(await run_in_db_thread(newest))
    assert await one.barrier() == []


async def test_subscription_ends_after_last_change_when_list_is_deleted(
    screen, live, ana, groceries, mute
):
    """Also when the memberships are reconciled before the log is read."""
    one = await screen(ana)
    await one.follow(groceries)
    await one.until("snapshot")
    await run_in_db_thread(groceries.delete)
    live.registry.reconcile_access({}, at=time.monotonic(), thorough=False)
    assert (await one.next())["verb"] == "list.deleted"
    assert (await one.next())["reason"] == "deleted"
    assert (await one.next())["type"] == "left"


@UNREPAIRED
async def test_member_gets_joined_before_subscribed_when_message_is_lost(
    screen, bob, hardware, mute
):
    """On every socket, although the subscription was faster than the message."""
    one, other = await screen(bob), await screen(bob)
    await run_in_db_thread(Membership.objects.create, shopping_list=hardware, user=bob)
    await one.send(type="subscribe", topic=topic_of(hardware.pk), id=1)
    assert (await one.next())["list"]["id"] == str(hardware.pk)
    assert (await one.next())["type"] == "subscribed"
    assert (await other.next())["type"] == "joined"


@UNREPAIRED
async def test_open_socket_gets_joined_when_member_opens_another_socket(
    screen, bob, hardware, mute
):
    one = await screen(bob)
    await run_in_db_thread(Membership.objects.create, shopping_list=hardware, user=bob)
    other = await screen(bob)
    assert (await one.next())["list"]["id"] == str(hardware.pk)
    assert await other.barrier() == []
