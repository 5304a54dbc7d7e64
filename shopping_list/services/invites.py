"""Links that make their bearer a member of a list.

The secret is 256 random bits and is never stored. What is asked by a secret is
answered by one query over its hash, so that a wrong one, a used one, an expired
one and a revoked one differ in nothing.
"""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts import guests
from accounts.models import User
from shopping_list.models import Invite, Membership, ShoppingList
from shopping_list.recording import actor
from shopping_list.recording.context import recording
from shopping_list.rows import ROLES, Role

MIN_LIFETIME, DEFAULT_LIFETIME, MAX_LIFETIME = (
    timedelta(minutes=1),
    timedelta(days=7),
    timedelta(days=365),
)
MAX_USES = 100
MAX_OPEN_INVITES = 100
"""Invites of one list that can be good at once."""
RETENTION = timedelta(days=30)
"""How long an invite that is no longer good is still shown to owners."""


class InvalidInviteError(LookupError):
    """There is no such invite, or it is used up, over, or revoked; which is not said."""


class AccountRequiredError(PermissionError):
    """The invite is not for guests."""


class TooManyInvitesError(RuntimeError):
    """The list has as many open invites as it may have."""


def new_secret() -> str:
    """Return 256 random bits as text."""
    return secrets.token_urlsafe(32)


def derive_secret(invite_id: UUID, key: UUID) -> str:
    """Return the secret of an invite that is made under an Idempotency-Key.

    So a repeated request, whose stored answer has the id, gets its answer again,
    although the secret is stored nowhere. The id is random, so that no later
    request gets a secret again that was good once.
    """
    mac = salted_hmac("shopping_list.invites", f"{invite_id} {key}", algorithm="sha256")
    return urlsafe_b64encode(mac.digest()).rstrip(b"=").decode()


def digest(secret: str) -> str:
    """Return what is stored of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


# Owners.


def create(
    list_id: UUID,
    by: User,
    *,
    secret: str,
    role: Role,
    expires_in: timedelta = DEFAULT_LIFETIME,
    max_uses: int | None = None,
    guest: bool = False,
    invite_id: UUID | None = None,
) -> Invite:
    """Make an invite, with the list locked. Raises TooManyInvitesError."""
    if of_list(list_id).filter(_open()).count() >= MAX_OPEN_INVITES:
        raise TooManyInvitesError
    return Invite.objects.create(
        pk=invite_id or uuid4(),
        shopping_list_id=list_id,
        digest=digest(secret),
        role=role,
        guest=guest,
        expires_at=timezone.now() + expires_in,
        max_uses=max_uses,
        created_by=by,
    )


def of_list(list_id: UUID) -> QuerySet[Invite]:
    """Return a list's invites, newest first, those of former owners as revoked."""
    found = Invite.objects.filter(shopping_list_id=list_id).select_related("created_by")
    return found.annotate(trusted=_by_an_owner()).order_by("-created_at", "pk")


def is_revoked(invite: Invite) -> bool:
    """Tell whether an invite of `of_list` was revoked, by itself or with its maker's role."""
    return invite.revoked_at is not None or not getattr(invite, "trusted", True)


def revoke(list_id: UUID, invite_id: UUID) -> bool:
    """Revoke an invite, once or again; False if the list has no such invite."""
    found = Invite.objects.filter(shopping_list_id=list_id, pk=invite_id)
    found.filter(revoked_at=None).update(revoked_at=timezone.now())
    return found.exists()


# Bearers.


def find(secret: str) -> Invite:
    """Return the invite of a secret if it is good now, without using it.

    Raises InviteGoneError.
    """
    found = _usable().filter(digest=digest(secret))
    invite = found.select_related("shopping_list", "created_by").first()
    if invite is None:
        raise InvalidInviteError
    return invite


