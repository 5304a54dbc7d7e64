"""Invites: links that admit members, limited by uses, time and revocation."""

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
from shopping_list.services import invites, memberships

pytestmark = pytest.mark.database

InvalidInviteError = invites.InvalidInviteError
SOON = timedelta(days=1)


@pytest.fixture
def carol(make_user):
    """She is not a member of the list yet."""
    return make_user("carol")


@pytest.fixture
def create_invite(groceries, ana):
    """Create an invite to the groceries and return it with its secret."""

    def create(role="editor", **fields):
        secret = invites.new_secret()
        return invites.create(groceries.pk, ana, secret=secret, role=role, **fields), secret

    return create


def role_of(user, shopping_list):
    return Membership.objects.get(user=user, shopping_list=shopping_list).role


def latest(shopping_list):
    return Activity.objects.filter(list_id=shopping_list.pk).latest("version")


def expire(invite):
    """Expire an invite and every membership with an expiry time."""
    past = timezone.now() - timedelta(seconds=1)
    Invite.objects.filter(pk=invite.pk).update(expires_at=past)
    for member in Membership.objects.exclude(expires_at=None):
        member.expires_at = past
        member.save()


# Secrets.


def test_secret_has_256_random_bits_and_is_stored_as_a_hash(create_invite):
    """INV-1"""
    invite, secret = create_invite()
    assert len(secret) == 43
    assert secret not in {invites.new_secret() for _ in range(100)}
    stored = Invite.objects.filter(pk=invite.pk).values().get()
    assert secret not in str(stored)
    assert stored["digest"] == invites.digest(secret)


def test_derived_secret_depends_on_the_invite_and_the_key():
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


def test_accepting_an_invite_records_the_new_member_as_actor(create_invite, carol, groceries, ana):
    """INV-5"""
    invite, secret = create_invite("ticker")
    with actor.acting_as(ana, key := uuid4()):
        invites.accept(secret, carol)
    assert role_of(carol, groceries) == "ticker"
    change = latest(groceries)
    assert (change.verb, change.actor, change.operation_id) == ("member.joined", carol, key)
    invite.refresh_from_db()
    assert invite.uses == 1


@pytest.mark.parametrize("role", ["viewer", "ticker", "editor"])
def test_accepting_an_invite_as_a_member_changes_nothing(create_invite, ana, groceries, role):
    """INV-6"""
    invite, secret = create_invite(role, max_uses=1)
    before = latest(groceries).version
    assert invites.accept(secret, ana).role == "owner"
    invite.refresh_from_db()
    assert (role_of(ana, groceries), invite.uses) == ("owner", 0)
    assert not Activity.objects.filter(list_id=groceries.pk, version__gt=before).exists()


def test_accepting_twice_consumes_one_use(create_invite, carol, groceries):
    """INV-6"""
    invite, secret = create_invite(max_uses=1)
    invites.accept(secret, carol)
    version = latest(groceries).version
    assert invites.accept(secret, carol).role == "editor"
    invite.refresh_from_db()
    assert (invite.uses, latest(groceries).version) == (1, version)


def use_up_invite(invite, **_):
    Invite.objects.filter(pk=invite.pk).update(uses=1)


def expire_invite(invite, **_):
    expire(invite)


def revoke_invite(invite, groceries, **_):
    assert invites.revoke(groceries.pk, invite.pk)


def trash_list(groceries, **_):
    groceries.deleted_at = timezone.now()
    groceries.save()


def delete_list(groceries, **_):
    groceries.delete()


def demote_creator(groceries, ana, bob, **_):
    Membership.objects.filter(user=bob).update(role="owner")
    Membership.objects.filter(user=ana).update(role="editor")


def delete_creator(groceries, ana, bob, **_):
    ana.delete()


@pytest.fixture
def scene(groceries, ana, bob):
    """The arguments of the functions that make an invite unusable, besides the invite."""
    return {"groceries": groceries, "ana": ana, "bob": bob}


MAKE_UNUSABLE = [
    use_up_invite,
    expire_invite,
    revoke_invite,
    trash_list,
    delete_list,
    demote_creator,
    delete_creator,
]


@pytest.mark.parametrize("make_unusable", MAKE_UNUSABLE)
@pytest.mark.parametrize("use", ["find", "accept", "accept_as_guest"])
def test_unusable_invite_raises_invalid_invite(create_invite, scene, carol, make_unusable, use):
    """INV-4"""
    invite, secret = create_invite(max_uses=1, guest=True)
    make_unusable(invite=invite, **scene)
    calls = {
        "find": partial(invites.find, secret),
        "accept": partial(invites.accept, secret, carol),
        "accept_as_guest": partial(invites.accept_as_guest, secret, "Grandma"),
    }
    with pytest.raises(InvalidInviteError):
        calls[use]()
    assert not Membership.objects.filter(user=carol).exists()
    assert not User.objects.filter(is_guest=True).exists()


