"""A list on which every act of the matrix can be done."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from shopping_list.models import Membership, ShoppingItem, ShoppingList
from shopping_list.services import invites


def create_list(owner: User, member: User, title: str) -> dict[str, Any]:
    """Make the list and return the ids that the matrix fills in."""
    one = ShoppingList.objects.create(name=title, created_by=owner)
    Membership.objects.create(shopping_list=one, user=owner, role="owner")
    Membership.objects.create(shopping_list=one, user=member)
    milk = ShoppingItem.objects.create(shopping_list=one, name="Milk")
    bread = ShoppingItem.objects.create(shopping_list=one, name="Bread")
    versions = {}
    bread.purchased = True
    versions["ticked"] = _saved(bread)
    milk.quantity = "2 l"
    versions["edited"] = _saved(milk)
    one.name = f"{title}!"
    versions["renamed"] = _saved(one)
    ids = {"list": one.pk, "item": milk.pk, "bought": bread.pk}
    invite = invites.create(one.pk, owner, secret=invites.new_secret(), role="editor")
    ids["invite"] = invite.pk
    return {key: str(pk) for key, pk in ids.items()} | versions | {"member": member.pk}


def _saved(row: Any) -> int:
    row.save()
    pk = getattr(row, "shopping_list_id", row.pk)
    return int(ShoppingList.objects.values_list("version", flat=True).get(pk=pk))
