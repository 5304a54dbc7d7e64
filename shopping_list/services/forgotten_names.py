"""Names that a user does not want to be suggested any more."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts.models import User
from shopping_list.models import ForgottenName
from shopping_list.parsing import item_names

MAX_NAMES = 1000
"""Names that are kept for each user, the newest."""


def for_user(user: User) -> QuerySet[ForgottenName]:
    """Return the names that the user has forgotten."""
    return ForgottenName.objects.filter(user=user)


def keys_of(user: User) -> set[str]:
    """Return the keys of the names that the user has forgotten."""
    return set(for_user(user).values_list("name_key", flat=True))


def forget(user: User, name: str) -> None:
    """Suggest this name to the user no more. Of too many names, the oldest is suggested again."""
    key = item_names.comparison_key(name)
    ForgottenName.objects.update_or_create(user=user, name_key=key, defaults={"name": name})
    newest = for_user(user).order_by("-pk")
    oldest_kept = newest.values_list("pk", flat=True)[MAX_NAMES - 1 : MAX_NAMES].first()
    if oldest_kept is not None:
        for_user(user).filter(pk__lt=oldest_kept).delete()


def restore(user: User, name: str) -> None:
    """Suggest this name to the user again."""
    key = item_names.comparison_key(name)
    for_user(user).filter(name_key=key).delete()
