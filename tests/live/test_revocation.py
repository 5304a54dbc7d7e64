"""A user who loses access to a list stops receiving it at once, on open sockets too."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.contrib.auth import logout
from django.http import HttpRequest
from django.utils import timezone

from accounts import sessions
from accounts.models import ApiToken, Session, User
from accounts.sessions import SessionStore
from live.connections import identity
from live.db_threads import run_in_db_thread
from live.delivery import change_log
from live.fingerprint import fingerprint
from live.protocol.frames import CloseCode
from shopping_list.models import Activity, Membership, ShoppingList
from shopping_list.recording import actor
from shopping_list.rows import topic_of
from shopping_list.services import invites
from tests.live.conftest import INTERVALS
from tests.support.socket_client import TIMEOUT

pytestmark = pytest.mark.django_db(transaction=True)


def membership_of(groceries: ShoppingList, user: User) -> Membership:
    return Membership.objects.get(shopping_list=groceries, user=user)


def set_deleted_at(groceries: ShoppingList, *, deleted_at: object) -> None:
    shopping_list = ShoppingList._base_manager.get(pk=groceries.pk)
    shopping_list.deleted_at = deleted_at
    shopping_list.save()


@pytest.fixture
async def subscribers(open_client, ana, bob, groceries):
    """Return the sockets of ana and bob, both subscribed to the list."""
    clients = [await open_client(ana), await open_client(bob)]
    for client in clients:
        await client.subscribe(groceries)
        await client.until("snapshot")
    return clients


async def test_removed_member_gets_ended_instead_of_the_change(subscribers, bob, groceries):
    """LIV-14."""
    ana_socket, bob_socket = subscribers
    await run_in_db_thread(lambda: membership_of(groceries, bob).delete())
    assert (await ana_socket.next())["verb"] == "member.removed"
    assert await bob_socket.next() == {
        "type": "ended",
        "topic": topic_of(groceries.pk),
        "reason": "revoked",
    }
    assert await bob_socket.next() == {"type": "left", "list": str(groceries.pk)}
    await run_in_db_thread(groceries.items.create, name="Milk")
    await ana_socket.until("change")
    assert await bob_socket.drain() == []
    assert (await bob_socket.subscribe(groceries))["code"] == "not_found"


async def test_removed_member_is_told_who_removed_them_and_when(subscribers, ana, bob, groceries):
    """LIV-58"""

    def remove_bob():
        with actor.acting_as(ana):
            membership_of(groceries, bob).delete()
        return Activity.objects.filter(list_id=groceries.pk).latest("version").at

    _, bob_socket = subscribers
    at = await run_in_db_thread(remove_bob)
    left = await bob_socket.until("left")
    assert left["by"] == {"id": ana.pk, "name": "Ana"}
    assert left["at"] == at.isoformat().replace("+00:00", "Z")


async def test_member_who_leaves_is_not_told_who_it_was(subscribers, bob, groceries):
    """LIV-58"""

    def leave():
        with actor.acting_as(bob):
            membership_of(groceries, bob).delete()

    _, bob_socket = subscribers
    await run_in_db_thread(leave)
    assert await bob_socket.until("left") == {"type": "left", "list": str(groceries.pk)}


async def test_member_gets_no_snapshot_when_removed_during_its_read(
    open_client, bob, groceries, monkeypatch
):
    """The read was allowed when it started; its result is discarded when it ends."""
    client = await open_client(bob)
    resume, started = threading.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    original = change_log.read_snapshot

    def slow_read(list_id):
        snapshot = original(list_id)
        loop.call_soon_threadsafe(started.set)
        resume.wait(TIMEOUT)
        return snapshot

    monkeypatch.setattr(change_log, "read_snapshot", slow_read)
    await client.send(type="subscribe", topic=topic_of(groceries.pk), id=1)
    await started.wait()
    await run_in_db_thread(lambda: membership_of(groceries, bob).delete())
    assert (await client.until("left"))["list"] == str(groceries.pk)
    resume.set()
    assert (await client.next())["code"] == "not_found"
    assert await client.drain() == []


async def test_lower_role_ends_subscription_but_not_membership(subscribers, bob, groceries):
    bob_socket = subscribers[1]

    def lower_role() -> None:
        member = membership_of(groceries, bob)
        member.role = "viewer"
        member.save()

    await run_in_db_thread(lower_role)
    assert (await bob_socket.next())["reason"] == "revoked"
    assert await bob_socket.drain() == []
    assert (await bob_socket.subscribe(groceries))["type"] == "subscribed"
    await bob_socket.until("snapshot")
    assert "ended" not in [frame["type"] for frame in await bob_socket.drain()]


async def test_higher_role_keeps_subscription(subscribers, bob, groceries):
    bob_socket = subscribers[1]

    def raise_role() -> None:
        member = membership_of(groceries, bob)
        member.role = "owner"
        member.save()

    await run_in_db_thread(raise_role)
    assert (await bob_socket.next())["verb"] == "member.role"


async def test_new_member_gets_joined_and_can_subscribe(open_client, mallory, groceries):
    client = await open_client(mallory)
    assert (await client.subscribe(groceries))["code"] == "not_found"
    await run_in_db_thread(Membership.objects.create, shopping_list=groceries, user=mallory)
    joined = await client.next()
    await run_in_db_thread(groceries.refresh_from_db)
    assert joined == {
        "type": "joined",
        "list": {
            "id": str(groceries.pk),
            "epoch": groceries.epoch,
            "version": groceries.version,
            "digest": groceries.digest,
        },
    }
    assert (await client.subscribe(groceries))["type"] == "subscribed"


async def test_creator_gets_joined_when_list_is_created(open_client, ana):
    from shopping_list.recording.context import recording

    client = await open_client(ana)

    def create_list() -> ShoppingList:
        shopping_list = ShoppingList(name="New", created_by=ana)
        with recording(shopping_list.pk):
            shopping_list.save()
            Membership.objects.create(shopping_list=shopping_list, user=ana, role="owner")
        return shopping_list

    created = await run_in_db_thread(create_list)
    assert (await client.next())["list"]["id"] == str(created.pk)
    assert await client.drain() == []


@pytest.mark.parametrize("deletion", ["trash", "delete"])
async def test_deleted_list_ends_subscriptions_after_its_last_change(
    subscribers, groceries, deletion, mallory
):
    if deletion == "trash":
        from django.utils import timezone

        await run_in_db_thread(set_deleted_at, groceries, deleted_at=timezone.now())
    else:
        await run_in_db_thread(groceries.delete)
    for client in subscribers:
        assert (await client.next())["verb"] == "list.deleted"
        assert (await client.next())["reason"] == "deleted"
        assert (await client.next())["type"] == "left"
        assert await client.drain() == []
        assert (await client.subscribe(groceries))["code"] == "not_found"


async def test_deleted_list_sends_left_to_members_without_subscription(open_client, ana, groceries):
    client = await open_client(ana)
    list_id = str(groceries.pk)
    await run_in_db_thread(groceries.delete)
    assert await client.next() == {"type": "left", "list": list_id}


async def test_restored_list_sends_joined_to_its_members(subscribers, groceries):
    from django.utils import timezone

    await run_in_db_thread(set_deleted_at, groceries, deleted_at=timezone.now())
    for client in subscribers:
        await client.until("left")
    await run_in_db_thread(set_deleted_at, groceries, deleted_at=None)
    for client in subscribers:
        assert (await client.next())["type"] == "joined"
        assert (await client.subscribe(groceries))["type"] == "subscribed"


async def test_sign_out_closes_only_the_sockets_of_its_session(open_client, create_session, ana):
    """LIV-15."""
    keys = [await run_in_db_thread(create_session, ana) for _ in range(2)]
    clients = [await open_client(session=key) for key in keys]
    for client in clients:
        await client.next()

    def sign_out() -> None:
        request = HttpRequest()
        request.user = ana
        request.session = SessionStore(keys[0])
        logout(request)

    await run_in_db_thread(sign_out)
    assert await clients[0].wait_closed() == CloseCode.REVOKED
    assert await clients[1].drain() == []


async def test_revoked_session_closes_only_its_own_sockets(
    open_client, create_session, signed_in_client, ana, bob
):
    """PPL-6."""
    keys = [await run_in_db_thread(create_session, ana) for _ in range(2)]
    clients = [await open_client(session=key) for key in keys]
    for client in clients:
        await client.next()
    bob_socket = await open_client(bob)

    def revoke() -> int:
        public_id = sessions.find(keys[0]).public_id
        return int(signed_in_client(ana).delete(f"/api/auth/sessions/{public_id}/").status_code)

    assert await run_in_db_thread(revoke) == 204
    assert await clients[0].wait_closed() == CloseCode.REVOKED
    assert await clients[1].drain() == []
    assert (
        await run_in_db_thread(
            lambda: signed_in_client(ana).delete("/api/auth/sessions/").status_code
        )
        == 204
    )
    assert await clients[1].wait_closed() == CloseCode.REVOKED
    assert await bob_socket.drain() == []


@pytest.mark.parametrize("cause", ["password", "disabled", "deleted"])
async def test_user_loses_every_socket_when_account_access_is_revoked(
    open_client, create_token, ana, bob, cause
):
    clients = [
        await open_client(ana),
        await open_client(token=await run_in_db_thread(create_token, ana), origin=None),
    ]
    await clients[1].next()
    bob_socket = await open_client(bob)

    def revoke_access() -> None:
        if cause == "password":
            ana.set_password("another horse battery")
            ana.save()
        elif cause == "disabled":
            ana.is_active = False
            ana.save()
        else:
            ana.delete()

    await run_in_db_thread(revoke_access)
    for client in clients:
        assert await client.wait_closed() == CloseCode.REVOKED
    assert await bob_socket.drain() == []


async def test_deleted_token_closes_only_the_sockets_it_opened(open_client, create_token, ana):
    tokens = [await run_in_db_thread(create_token, ana) for _ in range(2)]
    clients = [await open_client(token=token, origin=None) for token in tokens]
    for client in clients:
        await client.next()
    from knox.crypto import hash_token

    await run_in_db_thread(lambda: ApiToken.objects.get(digest=hash_token(tokens[0])).delete())
    assert await clients[0].wait_closed() == CloseCode.REVOKED
    assert await clients[1].drain() == []


@pytest.mark.parametrize("cause", ["session", "token", "disabled", "password"])
async def test_recheck_closes_socket_when_access_was_revoked_silently(
    open_client, create_session, create_token, ana, cause
):
    """LIV-16."""
    key, token = (
        await run_in_db_thread(create_session, ana),
        await run_in_db_thread(create_token, ana),
    )
    client = await (
        open_client(token=token, origin=None) if cause == "token" else open_client(session=key)
    )
    await client.next()
    session = Session.objects.filter(session_key=sessions.digest(key))
    silent_revocations = {
        "session": lambda: session._raw_delete("default"),
        "token": lambda: ApiToken.objects.all()._raw_delete("default"),
        "disabled": lambda: User.objects.filter(pk=ana.pk).update(is_active=False),
        "password": lambda: User.objects.filter(pk=ana.pk).update(password="x"),
    }
    await run_in_db_thread(silent_revocations[cause])
    assert await client.wait_closed() == CloseCode.REVOKED


@pytest.mark.unrecorded_writes
async def test_recheck_ends_subscription_when_membership_was_deleted_silently(
    open_client, bob, groceries
):
    client = await open_client(bob)
    await client.subscribe(groceries)
    await client.until("snapshot")
    await run_in_db_thread(lambda: Membership._base_manager.filter(user=bob)._raw_delete("default"))
    assert (await client.until("ended"))["reason"] == "revoked"
    assert (await client.until("left"))["list"] == str(groceries.pk)


async def test_former_staff_user_loses_only_the_ops_subscription(
    open_client, create_token, ana, bob
):
    """LIV-29, SEC-4, SEC-20."""
    await run_in_db_thread(lambda: User.objects.update(is_staff=True))
    session_client, bob_socket = await open_client(ana), await open_client(bob)
    token_client = await open_client(token=await run_in_db_thread(create_token, ana), origin=None)
    for client in (session_client, token_client, bob_socket):
        assert (await client.subscribe("ops"))["type"] == "subscribed"
    await run_in_db_thread(lambda: User.objects.filter(pk=ana.pk).update(is_staff=False))
    for client in (session_client, token_client):
        assert (await client.until("ended")) == {
            "type": "ended",
            "topic": "ops",
            "reason": "revoked",
        }
        assert (await client.subscribe("ops"))["code"] == "not_found"
        assert (await client.subscribe("requests"))["type"] == "subscribed"
        assert (await client.until("sample"))["topic"] == "requests"
    assert "ended" not in {frame["type"] for frame in await bob_socket.drain()}
    await bob_socket.until("sample", topic="ops")


async def test_recheck_sends_nothing_to_user_with_valid_access(
    open_client, live_runtime, ana, groceries
):
    client = await open_client(ana)
    await client.subscribe(groceries)
    await client.until("snapshot")
    await live_runtime.periodic_tasks.revalidate_identities()
    assert [f for f in await client.drain() if f["type"] != "beat"] == []


async def test_guest_loses_subscription_when_membership_expires(open_client, ana, groceries):
    """INV-9"""

    def create_guest() -> User:
        secret = invites.new_secret()
        invites.create(groceries.pk, ana, secret=secret, role="viewer", guest=True)
        guest = invites.accept_as_guest(secret, "Grandma").user
        expires_at = timezone.now() + timedelta(seconds=1)
        Membership.objects.filter(user=guest).update(expires_at=expires_at)
        return guest

    ana_socket, guest_socket = (
        await open_client(ana),
        await open_client(await run_in_db_thread(create_guest)),
    )
    for client in (ana_socket, guest_socket):
        await client.subscribe(groceries)
        await client.until("snapshot")
    assert (await ana_socket.until("change"))["verb"] == "member.removed"
    assert (await guest_socket.until("ended"))["reason"] == "revoked"
    assert (await guest_socket.until("left"))["list"] == str(groceries.pk)
    assert (await guest_socket.subscribe(groceries))["code"] == "not_found"


def test_fingerprint_does_not_reveal_the_key():
    assert fingerprint("secret") != "secret"
    assert len(fingerprint("secret")) == 24


@pytest.mark.parametrize("intervals", [replace(INTERVALS, revalidate_interval=3600)])
async def test_socket_is_closed_when_session_ends_during_handshake(
    open_client, create_session, ana, groceries, monkeypatch
):
    """LIV-15, SEC-4"""
    key, looked_up, resume = (
        await run_in_db_thread(create_session, ana),
        threading.Event(),
        threading.Event(),
    )
    other_client = await open_client(session=key)
    await other_client.until("welcome")
    original = identity.visible_lists

    def slow_lookup(user_id):
        looked_up.set()
        assert resume.wait(TIMEOUT)
        return original(user_id)

    monkeypatch.setattr(identity, "visible_lists", slow_lookup)
    client = await open_client(path=f"/ws/lists/{groceries.pk}/", session=key)
    await asyncio.to_thread(looked_up.wait, TIMEOUT)
    await run_in_db_thread(SessionStore(key).delete)
    assert await other_client.wait_closed() == CloseCode.REVOKED
    resume.set()
    assert await client.wait_closed() == CloseCode.REVOKED
    assert [frame["type"] for frame in client.frames] == ["error", "bye"]