@pytest.mark.parametrize("secret", ["", "x", "é" * 50])
def test_unknown_secret_raises_invalid_invite(db, carol, secret):
    """INV-4"""
    for call in (invites.find, partial(invites.accept, user=carol)):
        with pytest.raises(InvalidInviteError):
            call(secret)


def test_restored_list_can_be_joined_again(create_invite, groceries, carol):
    """INV-4"""
    _, secret = create_invite()
    trash_list(groceries)
    groceries.deleted_at = None
    groceries.save()
    assert invites.accept(secret, carol)


def test_invite_to_a_deleted_list_is_invalid_for_members_too(create_invite, groceries, bob):
    """INV-4"""
    _, secret = create_invite()
    trash_list(groceries)
    with pytest.raises(InvalidInviteError):
        invites.accept(secret, bob)


def test_revoking_is_idempotent_and_limited_to_the_invites_list(create_invite, groceries, hardware):
    """INV-3"""
    invite, _ = create_invite()
    assert not invites.revoke(hardware.pk, invite.pk)
    assert not invites.is_revoked(invites.for_list(groceries.pk).get())
    assert invites.revoke(groceries.pk, invite.pk)
    revoked_at = invites.for_list(groceries.pk).get().revoked_at
    assert invites.revoke(groceries.pk, invite.pk)
    assert invites.for_list(groceries.pk).get().revoked_at == revoked_at


def test_open_invites_per_list_are_limited(create_invite, monkeypatch):
    """INV-3"""
    monkeypatch.setattr(invites, "MAX_OPEN_INVITES", 2)
    first, _ = create_invite()
    create_invite()
    with pytest.raises(invites.TooManyInvitesError):
        create_invite()
    revoke_invite(first, first.shopping_list)
    create_invite()


@pytest.mark.parametrize("values", [{"role": "owner"}, {"max_uses": 1, "uses": 2}])
def test_database_rejects_owner_invites_and_too_many_uses(create_invite, values):
    """INV-3"""
    invite, _ = create_invite()
    with pytest.raises(IntegrityError), transaction.atomic():
        Invite.objects.filter(pk=invite.pk).update(**values)


# Guests.


def test_guest_has_a_name_one_list_and_no_usable_password(create_invite, groceries, hardware):
    """INV-8"""
    _, secret = create_invite("ticker", guest=True)
    guest = invites.accept_as_guest(secret, "Grandma").user
    assert (guest.is_guest, guest.display_name, role_of(guest, groceries)) == (
        True,
        "Grandma",
        "ticker",
    )
    assert not guest.has_usable_password()
    assert [row.pk for row in guest.shopping_lists.all()] == [groceries.pk]
    change = latest(groceries)
    assert (change.verb, change.actor_name) == ("member.joined", "Grandma")


def test_guests_are_admitted_only_by_guest_invites(create_invite):
    """INV-8"""
    _, secret = create_invite(guest=False)
    with pytest.raises(invites.AccountRequiredError):
        invites.accept_as_guest(secret, "Grandma")
    with pytest.raises(invites.AccountRequiredError):
        invites.accept(secret, guests.create("Grandma"))
    assert not Membership.objects.filter(user__is_guest=True).exists()


def test_membership_by_a_guest_invite_expires_with_the_invite(create_invite, groceries, carol):
    """INV-9"""
    invite, secret = create_invite(guest=True, expires_in=SOON)
    guest = invites.accept_as_guest(secret, "Grandma")
    assert guest.expires_at == invites.accept(secret, carol).expires_at == invite.expires_at
    assert Membership.objects.active().count() == 4
    expire(invite)
    assert {member.user.username for member in Membership.objects.active()} == {"ana", "bob"}


def test_removing_an_expired_guest_is_one_recorded_change(create_invite, groceries, carol):
    """INV-9"""
    invite, secret = create_invite(guest=True)
    invites.accept(secret, carol)
    assert memberships.remove_expired() == 0
    expire(invite)
    with actor.acting_as(carol):
        assert memberships.remove_expired() == 1
    change = latest(groceries)
    assert (change.verb, change.actor) == ("member.removed", None)
    assert memberships.remove_expired() == 0
    assert latest(groceries).version == change.version
    assert not Membership.objects.filter(user=carol).exists()


def test_guest_who_became_an_owner_does_not_expire(create_invite, groceries, carol):
    """INV-9"""
    invite, secret = create_invite(guest=True)
    membership = invites.accept(secret, carol)
    membership.role = "owner"
    membership.save()
    expire(invite)
    assert memberships.remove_expired() == 0
    assert Membership.objects.active().filter(user=carol).exists()


