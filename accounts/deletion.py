"""Deletion of accounts."""

from __future__ import annotations

from django.db import transaction

from accounts import personal_data
from accounts.models import User
from rest.errors import DomainError


class LastSuperuserError(DomainError):
    """The remaining users would have no owner of the installation among them."""

    message = "Others have accounts here: make one of them an owner of it first."


def delete(user: User) -> None:
    """Delete a user with their sessions, their tokens, and the lists without other members.

    Raises LastSuperuserError, or the DomainError of an app whose data prevents the
    deletion; then nothing is changed.
    """
    with transaction.atomic():
        # The lists first, because every writer locks lists before users.
        personal_data.before_delete(user)
        if user.is_superuser and _is_last_owner(user):
            raise LastSuperuserError
        user.delete()


def _is_last_owner(user: User) -> bool:
    """Return whether other accounts exist, but no other owner of the installation."""
    # The lock serialises the concurrent deletion of two owners.
    owners = User.objects.select_for_update(no_key=True).filter(is_superuser=True, is_active=True)
    if set(owners.order_by("pk").values_list("pk", flat=True)) - {user.pk}:
        return False
    return User.objects.filter(is_guest=False).exclude(pk=user.pk).exists()
