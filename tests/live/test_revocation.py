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

from accounts.models import ApiToken, Session, User
from accounts.sessions import SessionStore
from live.connections import identity
from live.connections.identity import fingerprint
from live.db_threads import run_in_db_thread
from live.delivery import change_log
from live.protocol.frames import CloseCode
from shopping_list.models import Membership, ShoppingList
from shopping_list.rows import topic_of
from shopping_list.services import invites
from tests.live.conftest import TIMING
from tests.support.socket_client import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)


def membership(groceries: ShoppingList, user: User) -> Membership:
    return Membership.objects.get(shopping_list=groceries, user=user)


def trash(groceries: ShoppingList, *, deleted_at: object) -> None:
    found = ShoppingList._base_manager.get(pk=groceries.pk)
    found.deleted_at = deleted_at
    found.save()


@pytest.fixture
async def both(screen, ana, bob, groceries):
    """Return the sockets of ana and bob, both subscribed to the list."""
    screens = [await screen(ana), await screen(bob)]
    for one in screens:
        await one.follow(groceries)
        await one.until("snapshot")
    return screens


async def test_removed_member_gets_ended_instead_of_the_change(both, bob, groceries):
    """LIV-14."""
    of_ana, of_bob = both
    await run_in_db_thread(lambda: membership(groceries, bob).delete())
    assert (await of_ana.next())["verb"] == "member.removed"
    assert await of_bob.next() == {
        "type": "ended",
        "topic": topic_of(groceries.pk),
        "reason": "revoked",
    }
    assert await of_bob.next() == {"type": "left", "list": str(groceries.pk)}
    await run_in_db_thread(groceries.items.create, name="Milk")
    await of_ana.until("change")
    assert await of_bob.barrier() == []
    assert (await of_bob.follow(groceries))["code"] == "not_found"


async def test_member_gets_no_snapshot_when_removed_during_its_read(
    screen, bob, groceries, monkeypatch
):
    """The read was allowed when it started; its result is discarded when it ends."""
    one = await screen(bob)
    go_on, begun = threading.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    read = change_log.read_snapshot

    def slowly(list_id):
        picture = read(list_id)
        loop.call_soon_threadsafe(begun.set)
        go_on.wait(PATIENCE)
        return picture

    monkeypatch.setattr(change_log, "read_snapshot", slowly)
    await one.send(type="subscribe", topic=topic_of(groceries.pk), id=1)
    await begun.wait()
    await run_in_db_thread(lambda: membership(groceries, bob).delete())
    assert (await one.until("left"))["list"] == str(groceries.pk)
    go_on.set()
    assert (await one.next())["code"] == "not_found"
    assert await one.barrier() == []


async def test_lower_role_ends_subscription_but_not_membership(both, bob, groceries):
    of_bob = both[1]

    def lower() -> None:
        found = membership(groceries, bob)
        found.role = "viewer"
        found.save()

    await run_in_db_thread(lower)
    assert (await of_bob.next())["reason"] == "revoked"
    assert await of_bob.barrier() == []
    assert (await of_bob.follow(groceries))["type"] == "subscribed"
    await of_bob.until("snapshot")
    assert "ended" not in [frame["type"] for frame in await of_bob.barrier()]


async def test_higher_role_keeps_subscription(both, bob, groceries):
    of_bob = both[1]

    def rise() -> None:
        found = membership(groceries, bob)
        found.role = "owner"
        found.save()

    await run_in_db_thread(rise)
    assert (await of_bob.next())["verb"] == "member.role"


async def test_new_member_gets_joined_and_can_subscribe(screen, mallory, groceries):
    one = await screen(mallory)
    assert (await one.follow(groceries))["code"] == "not_found"
    await run_in_db_thread(Membership.objects.create, shopping_list=groceries, user=mallory)
    joined = await one.next()
    await run_in_db_thread(groceries.refresh_from_db)
    assert joined == {
        "type": "joined",
        "list": {
            "id": str(groceries.pk),
            "epoch": groceries.epoch,
            "version": groceries.version,
        },
    }
    assert (await one.follow(groceries))["type"] == "subscribed"


async def test_creator_gets_joined_when_list_is_created(screen, ana):
    from shopping_list.recording.unit_of_work import recording

    one = await screen(ana)

    def make() -> ShoppingList:
        new = ShoppingList(name="New", created_by=ana)
        with recording(new.pk):
            new.save()
            Membership.objects.create(shopping_list=new, user=ana, role="owner")
        return new

    made = await run_in_db_thread(make)
    assert (await one.next())["list"]["id"] == str(made.pk)
    assert await one.barrier() == []