def test_later_invite_extends_a_membership_and_never_lowers_its_role(
    create_invite, groceries, carol
):
    """INV-9"""
    _, first_secret = create_invite("editor", guest=True, expires_in=SOON)
    invites.accept(first_secret, carol)
    later, second_secret = create_invite("viewer", guest=True, expires_in=2 * SOON)
    invites.accept(second_secret, carol)
    membership = Membership.objects.get(user=carol)
    later.refresh_from_db()
    assert (membership.expires_at, membership.role, later.uses) == (later.expires_at, "editor", 1)


def test_account_invite_makes_a_guest_membership_permanent(create_invite, carol):
    """INV-9"""
    _, guest_secret = create_invite(guest=True)
    _, account_secret = create_invite(guest=False)
    invites.accept(guest_secret, carol)
    assert invites.accept(account_secret, carol).expires_at is None
    assert invites.accept(guest_secret, carol).expires_at is None


def test_rejoining_after_expiry_is_recorded(create_invite, groceries, carol):
    """INV-9"""
    first, secret = create_invite(guest=True)
    invites.accept(secret, carol)
    expire(first)
    _, second_secret = create_invite(guest=True)
    invites.accept(second_secret, carol)
    verbs = Activity.objects.filter(list_id=groceries.pk).order_by("-version")
    assert list(verbs.values_list("verb", flat=True)[:2]) == ["member.joined", "member.removed"]


# Registration.


def test_only_valid_account_invites_allow_registration(create_invite):
    """INV-10"""
    invite, secret = create_invite()
    _, guest_secret = create_invite(guest=True)
    assert invites.may_register(secret)
    assert not invites.may_register(guest_secret)
    assert not invites.may_register("x")
    expire(invite)
    assert not invites.may_register(secret)


# Deletion of old invites.


def test_invites_are_deleted_one_month_after_their_expiry(create_invite):
    """INV-11"""
    old, _ = create_invite()
    fresh, _ = create_invite()
    Invite.objects.filter(pk=old.pk).update(expires_at=timezone.now() - 2 * invites.RETENTION)
    expire(fresh)
    assert invites.delete_expired() == 1
    assert Invite.objects.get().pk == fresh.pk


# Races.


def run_concurrently(calls):
    """Run all calls in threads and return the results that are not None."""

    def run(call):
        try:
            return call()
        except InvalidInviteError:
            return None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(min(len(calls), 20)) as pool:  # PostgreSQL has 100 connections
        return [result for result in pool.map(run, calls) if result is not None]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("limit", [1, 7])
def test_fifty_concurrent_uses_do_not_exceed_the_limit(create_invite, groceries, limit):
    """INV-7, SEC-12"""
    invite, secret = create_invite(max_uses=limit, guest=True)
    before = latest(groceries).version
    guest_users = [guests.create(f"Guest {number}") for number in range(25)]
    calls = [partial(invites.accept, secret, user) for user in guest_users]
    calls += [partial(invites.accept_as_guest, secret, f"New {number}") for number in range(25)]
    assert len(run_concurrently(calls)) == limit
    invite.refresh_from_db()
    assert invite.uses == limit
    assert Membership.objects.filter(shopping_list=groceries).count() == 2 + limit
    assert latest(groceries).version == before + limit
    rejected_guests = User.objects.filter(is_guest=True, name__startswith="New", memberships=None)
    assert not rejected_guests.exists(), "guests who were not admitted must not be created"


@pytest.mark.django_db(transaction=True)
def test_concurrent_accepts_by_one_user_consume_one_use(create_invite, carol):
    """INV-7"""
    invite, secret = create_invite(max_uses=5)
    assert len(run_concurrently([partial(invites.accept, secret, carol)] * 10)) == 10
    invite.refresh_from_db()
    assert invite.uses == 1


@pytest.mark.django_db(transaction=True)
def test_concurrent_removals_remove_every_expired_guest_once(create_invite, groceries, carol):
    """INV-9"""
    invite, secret = create_invite(guest=True)
    invites.accept(secret, carol)
    expire(invite)
    before = latest(groceries).version
    assert sum(run_concurrently([memberships.remove_expired] * 6)) == 1
    assert latest(groceries).version == before + 1


def test_removing_expired_guests_is_one_query_when_none_expired(db, django_assert_num_queries):
    """INV-9"""
    with django_assert_num_queries(1):
        memberships.remove_expired()


def test_deleting_a_list_deletes_its_invites(create_invite, groceries):
    create_invite()
    ShoppingList.objects.get(pk=groceries.pk).delete()
    assert not Invite.objects.exists()