def accept(secret: str, person: User) -> Membership:
    """Make the person a member, as one recorded change of their own.

    1. Find the invite by its hash, good or not.
    2. Whoever is over leaves first, so that their coming again is recorded.
    3. Lock the list.
    4. A member whom it would not keep for longer is there already: a repeated
       request gets the same answer, and no role is lowered.
    5. Take one use of it, by a conditional update whose count decides the race.
    6. Write the membership.

    Raises InviteGoneError and AccountRequiredError.
    """
    invite = Invite.objects.filter(digest=digest(secret)).first()
    if invite is None:
        raise InvalidInviteError
    list_id = invite.shopping_list_id
    _remove_expired_members(list_id)
    with actor.acting_as(person, actor.current().operation_id), recording(list_id):
        found: Membership | None = _memberships(list_id).filter(user=person).first()
        good = _usable().filter(pk=invite.pk).exists()
        if found is not None and not (good and _extends(invite, found)):
            return _require_live_list(found)
        if not good:
            raise InvalidInviteError
        if person.is_guest and not invite.guest:
            raise AccountRequiredError
        _consume_use(invite)
        return _join(invite, person, found)


def accept_as_guest(secret: str, name: str) -> Membership:
    """Create a guest and make them a member.

    Raises InviteGoneError and AccountRequiredError.
    """
    if not find(secret).guest:
        raise AccountRequiredError
    with transaction.atomic():
        return accept(secret, guests.create(name))


def may_register(secret: str) -> bool:
    """Tell whether the secret opens the sign-up: guests' links do not."""
    return _usable().filter(digest=digest(secret), guest=False).exists()


def claim(secret: str, person: User) -> bool:
    """Accept for somebody who signs up by this link; False if it is gone."""
    try:
        accept(secret, person)
    except InvalidInviteError:
        return False
    return True


# Time.


def remove_expired_guests() -> int:
    """Remove those whose time is over, a recorded change of each list; return how many.

    Cheap when there is nobody, so every process may call it often.
    """
    lists = set(Membership.objects.expired().values_list("shopping_list_id", flat=True))
    return sum(_remove_expired_members(list_id) for list_id in sorted(lists))


def delete_expired() -> int:
    """Delete the invites that were over long ago; return how many."""
    then = timezone.now() - RETENTION
    old = Invite.objects.filter(Q(expires_at__lt=then) | Q(revoked_at__lt=then))
    deleted, _ = old.delete()
    return deleted


def _open() -> Q:
    unused = Q(max_uses=None) | Q(uses__lt=F("max_uses"))
    return unused & Q(revoked_at=None, expires_at__gt=timezone.now())


def _by_an_owner() -> Exists:
    """Return the condition that whoever made the invite still owns the list."""
    owners = Membership.objects.filter(role=Membership.Role.OWNER)
    return Exists(
        owners.filter(
            shopping_list_id=OuterRef("shopping_list_id"), user_id=OuterRef("created_by_id")
        )
    )


def _usable() -> QuerySet[Invite]:
    return Invite.objects.filter(_open(), _by_an_owner(), shopping_list__deleted_at=None)


def _memberships(list_id: UUID) -> QuerySet[Membership]:
    return Membership.objects.filter(shopping_list_id=list_id)


def _remove_expired_members(list_id: UUID) -> int:
    over = Membership.objects.expired().filter(shopping_list_id=list_id)
    if not over.exists():
        return 0
    with actor.acting_as(None), recording(list_id):
        removed, _ = over.delete()
    return removed


def _require_live_list(found: Membership) -> Membership:
    if not ShoppingList.objects.not_deleted().filter(pk=found.shopping_list_id).exists():
        raise InvalidInviteError
    return found


def _consume_use(invite: Invite) -> None:
    if not Invite.objects.filter(_open(), pk=invite.pk).update(uses=F("uses") + 1):
        raise InvalidInviteError


def _end(invite: Invite) -> datetime | None:
    return invite.expires_at if invite.guest else None


def _extends(invite: Invite, found: Membership) -> bool:
    end = _end(invite)
    return found.expires_at is not None and (end is None or end > found.expires_at)


def _join(invite: Invite, person: User, found: Membership | None) -> Membership:
    """Write a new membership, or keep one for longer and never with less."""
    if found is None:
        found = Membership(shopping_list_id=invite.shopping_list_id, user=person)
        found.role = invite.role
    found.role = max(found.role, invite.role, key=ROLES.index)
    found.expires_at = _end(invite)
    found.save()
    return found
