"""Serve Trolley: the one command of a running installation."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import environ
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, connections
from django.urls import get_resolver

from accounts.models import SetupLink, owner_exists
from accounts.registration import create_owner
from asgi_project.serving.listener import AddressError, from_fd, open_listener
from asgi_project.serving.locks import LockHeldError, UnwritableError, file_lock
from asgi_project.serving.migrations import NewerDatabaseError, check_connection, migrate_locked
from asgi_project.serving.servers import SERVERS
from asgi_project.serving.startup_message import base_url, startup_message
from asgi_project.serving.supervisor import Supervisor, stop_with_parent

env = environ.FileAwareEnv()


class Command(BaseCommand):
    """Checks, migrates, greets, serves. Every refusal is one line."""

    help = "Serve Trolley: migrate the database, then answer HTTP and WebSockets."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments; the environment gives the defaults."""
        parser.add_argument("--host", default=os.environ.get("TROLLEY_HOST", "0.0.0.0"))  # noqa: S104
        parser.add_argument("--port", type=int, default=os.environ.get("TROLLEY_PORT", "8000"))
        parser.add_argument("--server", choices=sorted(SERVERS), default="uvicorn")
        parser.add_argument(
            "--workers",
            type=int,
            default=os.environ.get("TROLLEY_WORKERS", "1"),
            help="processes; more than one needs Redis",
        )
        parser.add_argument("--fd", type=int, help="serve on this socket; used between processes")

    def handle(self, *args: Any, **options: Any) -> None:
        """Become a worker, or the process that a person started."""
        if options["fd"] is not None:
            stop_with_parent()
            self._server(options["server"], from_fd(options["fd"]))()
            return
        try:
            self._start(**options)
        except (AddressError, UnwritableError) as refused:
            raise CommandError(str(refused)) from None
        except NewerDatabaseError as unknown:
            raise CommandError(
                f"the database is newer than this code, which does not know {unknown}: "
                "update Trolley, or restore an older backup"
            ) from None
        except LockHeldError:
            raise CommandError(
                f"another Trolley is serving from {settings.DATA_DIR}: "
                "several processes need REDIS_URL and --workers"
            ) from None
        except OperationalError as error:
            said = " ".join(str(error).split())
            raise CommandError(f"cannot use the database: {said}") from None

    def _start(self, *, host: str, port: int, server: str, workers: int, **_: Any) -> None:
        """Start serving.

        1. Refuse what cannot work, before anything is changed.
        2. Take the address, so that nothing is printed in vain.
        3. Take the data directory; with Redis it may be shared.
        4. Migrate, create the owner or the link to become it.
        5. Greet and serve.
        """
        if workers > 1 and settings.LAYER == "memory":
            raise CommandError("more than one worker needs Redis: set REDIS_URL")
        listener = open_listener(host, port)
        with self._data_directory():
            check_connection()
            migrate_locked()
            secret = self._settle_owner()
            connections.close_all()
            run = self._server(server, listener)
            if workers > 1:
                run = Supervisor(workers, server, listener).run
            self.stdout.write(startup_message(base_url(host, listener.getsockname()[1]), secret))
            self.stdout.flush()
            run()

    def _data_directory(self) -> AbstractContextManager[None]:
        alone = fcntl.LOCK_EX if settings.LAYER == "memory" else fcntl.LOCK_SH
        return file_lock(settings.DATA_DIR / "serve.lock", mode=alone | fcntl.LOCK_NB)

    def _settle_owner(self) -> str | None:
        """Return the secret of a new setup link if nobody owns the installation."""
        username = env.str("DJANGO_SUPERUSER_USERNAME", default="")
        password = env.str("DJANGO_SUPERUSER_PASSWORD", default="")
        if username and password:
            create_owner(username, password, env.str("DJANGO_SUPERUSER_EMAIL", default=""))
        return None if owner_exists() else SetupLink.issue()

    def _server(self, name: str, listener: socket.socket) -> Callable[[], None]:
        """Return what serves, with everything loaded that could fail to load."""
        from asgi_project.asgi import application  # noqa: PLC0415  (it sets up everything)

        _ = get_resolver().url_patterns
        return partial(SERVERS[name], application, listener)
