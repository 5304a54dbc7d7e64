"""Store a hash of each session key in place of the key. Nobody is signed out."""

import hashlib
from contextlib import suppress

from django.contrib.auth import BACKEND_SESSION_KEY
from django.contrib.sessions.serializers import JSONSerializer
from django.core import signing
from django.db import migrations, models

SALT = "django.contrib.sessions.SessionStore"
BACKEND = "accounts.backends.PasswordBackend"


def hash_keys(apps, schema_editor):
    """Hash the keys, and name the only backend that is left."""
    sessions = apps.get_model("accounts", "Session").objects
    for key, data in list(sessions.values_list("session_key", "session_data")):
        digest = hashlib.sha256(key.encode()).hexdigest()
        sessions.filter(session_key=key).update(session_key=digest, session_data=renamed(data))


def renamed(session_data):
    """Return the session's data with the name of the backend, if a user is signed in."""
    with suppress(signing.BadSignature):
        data = signing.loads(session_data, salt=SALT, serializer=JSONSerializer)
        if BACKEND_SESSION_KEY in data:
            data[BACKEND_SESSION_KEY] = BACKEND
            return signing.dumps(data, salt=SALT, serializer=JSONSerializer, compress=True)
    return session_data


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0003_attempt_count"),
    ]

    operations = [
        migrations.AlterField(
            model_name="session",
            name="session_key",
            field=models.CharField(max_length=64, primary_key=True, serialize=False),
        ),
        migrations.RunPython(hash_keys, migrations.RunPython.noop),
    ]
