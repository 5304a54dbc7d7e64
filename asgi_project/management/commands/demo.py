"""Serve demo lists that simulated users edit all the time, on a separate database."""

from __future__ import annotations

import secrets
import signal
import sys
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from accounts.models import ApiToken, User
from asgi_project.demo.control import ControlServer
from asgi_project.demo.drill import Drill, OlderCopy, faults_of
from asgi_project.demo.server import DemoServer, StartupError
from asgi_project.demo.shoppers import GROCERIES, Shopper
from asgi_project.demo.stalled_reader import StalledReader
from asgi_project.serving.time_scale import scaled
from shopping_list.models import Membership, ShoppingItem, ShoppingList
from shopping_list.recording.actor import acting_as
from shopping_list.recording.context import recording

USER_NAMES = ("Ana", "Ben", "Cleo")
LIST_NAMES = ("Groceries", "Party on Saturday", "Hardware store")
LONG_LIST_NAME, LONG_LIST_LENGTH = "Cellar", 2_000


class Command(BaseCommand):
    """`./run demo` calls it with a temporary directory as TROLLEY_DATA."""

    help = "Serve demo lists that three simulated users keep editing. Needs an empty database."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--host", default=settings.LISTEN_HOST or "127.0.0.1")
        parser.add_argument("--port", type=int, default=settings.LISTEN_PORT)

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        """Fill the database, start the server, and edit lists until interrupted."""
        call_command("migrate", verbosity=0)
        if User.objects.exists():
            raise CommandError("the demo needs an empty database: start it with ./run demo")
        password = secrets.token_urlsafe(9)
        users = [self._create_user(name, password) for name in USER_NAMES]
        list_ids = [str(self._create_list(name, users, GROCERIES).pk) for name in LIST_NAMES]
        long_list = self._create_list(LONG_LIST_NAME, users, _jars())
        tokens = [ApiToken.objects.create(user=user, name="demo")[1] for user in users]
        connections.close_all()
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        control_path = Path(settings.DATA_DIR, "demo.socket")
        server = DemoServer(host, port, control_path)
        reader = StalledReader(host, port, tokens[-1], str(long_list.pk))
        copy = OlderCopy(Path(settings.DATABASES["default"]["NAME"]))
        drill = Drill(
            faults_of(server, copy, reader, lambda seconds: time.sleep(scaled(seconds))),
            prepare=copy.take,
        )
        try:
            server.start()
            ControlServer(control_path, drill).start()
            self._print_instructions(host, port, password)
            for token in tokens:
                Shopper(token, host, port, list_ids).start()
            server.run()
        except StartupError as error:
            raise CommandError(str(error)) from None
        finally:
            server.stop()

    def _create_user(self, name: str, password: str) -> User:
        is_owner = name == USER_NAMES[0]
        return User.objects.create_user(
            name.lower(), password=password, name=name, is_staff=is_owner, is_superuser=is_owner
        )

    def _create_list(
        self, name: str, users: list[User], items: tuple[tuple[str, str, str], ...]
    ) -> ShoppingList:
        owner = users[0]
        with acting_as(owner), recording():
            shopping_list = ShoppingList(name=name, created_by=owner)
            shopping_list.save()
            for user in users:
                role = Membership.Role.OWNER if user == owner else Membership.Role.EDITOR
                Membership(shopping_list=shopping_list, user=user, role=role).save()
        chosen = secrets.SystemRandom().sample(GROCERIES, 8) if items is GROCERIES else items
        with acting_as(owner):
            ShoppingItem.objects.bulk_create(
                ShoppingItem(
                    shopping_list=shopping_list,
                    name=name,
                    quantity=quantity,
                    category=category,
                    created_by=owner,
                )
                for name, quantity, category in chosen
            )
        return shopping_list

    def _print_instructions(self, host: str, port: int, password: str) -> None:
        self.stdout.write(
            f"\n  Trolley demo: http://{host}:{port}/   dashboard: http://{host}:{port}/dashboard/\n"
            f"  Sign in as ana (owner), ben or cleo, with the password {password}\n"
            "  Press Ctrl+C to stop. ./run demo then deletes all data.\n"
        )
        self.stdout.flush()


def _jars() -> tuple[tuple[str, str, str], ...]:
    """Return the items of the long list."""
    return tuple((f"Jar {number}", "1", "Cellar") for number in range(1, LONG_LIST_LENGTH + 1))


def _wait(seconds: float) -> None:
    time.sleep(scaled(seconds))
