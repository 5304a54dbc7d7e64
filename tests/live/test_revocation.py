"""Losing membership is losing sight, at once, on sockets that are open."""

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
from tests.live.conftest import INTERVALS
from tests.support.socket_client import TIMEOUT

pytestmark = pytest.mark.django_db(transaction=True)


def membership(groceries: ShoppingList, user: User) -> Membership:
    return Membership.objects.get(shopping_list=groceries, user=user)


def trash(groceries: ShoppingList, *, deleted_at: object) -> None:
    found = ShoppingList._base_manager.get(pk=groceries.pk)
    found.deleted_at = deleted_at
    found.save()


@pytest.fixture
async def both(open_client, ana, bob, groceries):
    """Ana and bob look at the list."""
    screens = [await open_client(ana), await open_client(bob)]
    for one in screens:
        await one.subscribe(groceries)
        await one.until("snapshot")
    return screens


async def test_a_removed_member_sees_the_end_instead_of_the_change(both, bob, groceries):
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
    assert await of_bob.drain() == []
    assert (await of_bob.subscribe(groceries))["code"] == "not_found"


async def test_a_member_removed_while_the_list_is_read_does_not_get_it(
    open_client, bob, groceries, monkeypatch
):
    """The reading was allowed when it began, and is not given out when it ends."""
    one = await open_client(bob)
    go_on, begun = threading.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    read = change_log.read_snapshot

    def slowly(list_id):
        picture = read(list_id)
        loop.call_soon_threadsafe(begun.set)
        go_on.wait(TIMEOUT)
        return picture

    monkeypatch.setattr(change_log, "read_snapshot", slowly)
    await one.send(type="subscribe", topic=topic_of(groceries.pk), id=1)
    await begun.wait()
    await run_in_db_thread(lambda: membership(groceries, bob).delete())
    assert (await one.until("left"))["list"] == str(groceries.pk)
    go_on.set()
    assert (await one.next())["code"] == "not_found"
    assert await one.drain() == []


async def test_a_lower_role_ends_the_topic_and_leaves_the_list(both, bob, groceries):
    of_bob = both[1]

    def lower() -> None:
        found = membership(groceries, bob)
        found.role = "viewer"
        found.save()

    await run_in_db_thread(lower)
    assert (await of_bob.next())["reason"] == "revoked"
    assert await of_bob.drain() == []
    assert (await of_bob.subscribe(groceries))["type"] == "subscribed"
    await of_bob.until("snapshot")
    assert "ended" not in [frame["type"] for frame in await of_bob.drain()]


async def test_a_higher_role_changes_nothing_for_the_socket(both, bob, groceries):
    of_bob = both[1]

    def rise() -> None:
        found = membership(groceries, bob)
        found.role = "owner"
        found.save()

    await run_in_db_thread(rise)
    assert (await of_bob.next())["verb"] == "member.role"


async def test_a_new_member_hears_of_the_list_and_may_follow_it(open_client, mallory, groceries):
    one = await open_client(mallory)
    assert (await one.subscribe(groceries))["code"] == "not_found"
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
    assert (await one.subscribe(groceries))["type"] == "subscribed"


async def test_whoever_makes_a_list_hears_of_it(open_client, ana):
    from shopping_list.recording.unit_of_work import recording

    one = await open_client(ana)

    def make() -> ShoppingList:
        new = ShoppingList(name="New", created_by=ana)
        with recording(new.pk):
            new.save()
            Membership.objects.create(shopping_list=new, user=ana, role="owner")
        return new

    made = await run_in_db_thread(make)
    assert (await one.next())["list"]["id"] == str(made.pk)
    assert await one.drain() == []


@pytest.mark.parametrize("how", ["trash", "delete"])
async def test_a_deleted_list_ends_after_its_last_change(both, groceries, how, mallory):
    if how == "trash":
        from django.utils import timezone

        await run_in_db_thread(trash, groceries, deleted_at=timezone.now())
    else:
        await run_in_db_thread(groceries.delete)
    for one in both:
        assert (await one.next())["verb"] == "list.deleted"
        assert (await one.next())["reason"] == "deleted"
        assert (await one.next())["type"] == "left"
        assert await one.drain() == []
        assert (await one.subscribe(groceries))["code"] == "not_found"


