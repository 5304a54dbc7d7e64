"""The tables of a backup, as they are in the database, whatever the code has by now.

The models come from the migrations and not from the apps. So a backup is also made before a
migration, and an older backup is restored by newer code.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.apps.registry import Apps
from django.db import connection, models
from django.db.migrations.loader import MigrationLoader

LEFT_OUT = frozenset(
    {
        "accounts.attemptcount",
        "accounts.resetlink",
        "accounts.session",
        "accounts.setuplink",
        "axes.accessattempt",
        "axes.accessattemptexpiration",
        "axes.accessfailurelog",
        "axes.accesslog",
    }
)
"""Sessions, links that sign in, and failed sign-ins: a backup opens nothing by itself."""

Migrations = Iterable[tuple[str, str]]


def applied_migrations() -> frozenset[tuple[str, str]]:
    """Return the migrations of this database, of the installed apps only."""
    loader = MigrationLoader(connection)
    return frozenset(loader.applied_migrations) & frozenset(loader.disk_migrations)


def newest_of_each_app(migrations: Migrations) -> list[tuple[str, str]]:
    """Return those to which none of the others of the same app is a successor."""
    loader = MigrationLoader(None)
    chosen = frozenset(migrations)
    parents = {
        parent
        for key in chosen
        for parent in loader.disk_migrations[key].dependencies
        if parent[0] == key[0]
    }
    return sorted(chosen - parents)


def models_at(migrations: Migrations) -> list[type[models.Model]]:
    """Return the models of a database with these migrations, but without those left out."""
    nodes = newest_of_each_app(migrations)
    state = MigrationLoader(None).project_state(nodes)
    return sorted(_kept(state.apps), key=label_of)


def label_of(model: type[models.Model]) -> str:
    """Return the name of a model in a backup."""
    return model._meta.label_lower


def fields_of(model: type[models.Model]) -> list[models.Field]:  # type: ignore[type-arg]
    """Return the fields that are columns."""
    return list(model._meta.local_concrete_fields)


def _kept(apps: Apps) -> list[type[models.Model]]:
    every = apps.get_models(include_auto_created=True)
    return [
        model
        for model in every
        if model._meta.managed and not model._meta.proxy and label_of(model) not in LEFT_OUT
    ]
