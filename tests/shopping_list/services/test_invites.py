"""Invites: links that make their bearer a member, once, for a while, or until revoked."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.db import IntegrityError, connections, transaction
from django.utils import timezone

from accounts import guests
from accounts.models import User
from shopping_list.models import Activity, Invite, Membership, ShoppingList
from shopping_list.recording import actor
from shopping_list.services import invites

pytestmark = pytest.mark.database

Gone = invites.InvalidInviteError
SOON = timedelta(days=1)


@pytest.fixture
def carol(make_user):
    """She is not on the list, but may come."""
    return make_user("carol")


@pytest.fixture
def invited(groceries, ana):
    """Make an invite to the groceries and return it with its secret."""

    def make(role="editor", **fields):
        secret = invites.new_secret()
        return invites.create(groceries.pk, ana, secret=secret, role=role, **fields), secret

    return make


def role_of(user, shopping_list):
    return Membership.objects.get(user=user, shopping_list=shopping_list).role


def latest(shopping_list):
    return Activity.objects.filter(list_id=shopping_list.pk).latest("version")


def past(invite):
    """Let an invite, and what was joined by it, be over."""
    ago = timezone.now() - timedelta(seconds=1)
    Invite.objects.filter(pk=invite.pk).update(expires_at=ago)
    for member in Membership.objects.exclude(expires_at=None):
        member.expires_at = ago
        member.save()


# Secrets.


def test_a_secret_has_256_random_bits_and_only_its_hash_is_stored(invited):
    """INV-1"""
    invite, secret = invited()
    assert len(secret) == 43
    assert secret not in {invites.new_secret() for _ in range(100)}
    stored = Invite.objects.filter(pk=invite.pk).values().get()
    assert secret not in str(stored)
    assert stored["digest"] == invites.digest(secret)


def test_a_key_gives_one_secret_to_one_invite():
    """INV-1"""
    invite_id, key = uuid4(), uuid4()
    secret = invites.derive_secret(invite_id, key)
    assert len(secret) == 43
    assert secret == invites.derive_secret(invite_id, key)
    assert secret not in {
        invites.derive_secret(invite_id, uuid4()),
        invites.derive_secret(uuid4(), key),
    }


# Accepting.


def test_it_makes_a_member_as_a_change_of_their_own(invited, carol, groceries, ana):
    """INV-5"""
    invite, secret = invited("ticker")
    with actor.acting_as(ana, key := uuid4()):
        invites.accept(secret, carol)
    assert role_of(carol, groceries) == "ticker"
    change = latest(groceries)
    assert (change.verb, change.actor, change.operation_id) == ("member.joined", carol, key)
    invite.refresh_from_db()
    assert invite.uses == 1


@pytest.mark.parametrize("role", ["viewer", "ticker", "editor"])
def test_a_member_stays_what_they_are_and_uses_nothing_up(invited, ana, groceries, role):
    """INV-6"""
    invite, secret = invited(role, max_uses=1)
    before = latest(groceries).version
    assert invites.accept(secret, ana).role == "owner"
    invite.refresh_from_db()
    assert (role_of(ana, groceries), invite.uses) == ("owner", 0)
    assert not Activity.objects.filter(list_id=groceries.pk, version__gt=before).exists()


def test_the_same_person_twice_is_one_use_also_of_the_last(invited, carol, groceries):
    """INV-6"""
    invite, secret = invited(max_uses=1)
    invites.accept(secret, carol)
    version = latest(groceries).version
    assert invites.accept(secret, carol).role == "editor"
    invite.refresh_from_db()
    assert (invite.uses, latest(groceries).version) == (1, version)


def used_up(invite, **_):
    Invite.objects.filter(pk=invite.pk).update(uses=1)


def expired(invite, **_):
    past(invite)


def revoked(invite, groceries, **_):
    assert invites.revoke(groceries.pk, invite.pk)


def in_the_trash(groceries, **_):
    groceries.deleted_at = timezone.now()
    groceries.save()


def deleted(groceries, **_):
    groceries.delete()


def made_by_a_former_owner(groceries, ana, bob, **_):
    Membership.objects.filter(user=bob).update(role="owner")
    Membership.objects.filter(user=ana).update(role="editor")


def made_by_someone_who_is_gone(groceries, ana, bob, **_):
    ana.delete()


@pytest.fixture
def scene(groceries, ana, bob):
    """What the ways in which an invite ends are given, beside the invite."""
    return {"groceries": groceries, "ana": ana, "bob": bob}


ENDS = [
    used_up,
    expired,
    revoked,
    in_the_trash,
    deleted,
    made_by_a_former_owner,
    made_by_someone_who_is_gone,
]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("use", ["find", "accept", "accept_as_guest"])
def test_what_is_not_good_is_gone(invited, scene, carol, end, use):
    """INV-4"""
    invite, secret = invited(max_uses=1, guest=True)
    end(invite=invite, **scene)
    calls = {
        "find": partial(invites.find, secret),
        "accept": partial(invites.accept, secret, carol),
        "accept_as_guest": partial(invites.accept_as_guest, secret, "Grandma"),
    }
    with pytest.raises(Gone):
        calls[use]()
    assert not Membership.objects.filter(user=carol).exists()
    assert not User.objects.filter(is_guest=True).exists()


@pytest.mark.parametrize("secret", ["", "x", "é" * 50])
def test_an_unknown_secret_is_gone(db, carol, secret):
    """INV-4"""
    for call in (invites.find, partial(invites.accept, person=carol)):
        with pytest.raises(Gone):
            call(secret)


def test_a_list_out_of_the_trash_can_be_joined_again(invited, groceries, carol):
    """INV-4"""
    _, secret = invited()
    in_the_trash(groceries)
    groceries.deleted_at = None
    groceries.save()
    assert invites.accept(secret, carol)


def test_a_member_finds_no_list_in_the_trash(invited, groceries, bob):
    """INV-4"""
    _, secret = invited()
    in_the_trash(groceries)
    with pytest.raises(Gone):
        invites.accept(secret, bob)


def test_revoking_twice_is_revoking_and_only_on_its_own_list(invited, groceries, hardware):
    """INV-3"""
    invite, _ = invited()
    assert not invites.revoke(hardware.pk, invite.pk)
    assert not invites.is_revoked(invites.of_list(groceries.pk).get())
    assert invites.revoke(groceries.pk, invite.pk)
    at = invites.of_list(groceries.pk).get().revoked_at
    assert invites.revoke(groceries.pk, invite.pk)
    assert invites.of_list(groceries.pk).get().revoked_at == at


def test_a_list_has_a_hundred_open_invites_at_most(invited, monkeypatch):
    """INV-3"""
    monkeypatch.setattr(invites, "MAX_OPEN_INVITES", 2)
    first, _ = invited()
    invited()
    with pytest.raises(invites.TooManyInvitesError):
        invited()
    revoked(first, first.shopping_list)
    invited()


@pytest.mark.parametrize("wrong", [{"role": "owner"}, {"max_uses": 1, "uses": 2}])
def test_the_database_refuses_owners_and_one_use_too_many(invited, wrong):
    """INV-3"""
    invite, _ = invited()
    with pytest.raises(IntegrityError), transaction.atomic():
        Invite.objects.filter(pk=invite.pk).update(**wrong)


# Guests.


def test_a_guest_has_a_name_one_list_and_no_way_to_sign_in(invited, groceries, hardware):
    """INV-8"""
    _, secret = invited("ticker", guest=True)
    guest = invites.accept_as_guest(secret, "Grandma").user
    assert (guest.is_guest, guest.display_name, role_of(guest, groceries)) == (
        True,
        "Grandma",
        "ticker",
    )
    assert not guest.has_usable_password()
    assert [one.pk for one in guest.shopping_lists.all()] == [groceries.pk]
    change = latest(groceries)
    assert (change.verb, change.actor_name) == ("member.joined", "Grandma")


def test_guests_are_let_in_only_where_the_invite_says_so(invited):
    """INV-8"""
    _, secret = invited(guest=False)
    with pytest.raises(invites.AccountRequiredError):
        invites.accept_as_guest(secret, "Grandma")
    with pytest.raises(invites.AccountRequiredError):
        invites.accept(secret, guests.create("Grandma"))
    assert not Membership.objects.filter(user__is_guest=True).exists()


def test_what_is_joined_by_a_guest_invite_ends_with_it(invited, groceries, carol):
    """INV-9"""
    invite, secret = invited(guest=True, expires_in=SOON)
    guest = invites.accept_as_guest(secret, "Grandma")
    assert guest.expires_at == invites.accept(secret, carol).expires_at == invite.expires_at
    assert Membership.objects.active().count() == 4
    past(invite)
    assert {one.user.username for one in Membership.objects.active()} == {"ana", "bob"}


def test_the_end_is_a_recorded_change_and_comes_once(invited, groceries, carol):
    """INV-9"""
    invite, secret = invited(guest=True)
    invites.accept(secret, carol)
    assert invites.remove_expired_guests() == 0
    past(invite)
    with actor.acting_as(carol):
        assert invites.remove_expired_guests() == 1
    change = latest(groceries)
    assert (change.verb, change.actor) == ("member.removed", None)
    assert invites.remove_expired_guests() == 0
    assert latest(groceries).version == change.version
    assert not Membership.objects.filter(user=carol).exists()


def test_whoever_was_made_an_owner_stays(invited, groceries, carol):
    """INV-9"""
    invite, secret = invited(guest=True)
    made = invites.accept(secret, carol)
    made.role = "owner"
    made.save()
    past(invite)
    assert invites.remove_expired_guests() == 0
    assert Membership.objects.active().filter(user=carol).exists()


def test_an_invite_that_ends_later_keeps_a_guest_on_and_never_with_less(invited, groceries, carol):
    """INV-9"""
    _, first = invited("editor", guest=True, expires_in=SOON)
    invites.accept(first, carol)
    later, second = invited("viewer", guest=True, expires_in=2 * SOON)
    invites.accept(second, carol)
    kept = Membership.objects.get(user=carol)
    later.refresh_from_db()
    assert (kept.expires_at, kept.role, later.uses) == (later.expires_at, "editor", 1)


def test_an_invite_for_accounts_keeps_a_former_guest_for_good(invited, carol):
    """INV-9"""
    _, first = invited(guest=True)
    _, second = invited(guest=False)
    invites.accept(first, carol)
    assert invites.accept(second, carol).expires_at is None
    assert invites.accept(first, carol).expires_at is None


def test_coming_again_after_the_end_is_recorded(invited, groceries, carol):
    """INV-9"""
    first, secret = invited(guest=True)
    invites.accept(secret, carol)
    past(first)
    _, again = invited(guest=True)
    invites.accept(again, carol)
    verbs = Activity.objects.filter(list_id=groceries.pk).order_by("-version")
    assert list(verbs.values_list("verb", flat=True)[:2]) == ["member.joined", "member.removed"]


# Signing up.


def test_only_good_links_for_accounts_open_the_sign_up(invited):
    """INV-10"""
    invite, secret = invited()
    _, for_guests = invited(guest=True)
    assert invites.may_register(secret)
    assert not invites.may_register(for_guests)
    assert not invites.may_register("x")
    past(invite)
    assert not invites.may_register(secret)


# Old ones.


def test_invites_are_forgotten_a_month_after_their_end(invited):
    """INV-11"""
    old, _ = invited()
    fresh, _ = invited()
    Invite.objects.filter(pk=old.pk).update(expires_at=timezone.now() - 2 * invites.RETENTION)
    past(fresh)
    assert invites.delete_expired() == 1
    assert Invite.objects.get().pk == fresh.pk


# Races.


def at_once(calls):
    """Run all calls in threads, in which none begins before all are there."""

    def run(call):
        try:
            return call()
        except Gone:
            return None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [done for done in pool.map(run, calls) if done is not None]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("limit", [1, 7])
def test_fifty_at_once_use_an_invite_no_more_often_than_allowed(invited, groceries, limit):
    """INV-7, SEC-12"""
    invite, secret = invited(max_uses=limit, guest=True)
    before = latest(groceries).version
    people = [guests.create(f"Guest {number}") for number in range(25)]
    calls = [partial(invites.accept, secret, person) for person in people]
    calls += [partial(invites.accept_as_guest, secret, f"New {number}") for number in range(25)]
    assert len(at_once(calls)) == limit
    invite.refresh_from_db()
    assert invite.uses == limit
    assert Membership.objects.filter(shopping_list=groceries).count() == 2 + limit
    assert latest(groceries).version == before + limit
    joined = User.objects.filter(is_guest=True, name__startswith="New", memberships=None)
    assert not joined.exists(), "who was not let in was made all the same"


@pytest.mark.django_db(transaction=True)
def test_one_person_many_times_at_once_is_one_use(invited, carol):
    """INV-7"""
    invite, secret = invited(max_uses=5)
    assert len(at_once([partial(invites.accept, secret, carol)] * 10)) == 10
    invite.refresh_from_db()
    assert invite.uses == 1


@pytest.mark.django_db(transaction=True)
def test_many_sweeps_at_once_remove_each_guest_once(invited, groceries, carol):
    """INV-9"""
    invite, secret = invited(guest=True)
    invites.accept(secret, carol)
    past(invite)
    before = latest(groceries).version
    assert sum(at_once([invites.remove_expired_guests] * 6)) == 1
    assert latest(groceries).version == before + 1


def test_an_idle_sweep_is_one_query(db, django_assert_num_queries):
    """INV-9"""
    with django_assert_num_queries(1):
        invites.remove_expired_guests()


def test_deleting_a_list_deletes_its_invites(invited, groceries):
    invited()
    ShoppingList.objects.get(pk=groceries.pk).delete()
    assert not Invite.objects.exists()
