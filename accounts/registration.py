"""User registration: the owner by setup link, everyone else by invite or open registration."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts import passwords, registration_invites
from accounts.models import SetupLink, User, owner_exists
from rest.errors import DomainError
from rest.text import fold_case


class RegistrationClosedError(DomainError):
    """Registration is closed, or the link does not allow it."""

    message = "Registration is closed, or this link is not good any more."


def register(*, username: str, password: str, name: str = "", token: str = "") -> User:
    """Create a user; with the setup token, the owner of the installation.

    With the secret of an invite the user joins its list. Raises RegistrationClosedError,
    or ValidationError for a user name that is taken. After an error the token is still valid.
    """
    is_owner = bool(token) and _is_valid_setup_token(token)
    if not (is_owner or _may_register(token)):
        raise RegistrationClosedError
    # The hash is slow on purpose, so it is computed before the transaction.
    user = User(
        username=User.normalize_username(username), name=name, password=make_password(password)
    )
    with transaction.atomic():
        if is_owner:
            _make_owner(user, token)
        save_unique(user, force_insert=True)
        if token and not is_owner and not registration_invites.claim(token, user):
            raise RegistrationClosedError
    return user


def save_unique(user: User, **options: Any) -> None:
    """Save the user. Raises ValidationError for a user name that is taken."""
    try:
        with transaction.atomic():
            user.save(**options)
    except IntegrityError:
        message = "A user with that username already exists."
        raise ValidationError({"username": [message]}) from None


def create_owner(username: str, password: str, email: str = "") -> User:
    """Create an owner of the installation, under the rules of sign-up. Raises ValidationError."""
    owner = User(
        username=User.normalize_username(username.strip()),
        email=email,
        is_staff=True,
        is_superuser=True,
    )
    owner.full_clean(exclude=["password"])
    passwords.validate_new(password, owner, field="password")
    owner.set_password(password)
    owner.save(force_insert=True)
    return owner


def ensure_owner(username: str, password: str, email: str = "") -> None:
    """Create the owner that the environment names, unless an owner or that user exists.

    Raises ValidationError, whose fields are the arguments.
    """
    key = fold_case(username.strip())
    if not (owner_exists() or User.objects.filter(username_key=key).exists()):
        # The last line feed of a file belongs to the file and not to the password.
        create_owner(username, password.removesuffix("\n").removesuffix("\r"), email.strip())


def _is_valid_setup_token(token: str) -> bool:
    return not owner_exists() and SetupLink.is_valid(token)


def _may_register(token: str) -> bool:
    return registration_invites.may_register(token) if token else bool(settings.OPEN_REGISTRATION)


def _make_owner(user: User, token: str) -> None:
    """Use the link; the deletion of its row decides between two concurrent attempts."""
    if not SetupLink.claim(token) or owner_exists():
        raise RegistrationClosedError
    user.is_staff = user.is_superuser = True
