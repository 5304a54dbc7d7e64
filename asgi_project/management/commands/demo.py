"""Serve demo lists that simulated users edit all the time, on a separate database."""

from __future__ import annotations

import secrets
import signal
import subprocess
import sys
import time
from http.client import HTTPConnection
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from accounts.models import ApiToken, User
from asgi_project.demo.shoppers import GROCERIES, Shopper
from shopping_list.models import Membership, ShoppingItem, ShoppingList
from shopping_list.recording.actor import acting_as
from shopping_list.recording.context import recording

USER_NAMES = ("Ana", "Ben", "Cleo")
LIST_NAMES = ("Groceries", "Party on Saturday", "Hardware store")
STARTUP_TIMEOUT = 30.0  # s


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
        list_ids = [str(self._create_list(name, users).pk) for name in LIST_NAMES]
        tokens = [ApiToken.objects.create(user=user, name="demo")[1] for user in users]
        connections.close_all()
        server = self._start_server(host, port)
        try:
            self._wait_until_serving(server, host, port)
            self._print_instructions(host, port, password)
            for token in tokens:
                Shopper(token, host, port, list_ids).start()
            server.wait()
        finally:
            server.terminate()
            server.wait(timeout=15)

    def _create_user(self, name: str, password: str) -> User:
        is_owner = name == USER_NAMES[0]
        return User.objects.create_user(
            name.lower(), password=password, name=name, is_staff=is_owner, is_superuser=is_owner
        )

    def _create_list(self, name: str, users: list[User]) -> ShoppingList:
        owner = users[0]
        with acting_as(owner), recording():
            shopping_list = ShoppingList(name=name, created_by=owner)
            shopping_list.save()
            for user in users:
                role = Membership.Role.OWNER if user == owner else Membership.Role.EDITOR
                Membership(shopping_list=shopping_list, user=user, role=role).save()
        with acting_as(owner):
            ShoppingItem.objects.bulk_create(
                ShoppingItem(
                    shopping_list=shopping_list,
                    name=name,
                    quantity=quantity,
                    category=category,
                    created_by=owner,
                )
                for name, quantity, category in secrets.SystemRandom().sample(GROCERIES, 8)
            )
        return shopping_list

    def _start_server(self, host: str, port: int) -> subprocess.Popen[bytes]:
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "serve"]
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        return subprocess.Popen(  # noqa: S603  (our own server)
            [*command, "--host", host, "--port", str(port)], stdout=subprocess.DEVNULL
        )

    def _wait_until_serving(self, server: subprocess.Popen[bytes], host: str, port: int) -> None:
        deadline = time.monotonic() + STARTUP_TIMEOUT
        while time.monotonic() < deadline and server.poll() is None:
            try:
                connection = HTTPConnection(host, port, timeout=2)
                connection.request("GET", "/healthz")
                connection.getresponse().read()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise CommandError("the server did not start")

    def _print_instructions(self, host: str, port: int, password: str) -> None:
        self.stdout.write(
            f"\n  Trolley demo: http://{host}:{port}/   dashboard: http://{host}:{port}/dashboard/\n"
            f"  Sign in as ana (owner), ben or cleo, with the password {password}\n"
            "  Press Ctrl+C to stop. ./run demo then deletes all data.\n"
        )
        self.stdout.flush()
