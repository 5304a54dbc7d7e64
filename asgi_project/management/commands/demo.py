"""Serve a household that never stops shopping, on a database of its own."""

from __future__ import annotations

import os
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

PEOPLE = ("Ana", "Ben", "Cleo")
LISTS = ("Groceries", "Party on Saturday", "Hardware store")
PATIENCE = 30.0  # s until the server must answer


class Command(BaseCommand):
    """`./run demo` calls it with TROLLEY_DATA on a temporary directory."""

    help = "Serve demo lists that three scripted people keep editing. Wants an empty database."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--host", default=os.environ.get("TROLLEY_HOST", "127.0.0.1"))
        parser.add_argument("--port", type=int, default=os.environ.get("TROLLEY_PORT", "8000"))

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        """Fill the database, start the server, and shop until interrupted."""
        call_command("migrate", verbosity=0)
        if User.objects.exists():
            raise CommandError("the demo wants an empty database: start it with ./run demo")
        password = secrets.token_urlsafe(9)
        people = [self._person(name, password) for name in PEOPLE]
        lists = self._lists(people)
        tokens = [ApiToken.objects.create(user=user, name="demo")[1] for user in people]
        connections.close_all()
        server = self._serve(host, port)
        try:
            self._wait(server, host, port)
            self._greet(host, port, password)
            for token in tokens:
                Shopper(token, host, port, lists).start()
            server.wait()
        finally:
            server.terminate()
            server.wait(timeout=15)

    def _person(self, name: str, password: str) -> User:
        first = name == PEOPLE[0]
        return User.objects.create_user(
            name.lower(), password=password, name=name, is_staff=first, is_superuser=first
        )

    def _lists(self, people: list[User]) -> list[str]:
        return [str(self._list(name, people).pk) for name in LISTS]

    def _list(self, name: str, people: list[User]) -> ShoppingList:
        owner = people[0]
        with acting_as(owner), recording():
            one = ShoppingList(name=name, created_by=owner)
            one.save()
            for user in people:
                role = Membership.Role.OWNER if user == owner else Membership.Role.EDITOR
                Membership(shopping_list=one, user=user, role=role).save()
        with acting_as(owner):
            ShoppingItem.objects.bulk_create(
                ShoppingItem(shopping_list=one, name=n, quantity=q, category=c, created_by=owner)
                for n, q, c in secrets.SystemRandom().sample(GROCERIES, 8)
            )
        return one

    def _serve(self, host: str, port: int) -> subprocess.Popen[bytes]:
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "serve"]
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        return subprocess.Popen(  # noqa: S603  (our own server)
            [*command, "--host", host, "--port", str(port)], stdout=subprocess.DEVNULL
        )

    def _wait(self, server: subprocess.Popen[bytes], host: str, port: int) -> None:
        deadline = time.monotonic() + PATIENCE
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

    def _greet(self, host: str, port: int, password: str) -> None:
        self.stdout.write(
            f"\n  Trolley demo   http://{host}:{port}/   (dashboard: /dashboard/)\n"
            f"  Sign in as ana, ben or cleo with the password {password}\n"
            "  Nothing is kept. Ctrl+C ends it.\n"
        )
        self.stdout.flush()
