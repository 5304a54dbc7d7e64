"""Set passwords: their rules, the change of a known one, the reset by a link."""

from __future__ import annotations

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import ResetLink, User
from accounts.password_text import normal_form
from rest.errors import DomainError


class InvalidResetLinkError(DomainError):
    """The link is unknown, used or expired; the response does not reveal which."""

    message = "This link is not good any more."


def validate_new(password: str, user: User, *, field: str) -> None:
    """Raise ValidationError, under the name of the field, for a password that is too weak."""
    try:
        validate_password(normal_form(password), user)
    except ValidationError as error:
        raise ValidationError({field: error.messages}) from None


def change(user: User, password: str) -> None:
    """Set a new password. All sessions of the user end (receivers.py)."""
    # The hash is slow on purpose, so it is computed before the transaction.
    user.password = make_password(password)
    with transaction.atomic():
        user.save(update_fields=["password"])


def reset(secret: str, password: str) -> User:
    """Set a new password by a reset link, delete the link, and return its user.

    Raises InvalidResetLinkError, and ValidationError for a password that is too weak;
    then the link is still valid.
    """
    link_user = ResetLink.user_for(secret)
    if link_user is None:
        raise InvalidResetLinkError
    validate_new(password, link_user, field="new_password")
    hashed = make_password(password)
    with transaction.atomic():
        # A concurrent change of the password is either finished, or it waits for this
        # lock and finds the link used.
        user = User.objects.select_for_update(no_key=True).filter(pk=link_user.pk).first()
        if user is None or not ResetLink.claim(secret, user):
            raise InvalidResetLinkError
        user.password = hashed
        user.save(update_fields=["password"])
    return user
