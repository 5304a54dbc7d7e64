"""Fill an empty database: `python -m bench.vanilla.seed SIZE`; prints tokens."""

import json
import os
import sys

import django

from bench.event import Size

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.vanilla.settings")


def seed(size):
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from rest_framework.authtoken.models import Token

    from bench.event import item_id, list_id
    from bench.vanilla.models import ShoppingItem, ShoppingList

    call_command("migrate", verbosity=0)
    count = size.lists * size.users_per_list
    users = User.objects.bulk_create(User(username=f"user{n}") for n in range(count))
    tokens = Token.objects.bulk_create(Token(user=user, key=Token.generate_key()) for user in users)
    made = ShoppingList.objects.bulk_create(
        ShoppingList(id=list_id(n), name=f"List {n}") for n in range(size.lists)
    )
    through = ShoppingList.members.through
    through.objects.bulk_create(
        through(shoppinglist_id=made[n // size.users_per_list].pk, user_id=user.pk)
        for n, user in enumerate(users)
    )
    ShoppingItem.objects.bulk_create(
        ShoppingItem(
            id=item_id(n, m),
            shopping_list_id=list_id(n),
            name=f"Item {m}",
            quantity="500 g",
            note="the small ones",
            category="Vegetables",
            position=f"a{m:02}",
        )
        for n in range(size.lists)
        for m in range(size.items)
    )
    return [token.key for token in tokens]


if __name__ == "__main__":
    django.setup()
    print(json.dumps(seed(Size.parse(sys.argv[1]))))
