"""Fill an empty database and print tokens: `python -m bench.vanilla.seed SIZE`."""

import json
import os
import sys

import django

from bench.event import SeedSize

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.vanilla.settings")


def seed(size):
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from rest_framework.authtoken.models import Token

    from bench.event import ITEM_FIELDS, item_id, list_id
    from bench.vanilla.models import ShoppingItem, ShoppingList

    call_command("migrate", verbosity=0)
    count = size.lists * size.users_per_list
    users = User.objects.bulk_create(User(username=f"user{n}") for n in range(count))
    tokens = Token.objects.bulk_create(Token(user=user, key=Token.generate_key()) for user in users)
    lists = ShoppingList.objects.bulk_create(
        ShoppingList(id=list_id(n), name=f"List {n}") for n in range(size.lists)
    )
    through = ShoppingList.members.through
    through.objects.bulk_create(
        through(shoppinglist_id=lists[n // size.users_per_list].pk, user_id=user.pk)
        for n, user in enumerate(users)
    )
    ShoppingItem.objects.bulk_create(
        ShoppingItem(
            id=item_id(n, m),
            shopping_list_id=list_id(n),
            **ITEM_FIELDS | {"name": f"Item {m}"},
            position=f"a{m:02}",
        )
        for n in range(size.lists)
        for m in range(size.items)
    )
    return [token.key for token in tokens]


if __name__ == "__main__":
    django.setup()
    print(json.dumps(seed(SeedSize.parse(sys.argv[1]))))
