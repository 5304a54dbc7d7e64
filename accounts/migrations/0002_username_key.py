"""Every user gets the key of their user name, which is unique without regard to case."""

import logging
import unicodedata

import accounts.models
from django.db import migrations

logger = logging.getLogger("accounts")
MAX_LENGTH = 150


def key_of(username):
    folded = unicodedata.normalize("NFKC", username).casefold()
    return unicodedata.normalize("NFKC", folded)


def free_name(username, taken):
    """Return the name with the first number that makes its key free."""
    number = 2
    while True:
        ending = f"-{number}"
        name = username[: MAX_LENGTH - len(ending)] + ending
        if key_of(name) not in taken:
            return name
        number += 1


def fill(apps, schema_editor):
    """Of users whose names have one key, the oldest keeps the name; the others get a number."""
    users = apps.get_model("accounts", "User").objects.using(schema_editor.connection.alias)
    rows = list(users.order_by("pk").values_list("pk", "username"))
    taken = {key_of(username) for _, username in rows}
    seen = set()
    for pk, username in rows:
        key = key_of(username)
        if key in seen:
            name = free_name(username, taken)
            key = key_of(name)
            taken.add(key)
            logger.warning("the name of user %r is taken: they now sign in as %r", username, name)
            users.filter(pk=pk).update(username=name)
        seen.add(key)
        users.filter(pk=pk).update(username_key=key)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="username_key",
            field=accounts.models.UsernameKeyField(editable=False, max_length=450, null=True),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
        migrations.AlterField(
            model_name="user",
            name="username_key",
            field=accounts.models.UsernameKeyField(editable=False, max_length=450, unique=True),
        ),
        migrations.RemoveConstraint(model_name="user", name="accounts_user_username_any_case"),
    ]
