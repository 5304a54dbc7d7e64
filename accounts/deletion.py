"""How an account ends."""

from __future__ import annotations

from django.db import transaction
from rest_framework import exceptions

from accounts import personal_data
from accounts.models import User


class LastSuperuser(exceptions.APIException):
    """The installation would be left to people of whom none may run it."""

    status_code = 409
    default_code = "last_superuser"
    default_detail = "Others have accounts here: make one of them an owner of it first."


def delete(person: User) -> None:
    """Delete a person with their sessions, tokens, and the lists that nobody else is on.

    Raises LastSuperuser, or an APIException where something that they own holds
    them back; then nothing was done.
    """
    with transaction.atomic():
        # Lists first, as everybody who writes locks them before people.
        personal_data.before_delete(person)
        if person.is_superuser and _is_needed(person):
            raise LastSuperuser
        person.delete()


def _is_needed(person: User) -> bool:
    """Tell whether others have accounts, and none of them runs the installation."""
    # The lock lets two of them who go at once do so one after another.
    running = User.objects.select_for_update(no_key=True).filter(is_superuser=True, is_active=True)
    if set(running.order_by("pk").values_list("pk", flat=True)) - {person.pk}:
        return False
    return User.objects.filter(is_guest=False).exclude(pk=person.pk).exists()