@pytest.mark.parametrize("how", ["trash", "delete"])
async def test_deleted_list_ends_subscriptions_after_its_last_change(both, groceries, how, mallory):
    if how == "trash":
        from django.utils import timezone

        await run_in_db_thread(trash, groceries, deleted_at=timezone.now())
    else:
        await run_in_db_thread(groceries.delete)
    for one in both:
        assert (await one.next())["verb"] == "list.deleted"
        assert (await one.next())["reason"] == "deleted"
        assert (await one.next())["type"] == "left"
        assert await one.barrier() == []
        assert (await one.follow(groceries))["code"] == "not_found"


async def test_deleted_list_sends_left_to_members_without_subscription(screen, ana, groceries):
    one = await screen(ana)
    name = str(groceries.pk)
    await run_in_db_thread(groceries.delete)
    assert await one.next() == {"type": "left", "list": name}


async def test_restored_list_sends_joined_to_its_members(both, groceries):
    from django.utils import timezone

    await run_in_db_thread(trash, groceries, deleted_at=timezone.now())
    for one in both:
        await one.until("left")
    await run_in_db_thread(trash, groceries, deleted_at=None)
    for one in both:
        assert (await one.next())["type"] == "joined"
        assert (await one.follow(groceries))["type"] == "subscribed"


async def test_sign_out_closes_only_the_sockets_of_its_session(screen, session_of, ana):
    """LIV-15."""
    keys = [await run_in_db_thread(session_of, ana) for _ in range(2)]
    screens = [await screen(session=key) for key in keys]
    for one in screens:
        await one.next()

    def sign_out() -> None:
        request = HttpRequest()
        request.user = ana
        request.session = SessionStore(keys[0])
        logout(request)

    await run_in_db_thread(sign_out)
    assert await screens[0].closed() == CloseCode.REVOKED
    assert await screens[1].barrier() == []


async def test_revoked_session_closes_only_its_own_sockets(screen, session_of, client_of, ana, bob):
    """PPL-6."""
    keys = [await run_in_db_thread(session_of, ana) for _ in range(2)]
    screens = [await screen(session=key) for key in keys]
    for one in screens:
        await one.next()
    of_bob = await screen(bob)

    def end() -> int:
        phone = Session.objects.get(session_key=keys[0]).public_id
        return int(client_of(ana).delete(f"/api/auth/sessions/{phone}/").status_code)

    assert await run_in_db_thread(end) == 204
    assert await screens[0].closed() == CloseCode.REVOKED
    assert await screens[1].barrier() == []
    assert (
        await run_in_db_thread(lambda: client_of(ana).delete("/api/auth/sessions/").status_code)
        == 204
    )
    assert await screens[1].closed() == CloseCode.REVOKED
    assert await of_bob.barrier() == []


@pytest.mark.parametrize("how", ["password", "disabled", "deleted"])
async def test_user_loses_every_socket_when_account_access_is_revoked(
    screen, token_of, ana, bob, how
):
    screens = [
        await screen(ana),
        await screen(token=await run_in_db_thread(token_of, ana), origin=None),
    ]
    await screens[1].next()
    of_bob = await screen(bob)

    def lose() -> None:
        if how == "password":
            ana.set_password("another horse battery")
            ana.save()
        elif how == "disabled":
            ana.is_active = False
            ana.save()
        else:
            ana.delete()

    await run_in_db_thread(lose)
    for one in screens:
        assert await one.closed() == CloseCode.REVOKED
    assert await of_bob.barrier() == []


async def test_deleted_token_closes_only_the_sockets_it_opened(screen, token_of, ana):
    tokens = [await run_in_db_thread(token_of, ana) for _ in range(2)]
    screens = [await screen(token=token, origin=None) for token in tokens]
    for one in screens:
        await one.next()
    from knox.crypto import hash_token

    await run_in_db_thread(lambda: ApiToken.objects.get(digest=hash_token(tokens[0])).delete())
    assert await screens[0].closed() == CloseCode.REVOKED
    assert await screens[1].barrier() == []


