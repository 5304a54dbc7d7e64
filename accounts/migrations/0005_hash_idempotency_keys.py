"""Store a hash of each Idempotency-Key: the secret of a token can be derived from the key."""

import hashlib
import uuid

from django.db import migrations


def hash_keys(apps, schema_editor):
    """Replace every key by its hash."""
    rows = apps.get_model("accounts", "TokenIdempotencyKey").objects
    for pk, key in list(rows.values_list("pk", "key")):
        digest = hashlib.sha256(key.bytes).digest()
        rows.filter(pk=pk).update(key=uuid.UUID(bytes=digest[:16]))


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0004_session_digests"),
    ]

    operations = [
        migrations.RunPython(hash_keys, migrations.RunPython.noop),
    ]
