"""Fill an empty database and print tokens: `python -m bench.trolley_seed SIZE`.

The rows are inserted through plain querysets, so no changes are recorded. The change
log of list 0 is written directly.
"""

import json
import os
import sys

import django

from bench.event import SeedSize

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "asgi_project.settings")


def seed(size):
    from django.core.management import call_command
    from django.db.models import QuerySet
    from knox.models import get_digest_token

    from accounts.models import ApiToken, User
    from bench.event import (
        EPOCH,
        EVENT_TIME,
        ITEM_FIELDS,
        change_entries,
        change_summary,
        digest_of,
        frame,
        item_id,
        list_id,
    )
    from shopping_list.models import Activity, Membership, ShoppingItem, ShoppingList
    from shopping_list.parsing.item_names import comparison_key

    call_command("migrate", verbosity=0)
    count = size.lists * size.users_per_list
    users = QuerySet(User).bulk_create(
        User(username=f"user{n}", name=f"user{n}", password="!") for n in range(count)
    )
    secrets = [get_digest_token() for _ in users]
    QuerySet(ApiToken).bulk_create(
        ApiToken(user=user, name="bench", digest=digest, token_key=token[:15], scope="write")
        for user, (digest, token) in zip(users, secrets, strict=True)
    )
    QuerySet(ShoppingList).bulk_create(
        ShoppingList(
            id=list_id(n),
            name=f"List {n}",
            epoch=EPOCH,
            version=0 if n else size.changes,
            digest=digest_of(0 if n else size.changes),
            created_by=users[n * size.users_per_list],
        )
        for n in range(size.lists)
    )
    QuerySet(Membership).bulk_create(
        Membership(shopping_list_id=list_id(n // size.users_per_list), user=user, role="editor")
        for n, user in enumerate(users)
    )
    QuerySet(ShoppingItem).bulk_create(
        ShoppingItem(
            id=item_id(n, m),
            shopping_list_id=list_id(n),
            **ITEM_FIELDS | {"name": f"Item {m}"},
            name_key=comparison_key(f"Item {m}"),
            position=f"a{m:02}1",
            created_by=users[n * size.users_per_list],
        )
        for n in range(size.lists)
        for m in range(size.items)
    )
    others = QuerySet(User).bulk_create(
        User(username=f"other{n}", name=f"other{n}", password="!") for n in range(100)
    )
    ids = range(size.lists, size.lists + size.other_lists)
    QuerySet(ShoppingList).bulk_create(
        (ShoppingList(id=list_id(n), name=f"List {n}", epoch=EPOCH) for n in ids), batch_size=10_000
    )
    QuerySet(Membership).bulk_create(
        (Membership(shopping_list_id=list_id(n), user=others[n % 100], role="owner") for n in ids),
        batch_size=10_000,
    )
    for start in range(1, size.changes + 1, 10_000):
        QuerySet(Activity).bulk_create(
            Activity(
                list_id=list_id(0),
                version=version,
                epoch=EPOCH,
                base=digest_of(version - 1),
                digest=digest_of(version),
                verb="item.ticked",
                actor=users[0],
                actor_name="user0",
                changes=change_entries(0),
                summary=change_summary(),
                frame=frame(0, version),
                at=EVENT_TIME,
            )
            for version in range(start, min(start + 10_000, size.changes + 1))
        )
    return [token for _, token in secrets]


if __name__ == "__main__":
    django.setup()
    print(json.dumps(seed(SeedSize.parse(sys.argv[1]))))
