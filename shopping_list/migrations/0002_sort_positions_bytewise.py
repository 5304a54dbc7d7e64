"""Sort positions bytewise on PostgreSQL too, as fractional indexes need."""

from __future__ import annotations

from typing import Any

from django.db import migrations


def collate(apps: Any, schema_editor: Any) -> None:
    # SQLite sorts bytewise by itself, and knows no collation named "C".
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "ALTER TABLE shopping_list_shoppingitem "
            'ALTER COLUMN position TYPE varchar(255) COLLATE "C"'
        )


class Migration(migrations.Migration):
    dependencies = [("shopping_list", "0001_initial")]

    operations = [migrations.RunPython(collate, migrations.RunPython.noop)]
