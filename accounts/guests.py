"""Guests: people without an account, who came by a link and see what it opens."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from rest_framework import exceptions
from rest_framework.request import Request

from accounts import personal_data
from accounts.models import User
from accounts.registration import RegistrationClosed

USERNAME_PREFIX = "guest-"
"""How the names that guests could sign in with begin."""


class GuestNotAllowed(exceptions.PermissionDenied):
    """A guest asked for what takes an account."""

    default_detail = "Guests may not do that: make yourself an account first."
    default_code = "guest"


class AlreadyRegistered(exceptions.APIException):
    """The account is there already."""

    status_code = 409
    default_detail = "You have an account already."
    default_code = "not_a_guest"


def require_account(request: Request) -> None:
    """Raise GuestsMayNot if a guest asks."""
    if isinstance(request.user, User) and request.user.is_guest:
        raise GuestNotAllowed


def create(name: str) -> User:
    """Create a guest. They cannot sign in again once their session is over."""
    guest = User(username=f"{USERNAME_PREFIX}{secrets.token_hex(8)}", name=name, is_guest=True)
    guest.set_unusable_password()
    guest.save(force_insert=True)
    return guest


def upgrade(guest: User, *, username: str, password: str, name: str = "") -> User:
    """Make the guest an account; they stay the same person, with all that they are on.

    Raises NotAGuest, RegistrationClosed for one whose visit is over where nobody may
    sign up, and ValidationError for a username that is taken.
    """
    if not (settings.OPEN_REGISTRATION or personal_data.is_member_of_any(guest)):
        raise RegistrationClosed
    # The hash is slow on purpose, so it is made before the transaction.
    guest.password = make_password(password)
    guest.username = User.normalize_username(username)
    guest.name = name or guest.name
    with transaction.atomic():
        # The count decides between two tries at once.
        if not User.objects.filter(pk=guest.pk, is_guest=True).update(is_guest=False):
            raise AlreadyRegistered
        guest.is_guest = False
        _save(guest)
    return guest


def _save(person: User) -> None:
    try:
        with transaction.atomic():
            person.save(update_fields=["username", "name", "password"])
    except IntegrityError:
        taken = {"username": ["A user with that username already exists."]}
        raise exceptions.ValidationError(taken) from None