async def test_a_list_that_nobody_follows_still_leaves_its_members(open_client, ana, groceries):
    one = await open_client(ana)
    name = str(groceries.pk)
    await run_in_db_thread(groceries.delete)
    assert await one.next() == {"type": "left", "list": name}


async def test_a_restored_list_is_joined_again(both, groceries):
    from django.utils import timezone

    await run_in_db_thread(trash, groceries, deleted_at=timezone.now())
    for one in both:
        await one.until("left")
    await run_in_db_thread(trash, groceries, deleted_at=None)
    for one in both:
        assert (await one.next())["type"] == "joined"
        assert (await one.subscribe(groceries))["type"] == "subscribed"


async def test_signing_out_closes_the_sockets_of_that_session_only(
    open_client, create_session, ana
):
    """LIV-15."""
    keys = [await run_in_db_thread(create_session, ana) for _ in range(2)]
    screens = [await open_client(session=key) for key in keys]
    for one in screens:
        await one.next()

    def sign_out() -> None:
        request = HttpRequest()
        request.user = ana
        request.session = SessionStore(keys[0])
        logout(request)

    await run_in_db_thread(sign_out)
    assert await screens[0].wait_closed() == CloseCode.REVOKED
    assert await screens[1].drain() == []


async def test_ending_a_session_from_afar_closes_its_sockets_and_no_others(
    open_client, create_session, signed_in_client, ana, bob
):
    """PPL-6."""
    keys = [await run_in_db_thread(create_session, ana) for _ in range(2)]
    screens = [await open_client(session=key) for key in keys]
    for one in screens:
        await one.next()
    of_bob = await open_client(bob)

    def end() -> int:
        phone = Session.objects.get(session_key=keys[0]).public_id
        return int(signed_in_client(ana).delete(f"/api/auth/sessions/{phone}/").status_code)

    assert await run_in_db_thread(end) == 204
    assert await screens[0].wait_closed() == CloseCode.REVOKED
    assert await screens[1].drain() == []
    assert (
        await run_in_db_thread(
            lambda: signed_in_client(ana).delete("/api/auth/sessions/").status_code
        )
        == 204
    )
    assert await screens[1].wait_closed() == CloseCode.REVOKED
    assert await of_bob.drain() == []


@pytest.mark.parametrize("how", ["password", "disabled", "deleted"])
async def test_losing_access_closes_every_socket_of_the_person(
    open_client, create_token, ana, bob, how
):
    screens = [
        await open_client(ana),
        await open_client(token=await run_in_db_thread(create_token, ana), origin=None),
    ]
    await screens[1].next()
    of_bob = await open_client(bob)

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
        assert await one.wait_closed() == CloseCode.REVOKED
    assert await of_bob.drain() == []


async def test_deleting_a_token_closes_the_sockets_that_it_opened(open_client, create_token, ana):
    tokens = [await run_in_db_thread(create_token, ana) for _ in range(2)]
    screens = [await open_client(token=token, origin=None) for token in tokens]
    for one in screens:
        await one.next()
    from knox.crypto import hash_token

    await run_in_db_thread(lambda: ApiToken.objects.get(digest=hash_token(tokens[0])).delete())
    assert await screens[0].wait_closed() == CloseCode.REVOKED
    assert await screens[1].drain() == []


@pytest.mark.parametrize("what", ["session", "token", "disabled", "password"])
async def test_the_recheck_finds_what_no_message_told(
    open_client, create_session, create_token, ana, what
):
    """LIV-16."""
    key, token = (
        await run_in_db_thread(create_session, ana),
        await run_in_db_thread(create_token, ana),
    )
    one = await (
        open_client(token=token, origin=None) if what == "token" else open_client(session=key)
    )
    await one.next()
    silently = {
        "session": lambda: Session.objects.filter(session_key=key)._raw_delete("default"),
        "token": lambda: ApiToken.objects.all()._raw_delete("default"),
        "disabled": lambda: User.objects.filter(pk=ana.pk).update(is_active=False),
        "password": lambda: User.objects.filter(pk=ana.pk).update(password="x"),
    }
    await run_in_db_thread(silently[what])
    assert await one.wait_closed() == CloseCode.REVOKED


