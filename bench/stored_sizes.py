"""What a row takes on the disk: `python -m bench.stored_sizes [DATABASE_URL]`.

Without an URL it measures a new SQLite file. The size of an empty installation is
subtracted; indexes count. Items have a name, a quantity and an aisle. A change is one
item that is ticked.
"""

from __future__ import annotations

import os
import sys
import tempfile

ITEMS = 5_000
CHANGES = 2_000
BULK = 500


def database_size() -> int:
    """Return the bytes of the database, without what deleted rows left."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_database_size(current_database())")
        else:
            cursor.execute("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
        (size,) = cursor.fetchone()
    return int(size)


def measure() -> tuple[float, float]:
    """Return the bytes of an item and of a change."""
    from django.core.management import call_command

    from accounts.models import User
    from shopping_list.models import Activity, ShoppingItem, ShoppingList

    call_command("migrate", verbosity=0)
    ana = User.objects.create_user("ana", password="bench", name="Ana")
    shopping_list = ShoppingList.objects.create(name="Groceries", created_by=ana)
    empty = database_size()
    for first in range(0, ITEMS, BULK):
        ShoppingItem.objects.bulk_create(
            ShoppingItem(
                shopping_list=shopping_list,
                name=f"Item {number}",
                quantity="500 g",
                category="Dairy",
                created_by=ana,
            )
            for number in range(first, first + BULK)
        )
    # The log has the same rows once more: it is emptied, so that the items are left.
    Activity.objects.filter(list_id=shopping_list.pk).delete()
    filled = database_size()
    for item in shopping_list.items.all()[:CHANGES]:
        item.purchased = True
        item.save(update_fields=["purchased"])
    changed = database_size()
    return (filled - empty) / ITEMS, (changed - filled) / CHANGES


def main() -> None:
    """Print both sizes."""
    with tempfile.TemporaryDirectory() as directory:
        os.environ["TROLLEY_DATA"] = directory
        if sys.argv[1:]:
            os.environ["DATABASE_URL"] = sys.argv[1]
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "asgi_project.settings")
        import django

        django.setup()
        item, change = measure()
        print(f"an item {item:,.0f} bytes, a change {change:,.0f} bytes")


if __name__ == "__main__":
    main()
