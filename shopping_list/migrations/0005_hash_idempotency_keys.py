"""Store a hash of each Idempotency-Key: the secret of an invite can be derived from the key."""

import hashlib
import uuid

from django.db import migrations

CHUNK_SIZE = 500


def hash_keys(apps, schema_editor):
    """Replace every key by its hash, some hundred rows at a time."""
    rows = apps.get_model("shopping_list", "IdempotentResponse").objects
    last_pk = 0
    while True:
        chunk = list(rows.filter(pk__gt=last_pk).order_by("pk").only("pk", "key")[:CHUNK_SIZE])
        if not chunk:
            return
        for row in chunk:
            row.key = uuid.UUID(bytes=hashlib.sha256(row.key.bytes).digest()[:16])
        rows.bulk_update(chunk, ["key"])
        last_pk = chunk[-1].pk


class Migration(migrations.Migration):

    dependencies = [
        ("shopping_list", "0004_stored_response_access"),
    ]

    operations = [
        migrations.RunPython(hash_keys, migrations.RunPython.noop),
    ]
