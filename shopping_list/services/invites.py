"""Links that make their user a member of a list.

The secret is 256 random bits and is never stored. An invite is found by one query
over the hash of its secret, so nobody can tell a wrong secret from one that is
used up, expired or revoked.
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
from rest.errors import DomainError
from shopping_list.models import Invite, Membership, ShoppingList
from shopping_list.recording import actor
from shopping_list.recording.context import recording
from shopping_list.rows import ROLES, Role
from shopping_list.services import memberships

MIN_LIFETIME, DEFAULT_LIFETIME, MAX_LIFETIME = (
    timedelta(minutes=1),
    timedelta(days=7),
    timedelta(days=365),
)
MAX_USES = 100
MAX_OPEN_INVITES = 100
"""Invites of one list that can be usable at the same time."""
MAX_CLOSED_INVITES = 200
"""Invites of one list that are kept after they ceased to be usable, the newest."""
MAX_GUESTS = 500
"""Guests who can join by one invite that has no lower maximum."""
RETENTION = timedelta(days=30)
"""How long owners still see an invite that is no longer usable."""


class InvalidInviteError(DomainError):
    """The invite is unknown, used up, expired or revoked; the response does not reveal which."""

    message = "Not found."


class AccountRequiredError(DomainError):
    """The invite is not for guests."""

    message = "This invite needs an account: make yourself one first."


class TooManyInvitesError(DomainError):
    """The list has MAX_OPEN_INVITES open invites."""

    message = "The list has too many open invites: revoke some first."


def new_secret() -> str:
    """Return 256 random bits as text."""
    return secrets.token_urlsafe(32)


def derive_secret(invite_id: UUID, key: UUID) -> str:
    """Return the secret of an invite that is created under an Idempotency-Key.

    So a repeated request gets the same secret from the id in the stored response,
    although neither the secret nor the key is stored. The id is random, so that no later
    request gets a secret that was valid before.
    """
    mac = salted_hmac("shopping_list.invites", f"{invite_id} {key}", algorithm="sha256")
    return urlsafe_b64encode(mac.digest()).rstrip(b"=").decode()


def digest(secret: str) -> str:
    """Return the hash of a secret, which is what the database stores."""
    return hashlib.sha256(secret.encode()).hexdigest()


# For owners.


def create(
    list_id: UUID,
    creator: User,
    *,
    secret: str,
    role: Role,
    expires_in: timedelta = DEFAULT_LIFETIME,
    max_uses: int | None = None,
    guest: bool = False,
    invite_id: UUID | None = None,
) -> Invite:
    """Create an invite. Call with the list locked. Raises TooManyInvitesError."""
    if for_list(list_id).filter(_open()).count() >= MAX_OPEN_INVITES:
        raise TooManyInvitesError
    _delete_oldest_closed(list_id)
    return Invite.objects.create(
        pk=invite_id or uuid4(),
        shopping_list_id=list_id,
        digest=digest(secret),
        role=role,
        guest=guest,
        expires_at=timezone.now() + expires_in,
        max_uses=max_uses,
        created_by=creator,
    )


def for_list(list_id: UUID) -> QuerySet[Invite]:
    """Return a list's invites, newest first. Those of former owners count as revoked."""
    invites = Invite.objects.filter(shopping_list_id=list_id).select_related("created_by")
    return invites.annotate(trusted=_is_creator_owner()).order_by("-created_at", "pk")


def is_revoked(invite: Invite) -> bool:
    """Tell whether an invite of `for_list` was revoked, or its creator owns the list no more."""
    return invite.revoked_at is not None or not getattr(invite, "trusted", True)


def revoke(list_id: UUID, invite_id: UUID) -> bool:
    """Revoke an invite that may be revoked already; False if the list has no such invite."""
    invite = Invite.objects.filter(shopping_list_id=list_id, pk=invite_id)
    invite.filter(revoked_at=None).update(revoked_at=timezone.now())
    return invite.exists()


# For users of an invite.


def find(secret: str) -> Invite:
    """Return the invite of a secret if it is usable now, without using it.

    Raises InvalidInviteError.
    """
    invites = _usable().filter(digest=digest(secret))
    invite = invites.select_related("shopping_list", "created_by").first()
    if invite is None:
        raise InvalidInviteError
    return invite


def gives_nothing_to(invite: Invite, user: User) -> bool:
    """Tell whether the user is a member already, with all that the invite would give."""
    members = Membership.objects.active().filter(shopping_list_id=invite.shopping_list_id)
    membership = members.filter(user=user).first()
    return membership is not None and not _extends(invite, membership)


