"""Prepare the database for serving: migrate it, and create the owner or the link for one.

`serve` does it by itself. Where several machines or containers serve one database,
`prepare_database` does it once and `serve --prepared` only checks that it is done.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.db import OperationalError, connection, connections
from django.db.migrations.executor import MigrationExecutor

from accounts.models import SetupLink, owner_exists
from accounts.registration import ensure_owner
from asgi_project.serving.locks import UnwritableError
from asgi_project.serving.migrations import (
    NewerDatabaseError,
    NoBackupError,
    check_connection,
    migrate_locked,
    unknown_migrations,
)


def prepare() -> str | None:
    """Migrate, and create the owner; return the secret of a setup link if there is still none."""
    check_connection()
    migrate_locked()
    setup_secret = _ensure_owner()
    connections.close_all()
    return setup_secret


def check_prepared() -> None:
    """Raise CommandError unless the tables are those of this code."""
    check_connection()
    executor = MigrationExecutor(connection)
    if unknown := unknown_migrations(executor.loader):
        raise NewerDatabaseError(", ".join(unknown))
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise CommandError("the database is not prepared: run `manage.py prepare_database` first")
    connections.close_all()


def check_shared_key() -> None:
    """Raise CommandError unless the secret key is configured.

    A key that one container creates is unknown to the others, which then reject its sessions.
    """
    if not settings.HAS_CONFIGURED_KEY:
        raise CommandError("SECRET_KEY: it is not set, and all processes need the same one")


@contextmanager
def errors_in_one_line() -> Iterator[None]:
    """Turn what prevents a start into a CommandError of one line."""
    try:
        yield
    except UnwritableError as error:
        raise CommandError(str(error)) from None
    except NewerDatabaseError as error:
        raise CommandError(
            f"the database is newer than this code, which does not know {error}: "
            "update Trolley, or restore an older backup"
        ) from None
    except NoBackupError as error:
        raise CommandError(
            f"no backup could be written before the tables are changed: {error}"
        ) from None
    except OperationalError as error:
        one_line = " ".join(str(error).split())
        raise CommandError(f"cannot use the database: {one_line}") from None


def _ensure_owner() -> str | None:
    """Create the owner from the environment; return a setup secret if there is still none."""
    username, password = settings.SUPERUSER_USERNAME, settings.SUPERUSER_PASSWORD
    if username and password:
        try:
            ensure_owner(username, password, settings.SUPERUSER_EMAIL)
        except ValidationError as error:
            raise CommandError(_one_line(error)) from None
    return None if owner_exists() else SetupLink.issue()


def _one_line(error: ValidationError) -> str:
    """Name each variable with the rules that its value breaks."""
    rules = error.message_dict.items()
    return "; ".join(f"DJANGO_SUPERUSER_{name.upper()}: {' '.join(texts)}" for name, texts in rules)
