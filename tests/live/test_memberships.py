"""A user who joins or leaves a list is notified once per socket, even if messages are lost."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import replace

import pytest

from live.connections import identity
from live.db_threads import run_in_db_thread
from live.delivery import publisher
from live.delivery.access_changes import access_changes_of
from live.delivery.readings import Position
from shopping_list.models import Activity, Membership
from shopping_list.rows import topic_of
from tests.live.conftest import INTERVALS

pytestmark = pytest.mark.django_db(transaction=True)
UNREPAIRED = pytest.mark.parametrize("intervals", [replace(INTERVALS, reconcile_interval=3600)])


@pytest.fixture
def lost_messages(monkeypatch):
    """Drop every message about a recorded change, as a failing layer would."""
    monkeypatch.setattr(publisher, "_send", lambda outgoing: None)


async def test_membership_change_reaches_member_when_its_message_is_lost(
    open_client, bob, hardware, lost_messages
):
    """LIV-25."""
    client, other_client = await open_client(bob), await open_client(bob)
    await run_in_db_thread(Membership.objects.create, shopping_list=hardware, user=bob)
    await run_in_db_thread(hardware.refresh_from_db)
    position = {
        "id": str(hardware.pk),
        "epoch": hardware.epoch,
        "version": hardware.version,
        "digest": hardware.digest,
    }
    for receiver in (client, other_client):
        assert await receiver.next() == {"type": "joined", "list": position}
    await run_in_db_thread(lambda: hardware.memberships.get(user=bob).delete())
    for receiver in (client, other_client):
        assert await receiver.next() == {"type": "left", "list": str(hardware.pk)}
        assert await receiver.drain() == []


async def test_membership_change_is_sent_once_when_its_message_is_late(
    open_client, live_runtime, bob, hardware, lost_messages
):
    client = await open_client(bob)

    def latest_activity() -> Activity:
        return Activity.objects.filter(list_id=hardware.pk).latest("version")

    def deliver(change: Activity) -> None:
        effects = access_changes_of(change.changes, bytes(change.frame))
        position = Position(change.epoch, change.version, change.digest)
        live_runtime.access.on_access_changed(hardware.pk, position, effects)

    await run_in_db_thread(Membership.objects.create, shopping_list=hardware, user=bob)
    await client.until("joined")
    deliver(await run_in_db_thread(latest_activity))
    await run_in_db_thread(lambda: hardware.memberships.get(user=bob).delete())
    await client.until("left")
    deliver(await run_in_db_thread(latest_activity))
    assert await client.drain() == []


async def test_subscription_ends_after_last_change_when_list_is_deleted(
    open_client, live_runtime, ana, groceries, lost_messages
):
    """Also when the memberships are reconciled before the log is read."""
    client = await open_client(ana)
    await client.subscribe(groceries)
    await client.until("snapshot")
    await run_in_db_thread(groceries.delete)
    live_runtime.access.reconcile([ana.pk], {}, read_at=time.monotonic(), is_thorough=False)
    assert (await client.next())["verb"] == "list.deleted"
    assert (await client.next())["reason"] == "deleted"
    assert (await client.next())["type"] == "left"


@UNREPAIRED
async def test_member_gets_joined_before_subscribed_when_message_is_lost(
    open_client, bob, hardware, lost_messages
):
    """On every socket, although the subscription was faster than the message."""
    client, other_client = await open_client(bob), await open_client(bob)
    await run_in_db_thread(Membership.objects.create, shopping_list=hardware, user=bob)
    await client.send(type="subscribe", topic=topic_of(hardware.pk), id=1)
    assert (await client.next())["list"]["id"] == str(hardware.pk)
    assert (await client.next())["type"] == "subscribed"
    assert (await other_client.next())["type"] == "joined"


@UNREPAIRED
async def test_open_socket_gets_joined_when_member_opens_another_socket(
    open_client, bob, hardware, lost_messages
):
    client = await open_client(bob)
    await run_in_db_thread(Membership.objects.create, shopping_list=hardware, user=bob)
    other_client = await open_client(bob)
    assert (await client.next())["list"]["id"] == str(hardware.pk)
    assert await other_client.drain() == []


def pause_after(monkeypatch, read) -> tuple[threading.Event, threading.Event]:
    """Pause a reading of `identity` when it is done; return the events `done` and `resume`."""
    done, resume = threading.Event(), threading.Event()

    def read_and_pause(*arguments):
        result = read(*arguments)
        done.set()
        assert resume.wait(10)
        return result

    monkeypatch.setattr(identity, read.__name__, read_and_pause)
    return done, resume


@UNREPAIRED
async def test_connecting_member_keeps_access_when_memberships_are_read_meanwhile(
    open_client, live_runtime, ana, bob, groceries, monkeypatch
):
    """That reading starts after the member's own, and before the member is connected."""
    await open_client(bob)
    authenticated, resume_authentication = pause_after(monkeypatch, identity.visible_lists)
    memberships_read, resume_reconciling = pause_after(monkeypatch, identity.memberships)
    connecting = asyncio.create_task(open_client(ana))
    assert await asyncio.to_thread(authenticated.wait, 10)
    reconciling = asyncio.create_task(live_runtime.periodic_tasks.revalidate_identities())
    assert await asyncio.to_thread(memberships_read.wait, 10)
    resume_authentication.set()
    client = await connecting
    resume_reconciling.set()
    await reconciling
    assert await client.drain() == []