async def test_the_recheck_finds_a_membership_that_is_gone(open_client, bob, groceries):
    one = await open_client(bob)
    await one.subscribe(groceries)
    await one.until("snapshot")
    await run_in_db_thread(lambda: Membership._base_manager.filter(user=bob)._raw_delete("default"))
    assert (await one.until("ended"))["reason"] == "revoked"
    assert (await one.until("left"))["list"] == str(groceries.pk)


async def test_who_is_no_longer_staff_loses_the_operators_topic_and_nothing_else(
    open_client, create_token, ana, bob
):
    """LIV-29, SEC-4, SEC-20."""
    await run_in_db_thread(lambda: User.objects.update(is_staff=True))
    page, of_bob = await open_client(ana), await open_client(bob)
    script = await open_client(token=await run_in_db_thread(create_token, ana), origin=None)
    for one in (page, script, of_bob):
        assert (await one.subscribe("ops"))["type"] == "subscribed"
    await run_in_db_thread(lambda: User.objects.filter(pk=ana.pk).update(is_staff=False))
    for one in (page, script):
        assert (await one.until("ended")) == {"type": "ended", "topic": "ops", "reason": "revoked"}
        assert (await one.subscribe("ops"))["code"] == "not_found"
        assert (await one.subscribe("requests"))["type"] == "subscribed"
        assert (await one.until("sample"))["topic"] == "requests"
    assert "ended" not in {frame["type"] for frame in await of_bob.drain()}
    await of_bob.until("sample", topic="ops")


async def test_the_recheck_leaves_everybody_else_alone(open_client, live_runtime, ana, groceries):
    one = await open_client(ana)
    await one.subscribe(groceries)
    await one.until("snapshot")
    await live_runtime._revalidate_identities()
    assert [f for f in await one.drain() if f["type"] != "beat"] == []


async def test_a_guest_whose_time_is_over_loses_sight_at_once(open_client, ana, groceries):
    """INV-9"""

    def come() -> User:
        secret = invites.new_secret()
        invites.create(groceries.pk, ana, secret=secret, role="viewer", guest=True)
        guest = invites.accept_as_guest(secret, "Grandma").user
        soon = timezone.now() + timedelta(seconds=1)
        Membership.objects.filter(user=guest).update(expires_at=soon)
        return guest

    of_ana, of_guest = await open_client(ana), await open_client(await run_in_db_thread(come))
    for one in (of_ana, of_guest):
        await one.subscribe(groceries)
        await one.until("snapshot")
    assert (await of_ana.until("change"))["verb"] == "member.removed"
    assert (await of_guest.until("ended"))["reason"] == "revoked"
    assert (await of_guest.until("left"))["list"] == str(groceries.pk)
    assert (await of_guest.subscribe(groceries))["code"] == "not_found"


def test_a_reference_tells_nothing_of_the_key():
    assert fingerprint("secret") != "secret"
    assert len(fingerprint("secret")) == 24


@pytest.mark.parametrize("intervals", [replace(INTERVALS, revalidate=3600)])
async def test_who_signs_out_while_a_socket_opens_is_out(
    open_client, create_session, ana, groceries, monkeypatch
):
    """LIV-15, SEC-4"""
    key, looked_up, go_on = (
        await run_in_db_thread(create_session, ana),
        threading.Event(),
        threading.Event(),
    )
    other = await open_client(session=key)
    await other.until("welcome")
    plain = identity.visible_lists

    def slowly(user_id):
        looked_up.set()
        assert go_on.wait(TIMEOUT)
        return plain(user_id)

    monkeypatch.setattr(identity, "visible_lists", slowly)
    one = await open_client(path=f"/ws/lists/{groceries.pk}/", session=key)
    await asyncio.to_thread(looked_up.wait, TIMEOUT)
    await run_in_db_thread(SessionStore(key).delete)
    assert await other.wait_closed() == CloseCode.REVOKED
    go_on.set()
    assert await one.wait_closed() == CloseCode.REVOKED
    assert [frame["type"] for frame in one.frames] == ["bye"]
