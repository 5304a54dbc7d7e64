"""Guests: users without an account, who joined a list by a link and see only that list."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts import personal_data
from accounts.models import User
from accounts.registration import RegistrationClosedError, save_unique
from rest.errors import DomainError

USERNAME_PREFIX = "guest-"
"""The user names of guests begin with this. Guests do not know them."""


class GuestNotAllowedError(DomainError):
    """A guest asked for something that needs an account."""

    message = "Guests may not do that: make yourself an account first."


class AlreadyRegisteredError(DomainError):
    """The user has an account already."""

    message = "You have an account already."


def require_account(user: User) -> None:
    """Raise GuestNotAllowedError if the user is a guest."""
    if user.is_guest:
        raise GuestNotAllowedError


def create(name: str) -> User:
    """Create a guest, who cannot sign in again after the session has expired."""
    guest = User(username=f"{USERNAME_PREFIX}{secrets.token_hex(8)}", name=name, is_guest=True)
    guest.set_unusable_password()
    guest.save(force_insert=True)
    return guest


def upgrade(guest: User, *, username: str, password: str, name: str = "") -> User:
    """Turn the guest into a user with an account, who keeps all memberships.

    Raises AlreadyRegisteredError, RegistrationClosedError for a guest without any
    membership where registration is closed, and ValidationError for a user name that
    is taken.
    """
    if not (settings.OPEN_REGISTRATION or personal_data.is_member_of_any(guest)):
        raise RegistrationClosedError
    # The hash is slow on purpose, so it is computed before the transaction.
    guest.password = make_password(password)
    guest.username = User.normalize_username(username)
    guest.name = name or guest.name
    with transaction.atomic():
        # The count decides between two concurrent attempts.
        if not User.objects.filter(pk=guest.pk, is_guest=True).update(is_guest=False):
            raise AlreadyRegisteredError
        guest.is_guest = False
        save_unique(guest, update_fields=["username", "name", "password"])
    return guest
