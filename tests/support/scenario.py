"""A list on which every operation of the permission matrix is possible."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from shopping_list.models import Membership, ShoppingItem, ShoppingList
from shopping_list.services import invites


def create_list(owner: User, member: User, title: str) -> dict[str, Any]:
    """Create the list and return the ids that fill the placeholders of the matrix.

    `other` is the list that items are copied to: this one, unless the test has another one.
    """
    shopping_list = ShoppingList.objects.create(name=title, created_by=owner)
    Membership.objects.create(shopping_list=shopping_list, user=owner, role="owner")
    Membership.objects.create(shopping_list=shopping_list, user=member)
    milk = ShoppingItem.objects.create(shopping_list=shopping_list, name="Milk")
    bread = ShoppingItem.objects.create(shopping_list=shopping_list, name="Bread")
    versions = {}
    bread.purchased = True
    versions["ticked"] = _save_and_get_version(bread)
    milk.quantity = "2 l"
    versions["edited"] = _save_and_get_version(milk)
    shopping_list.name = f"{title}!"
    versions["renamed"] = _save_and_get_version(shopping_list)
    ids = {"list": shopping_list.pk, "item": milk.pk, "bought": bread.pk, "other": shopping_list.pk}
    invite = invites.create(shopping_list.pk, owner, secret=invites.new_secret(), role="editor")
    ids["invite"] = invite.pk
    return {key: str(pk) for key, pk in ids.items()} | versions | {"member": member.pk}


def _save_and_get_version(row: Any) -> int:
    row.save()
    pk = getattr(row, "shopping_list_id", row.pk)
    return int(ShoppingList.objects.values_list("version", flat=True).get(pk=pk))
