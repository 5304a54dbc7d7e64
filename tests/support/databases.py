"""Databases for processes of tests: a copied SQLite file, or a new PostgreSQL database."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

from tests.support.processes import process_environment, run_shell

SQLITE_FILE = "trolley.sqlite3"
MIGRATE = """
from django.core.management import call_command
call_command("migrate", verbosity=0)
"""
SETUP = """
import json
from accounts.models import ApiToken, User
from shopping_list.models import Membership, ShoppingList
fixtures = {}
users = {}
for name in ("ana", "bob"):
    users[name] = User.objects.create_user(name, password="correct horse battery", name=name)
    fixtures[name] = ApiToken.objects.create(user=users[name], name="test")[1]
    fixtures[name + "_id"] = users[name].pk
groceries = ShoppingList.objects.create(name="Groceries", created_by=users["ana"])
Membership.objects.create(shopping_list=groceries, user=users["ana"], role="owner")
Membership.objects.create(shopping_list=groceries, user=users["bob"], role="editor")
fixtures["list"] = str(groceries.pk)
fixtures["item"] = str(groceries.items.create(name="Milk").pk)
print("FIXTURES " + json.dumps(fixtures))
"""


def parse_fixtures(output: str) -> dict[str, Any]:
    """Return the tokens and ids that SETUP printed."""
    lines = output.splitlines()
    line = next(line for line in lines if line.startswith("FIXTURES "))
    fixtures: dict[str, Any] = json.loads(line.removeprefix("FIXTURES "))
    return fixtures


@cache
def _template_database() -> tuple[bytes, dict[str, Any]]:
    """Return a migrated SQLite database with the fixtures: a copy is quicker than migrating."""
    with TemporaryDirectory(prefix="trolley-template-") as folder:
        data = Path(folder) / "data"
        output = run_shell(MIGRATE + SETUP, process_environment(data))
        return (data / SQLITE_FILE).read_bytes(), parse_fixtures(output)


def copy_template(data: Path) -> dict[str, Any]:
    """Put a database with ana, bob and their list into `data`, and return its fixtures."""
    database, fixtures = _template_database()
    data.mkdir(mode=0o700)
    (data / SQLITE_FILE).write_bytes(database)
    return dict(fixtures)


@contextmanager
def fresh_database(server: str) -> Iterator[str]:
    """Create a database on this PostgreSQL server, yield its URL, and drop it afterwards."""
    name = f"trolley_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    try:
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
