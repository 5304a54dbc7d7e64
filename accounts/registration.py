"""How a person comes to be: the owner by the setup link, others by invite or an open door."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from rest_framework import exceptions

from accounts import registration_invites
from accounts.models import SetupLink, User, owner_exists


class RegistrationClosed(exceptions.PermissionDenied):
    """Nobody may sign up here, or not with this link."""

    default_detail = "Registration is closed, or this link is not good any more."
    default_code = "registration_closed"


def register(*, username: str, password: str, name: str = "", token: str = "") -> User:
    """Create a person and return them; with the setup token, the owner.

    With the secret of an invite they are on its list. Raises RegistrationClosed,
    or ValidationError for a name that is taken, and then the token is still good.
    """
    owner = bool(token) and _is_valid_setup_token(token)
    if not (owner or _may_register(token)):
        raise RegistrationClosed
    # The hash is slow on purpose, so it is made before the transaction.
    person = User(
        username=User.normalize_username(username), name=name, password=make_password(password)
    )
    with transaction.atomic():
        if owner:
            _make_owner(person, token)
        _save_unique(person)
        if token and not owner and not registration_invites.claim(token, person):
            raise RegistrationClosed
    return person


def create_owner(username: str, password: str, email: str = "") -> User | None:
    """Create the owner that the environment names, unless there is one already."""
    if owner_exists() or User.objects.filter(username__iexact=username).exists():
        return None
    return User.objects.create_superuser(username, email, password)


def _is_valid_setup_token(token: str) -> bool:
    return not owner_exists() and SetupLink.is_valid(token)


def _may_register(token: str) -> bool:
    return registration_invites.may_register(token) if token else bool(settings.OPEN_REGISTRATION)


def _make_owner(person: User, token: str) -> None:
    """Use the link up; deleting its row decides between two who try at once."""
    if not SetupLink.claim(token) or owner_exists():
        raise RegistrationClosed
    person.is_staff = person.is_superuser = True


def _save_unique(person: User) -> None:
    try:
        with transaction.atomic():
            person.save(force_insert=True)
    except IntegrityError:
        taken: dict[str, Any] = {"username": ["A user with that username already exists."]}
        raise exceptions.ValidationError(taken) from None
