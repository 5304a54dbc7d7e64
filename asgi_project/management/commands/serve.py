"""Serve Trolley: the command that runs an installation."""

from __future__ import annotations

import fcntl
import logging
import socket
from argparse import SUPPRESS
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import get_resolver

from asgi_project.data_directory import make_private
from asgi_project.environment import variables
from asgi_project.environment.arguments import argument
from asgi_project.serving.listener import AddressError, from_fd, open_listener
from asgi_project.serving.locks import LockHeldError, file_lock
from asgi_project.serving.preparation import (
    check_prepared,
    check_shared_key,
    errors_in_one_line,
    prepare,
)
from asgi_project.serving.servers import SERVERS
from asgi_project.serving.startup_message import base_url, startup_message
from asgi_project.serving.supervisor import Supervisor, stop_with_parent

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    """Checks the settings, migrates, prints the URL and serves. Every error is one line."""

    help = "Migrate the database, then serve HTTP and WebSockets."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments. Their defaults come from the environment."""
        parser.add_argument(
            "--host",
            default=settings.LISTEN_HOST or "0.0.0.0",  # noqa: S104
            help="address to listen on (default: TROLLEY_HOST, or every address)",
        )
        parser.add_argument(
            "--port",
            type=int,
            default=settings.LISTEN_PORT,
            help="port to listen on (default: TROLLEY_PORT, or 8000)",
        )
        parser.add_argument(
            "--server",
            choices=sorted(SERVERS),
            default="uvicorn",
            help="ASGI server (default: uvicorn)",
        )
        parser.add_argument(
            "--workers",
            type=argument(variables.WORKERS),
            default=settings.WORKERS,
            help="number of processes; more than one needs Redis (default: TROLLEY_WORKERS, or 1)",
        )
        parser.add_argument(
            "--prepared",
            action="store_true",
            help="do not migrate: refuse to start unless `prepare_database` did it",
        )
        parser.add_argument("--fd", type=int, help=SUPPRESS)  # the supervisor passes its socket

    def handle(self, *args: Any, **options: Any) -> None:
        """Run as a worker of a supervisor, or as the process that the operator started."""
        if options["fd"] is not None:
            stop_with_parent()
            self._load_server(options["server"], from_fd(options["fd"]))()
            return
        try:
            with errors_in_one_line():
                self._start(**options)
        except AddressError as error:
            raise CommandError(str(error)) from None
        except LockHeldError:
            raise CommandError(
                f"another Trolley is serving from {settings.DATA_DIR}: "
                "several processes need REDIS_URL and --workers"
            ) from None

    def _start(
        self, *, host: str, port: int, server: str, workers: int, prepared: bool, **_: Any
    ) -> None:
        """Start serving.

        1. Reject settings that cannot work, before anything is changed.
        2. Open the port, so that the printed URL is right.
        3. Lock the data directory; with Redis several processes may share it.
        4. Take the rights of other users from the data directory.
        5. Migrate, and create the owner or the setup link; or check that it is done.
        6. Print the URL and serve.
        """
        for line in (*settings.ENVIRONMENT_WARNINGS, *settings.ENVIRONMENT_NOTES):
            logger.warning("%s", line)
        if workers > 1 and settings.LAYER == "memory":
            raise CommandError("more than one worker needs Redis: set REDIS_URL")
        if prepared:
            check_shared_key()
        listener = open_listener(host, port)
        with self._data_directory_lock():
            self._make_data_private()
            setup_secret = self._prepare(is_done=prepared)
            run = self._load_server(server, listener)
            if workers > 1:
                run = Supervisor(workers, server, listener).run
            url = base_url(host, listener.getsockname()[1])
            self.stdout.write(startup_message(url, setup_secret))
            self.stdout.flush()
            run()

    def _data_directory_lock(self) -> AbstractContextManager[None]:
        mode = fcntl.LOCK_EX if settings.LAYER == "memory" else fcntl.LOCK_SH
        return file_lock(settings.DATA_DIR / "serve.lock", mode=mode | fcntl.LOCK_NB)

    def _make_data_private(self) -> None:
        for path in make_private(settings.DATA_DIR):
            logger.warning("other users of this machine could read %s: corrected", path)

    def _prepare(self, *, is_done: bool) -> str | None:
        """Prepare the database; return a setup secret if there is no owner."""
        if not is_done:
            return prepare()
        check_prepared()
        return None

    def _load_server(self, name: str, listener: socket.socket) -> Callable[[], None]:
        """Return the function that serves, after importing all that could fail to import."""
        from asgi_project.asgi import application  # noqa: PLC0415  (it composes every app)

        _ = get_resolver().url_patterns
        return partial(SERVERS[name], application, listener)