@pytest.mark.parametrize("what", ["session", "token", "disabled", "password"])
async def test_recheck_closes_socket_when_access_was_revoked_silently(
    screen, session_of, token_of, ana, what
):
    """LIV-16."""
    key, token = await run_in_db_thread(session_of, ana), await run_in_db_thread(token_of, ana)
    one = await (screen(token=token, origin=None) if what == "token" else screen(session=key))
    await one.next()
    silently = {
        "session": lambda: Session.objects.filter(session_key=key)._raw_delete("default"),
        "token": lambda: ApiToken.objects.all()._raw_delete("default"),
        "disabled": lambda: User.objects.filter(pk=ana.pk).update(is_active=False),
        "password": lambda: User.objects.filter(pk=ana.pk).update(password="x"),
    }
    await run_in_db_thread(silently[what])
    assert await one.closed() == CloseCode.REVOKED


async def test_recheck_ends_subscription_when_membership_was_deleted_silently(
    screen, bob, groceries
):
    one = await screen(bob)
    await one.follow(groceries)
    await one.until("snapshot")
    await run_in_db_thread(lambda: Membership._base_manager.filter(user=bob)._raw_delete("default"))
    assert (await one.until("ended"))["reason"] == "revoked"
    assert (await one.until("left"))["list"] == str(groceries.pk)


async def test_former_staff_user_loses_only_the_ops_subscription(screen, token_of, ana, bob):
    """LIV-29, SEC-4, SEC-20."""
    await run_in_db_thread(lambda: User.objects.update(is_staff=True))
    page, of_bob = await screen(ana), await screen(bob)
    script = await screen(token=await run_in_db_thread(token_of, ana), origin=None)
    for one in (page, script, of_bob):
        assert (await one.follow("ops"))["type"] == "subscribed"
    await run_in_db_thread(lambda: User.objects.filter(pk=ana.pk).update(is_staff=False))
    for one in (page, script):
        assert (await one.until("ended")) == {"type": "ended", "topic": "ops", "reason": "revoked"}
        assert (await one.follow("ops"))["code"] == "not_found"
        assert (await one.follow("requests"))["type"] == "subscribed"
        assert (await one.until("sample"))["topic"] == "requests"
    assert "ended" not in {frame["type"] for frame in await of_bob.barrier()}
    await of_bob.until("sample", topic="ops")


async def test_recheck_sends_nothing_to_user_with_valid_access(screen, live, ana, groceries):
    one = await screen(ana)
    await one.follow(groceries)
    await one.until("snapshot")
    await live._revalidate_identities()
    assert [f for f in await one.barrier() if f["type"] != "beat"] == []


async def test_guest_loses_subscription_when_membership_expires(screen, ana, groceries):
    """INV-9"""

    def come() -> User:
        secret = invites.new_secret()
        invites.create(groceries.pk, ana, secret=secret, role="viewer", guest=True)
        guest = invites.accept_as_guest(secret, "Grandma").user
        soon = timezone.now() + timedelta(seconds=1)
        Membership.objects.filter(user=guest).update(expires_at=soon)
        return guest

    of_ana, of_guest = await screen(ana), await screen(await run_in_db_thread(come))
    for one in (of_ana, of_guest):
        await one.follow(groceries)
        await one.until("snapshot")
    assert (await of_ana.until("change"))["verb"] == "member.removed"
    assert (await of_guest.until("ended"))["reason"] == "revoked"
    assert (await of_guest.until("left"))["list"] == str(groceries.pk)
    assert (await of_guest.follow(groceries))["code"] == "not_found"


def test_fingerprint_does_not_reveal_the_key():
    assert fingerprint("secret") != "secret"
    assert len(fingerprint("secret")) == 24


@pytest.mark.parametrize("timing", [replace(TIMING, revalidate=3600)])
async def test_socket_is_closed_when_session_ends_during_handshake(
    screen, session_of, ana, groceries, monkeypatch
):
    """LIV-15, SEC-4"""
    key, looked_up, go_on = (
        await run_in_db_thread(session_of, ana),
        threading.Event(),
        threading.Event(),
    )
    other = await screen(session=key)
    await other.until("welcome")
    plain = identity.visible_lists

    def slowly(user_id):
        looked_up.set()
        assert go_on.wait(PATIENCE)
        return plain(user_id)

    monkeypatch.setattr(identity, "visible_lists", slowly)
    one = await screen(path=f"/ws/lists/{groceries.pk}/", session=key)
    await asyncio.to_thread(looked_up.wait, PATIENCE)
    await run_in_db_thread(SessionStore(key).delete)
    assert await other.closed() == CloseCode.REVOKED
    go_on.set()
    assert await one.closed() == CloseCode.REVOKED
    assert [frame["type"] for frame in one.frames] == ["bye"]