def accept(secret: str, user: User) -> Membership:
    """Make the user a member, as one recorded change that the user makes.

    1. Find the invite by its hash, usable or not.
    2. Remove expired members, so that their joining again is recorded.
    3. Lock the list.
    4. Return an existing membership that this invite would not extend: a repeated
       request gets the same response, and no role is lowered.
    5. Use the invite once, by a conditional update whose count decides the race.
    6. Write the membership.

    Raises InvalidInviteError and AccountRequiredError.
    """
    invite = Invite.objects.filter(digest=digest(secret)).first()
    if invite is None:
        raise InvalidInviteError
    list_id = invite.shopping_list_id
    memberships.remove_expired_from(list_id)
    with actor.acting_as(user, actor.current().operation_id), recording(list_id):
        memberships_of_user = Membership.objects.filter(shopping_list_id=list_id, user=user)
        membership: Membership | None = memberships_of_user.first()
        is_usable = _usable().filter(pk=invite.pk).exists()
        if membership is not None and not (is_usable and _extends(invite, membership)):
            return _require_live_list(membership)
        if not is_usable:
            raise InvalidInviteError
        if user.is_guest and not invite.guest:
            raise AccountRequiredError
        _consume_use(invite)
        return _join(invite, user, membership)


def accept_as_guest(secret: str, name: str) -> Membership:
    """Create a guest and make them a member.

    Raises InvalidInviteError and AccountRequiredError.
    """
    if not find(secret).guest:
        raise AccountRequiredError
    with transaction.atomic():
        return accept(secret, guests.create(name))


def may_register(secret: str) -> bool:
    """Tell whether one may register with this secret. An invite for guests is not enough."""
    return _usable().filter(digest=digest(secret), guest=False).exists()


def claim(secret: str, person: User) -> bool:
    """Accept the invite for a user who registers by it; False if it is not usable any more."""
    try:
        accept(secret, person)
    except InvalidInviteError:
        return False
    return True


def delete_expired() -> int:
    """Delete the invites that expired or were revoked before RETENTION; return how many."""
    cutoff = timezone.now() - RETENTION
    old = Invite.objects.filter(Q(expires_at__lt=cutoff) | Q(revoked_at__lt=cutoff))
    deleted, _ = old.delete()
    return deleted


def _delete_oldest_closed(list_id: UUID) -> None:
    closed = Invite.objects.filter(shopping_list_id=list_id).exclude(_open())
    newest_first = closed.order_by("-created_at", "pk").values_list("pk", flat=True)
    if excess := list(newest_first[MAX_CLOSED_INVITES:]):
        Invite.objects.filter(pk__in=excess).delete()


def _open() -> Q:
    is_unlimited = Q(max_uses=None) & (Q(guest=False) | Q(uses__lt=MAX_GUESTS))
    unused = is_unlimited | Q(uses__lt=F("max_uses"))
    return unused & Q(revoked_at=None, expires_at__gt=timezone.now())


def _is_creator_owner() -> Exists:
    """Return the condition that the creator of the invite still owns the list."""
    owners = Membership.objects.filter(role=Membership.Role.OWNER)
    return Exists(
        owners.filter(
            shopping_list_id=OuterRef("shopping_list_id"), user_id=OuterRef("created_by_id")
        )
    )


def _usable() -> QuerySet[Invite]:
    return Invite.objects.filter(_open(), _is_creator_owner(), shopping_list__deleted_at=None)


def _require_live_list(membership: Membership) -> Membership:
    if not ShoppingList.objects.not_deleted().filter(pk=membership.shopping_list_id).exists():
        raise InvalidInviteError
    return membership


def _consume_use(invite: Invite) -> None:
    if not Invite.objects.filter(_open(), pk=invite.pk).update(uses=F("uses") + 1):
        raise InvalidInviteError


def _membership_expiry(invite: Invite) -> datetime | None:
    return invite.expires_at if invite.guest else None


def _extends(invite: Invite, membership: Membership) -> bool:
    """Tell whether the invite makes a membership expire later."""
    expiry = _membership_expiry(invite)
    current = membership.expires_at
    return current is not None and (expiry is None or expiry > current)


def _join(invite: Invite, user: User, membership: Membership | None) -> Membership:
    """Write a new membership, or extend one and never lower its role."""
    if membership is None:
        membership = Membership(shopping_list_id=invite.shopping_list_id, user=user)
        membership.role = invite.role
    membership.role = max(membership.role, invite.role, key=ROLES.index)
    membership.expires_at = _membership_expiry(invite)
    membership.save()
    return membership
