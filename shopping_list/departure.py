"""What happens to somebody's lists when they delete their account."""

from __future__ import annotations

from accounts.models import User
from shopping_list.api.errors import translate_domain_errors
from shopping_list.services import ownership


def before_delete(person: User) -> None:
    """Settle it, in the transaction that deletes the person (owners.depart).

    Raises LastOwnerError where somebody else must be made an owner first.
    """
    with translate_domain_errors():
        ownership.release_lists(person)
