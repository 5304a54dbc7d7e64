"""Setting another password, and showing that one knows the old one."""

from __future__ import annotations

from django.contrib.auth import authenticate
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as Invalid
from django.db import transaction
from rest_framework import exceptions
from rest_framework.request import Request

from accounts.models import ResetLink, User


class InvalidResetLink(exceptions.NotFound):
    """There is no such link, or it is used up or over; which is not said."""

    default_detail = "This link is not good any more."


def verify_current(request: Request, *, password: str, field: str) -> None:
    """Raise ValidationError unless it is the caller's password.

    It is asked for as at sign-in, so wrong ones are counted and locked out alike.
    """
    assert isinstance(request.user, User)
    credentials = {"username": request.user.username, "password": password}
    if authenticate(request._request, **credentials) != request.user:
        raise exceptions.ValidationError({field: ["That is not your password."]})


def validate_new(password: str, person: User, *, field: str) -> None:
    """Raise ValidationError for a password that is too easy."""
    try:
        validate_password(password, person)
    except Invalid as refused:
        raise exceptions.ValidationError({field: refused.messages}) from None


def change(person: User, password: str) -> None:
    """Set another password. Every session of the person ends (receivers.py)."""
    # The hash is slow on purpose, so it is made before the transaction.
    person.password = make_password(password)
    with transaction.atomic():
        person.save(update_fields=["password"])


def reset(secret: str, password: str) -> User:
    """Set another password by a reset link, which is used up, and return whose it was.

    Raises LinkGone, and ValidationError for a password that is too easy; then the
    link is still good.
    """
    holder = ResetLink.user_for(secret)
    if holder is None:
        raise InvalidResetLink
    validate_new(password, holder, field="new_password")
    hashed = make_password(password)
    with transaction.atomic():
        # Whoever else changes it is done, or waits and finds the link used.
        person = User.objects.select_for_update(no_key=True).filter(pk=holder.pk).first()
        if person is None or not ResetLink.claim(secret, person):
            raise InvalidResetLink
        person.password = hashed
        person.save(update_fields=["password"])
    return person
