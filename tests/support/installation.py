"""An installation with known users and one list, served by real processes."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import httpx

from tests.support.databases import copy_template
from tests.support.processes import (
    SSL_CONTEXT,
    RedisServer,
    ServerProcess,
    run_shell,
    shell_command,
)
from tests.support.websocket_client import WebSocketClient

PASSWORD = "correct horse battery"


class Installation:
    """An installation with ana (owner), bob (editor) and one list, on one server and layer."""

    preloaded = True
    """Whether servers are forked with modules imported, so without a library of LD_PRELOAD."""

    def __init__(self, data: Path, *, server: str, layer: str, redis: RedisServer | None) -> None:
        self.data, self.server, self.layer, self.redis = data, server, layer, redis
        self.environment = {"TROLLEY_LAYER": layer}
        if redis is not None:
            self.environment["REDIS_URL"] = redis.url
        self.servers: list[ServerProcess] = []
        self.fixtures = self._start()
        self.list_id = self.fixtures["list"]

    def _start(self) -> dict[str, Any]:
        """Start the first server process, and return the tokens and ids of the database."""
        fixtures = copy_template(self.data)
        self.first_server = self.start_server("first")
        return fixtures

    def start_server(self, name: str, *, before: str = "", **environment: str) -> ServerProcess:
        """Start one more server process on the same data; it runs the code `before` first."""
        server = ServerProcess(
            self.data,
            "--server",
            self.server,
            name=name,
            before=before,
            preloaded=self.preloaded,
            **{**self.environment, **environment},
        )
        server.__enter__()
        self.servers.append(server)
        return server

    def close(self) -> None:
        """Stop every server process."""
        for server in self.servers:
            server.__exit__()

    def shell(self, code: str) -> str:
        """Run code in a process without an event loop, and return what it prints."""
        return run_shell(code, self._shell_environment)

    @contextmanager
    def shell_with_input(self, code: str) -> Iterator[IO[str]]:
        """Run code like `shell`, in the background; it ends with its input."""
        process = subprocess.Popen(
            shell_command(code), env=self._shell_environment, stdin=subprocess.PIPE, text=True
        )
        assert process.stdin is not None
        with process, process.stdin as stdin:
            yield stdin
        assert process.returncode == 0

    @property
    def _shell_environment(self) -> dict[str, str]:
        return {**self.first_server.environment, **self.environment}

    def api(self, who: str = "ana", server: ServerProcess | None = None) -> httpx.Client:
        """Return a REST client with the token of a user."""
        headers = {"Authorization": f"Bearer {self.fixtures[who]}"}
        url = (server or self.first_server).url
        return httpx.Client(base_url=f"{url}/api/", headers=headers, timeout=30, verify=SSL_CONTEXT)

    def edit(self, note: str, *, server: ServerProcess | None = None) -> None:
        """Change the note of the item over REST."""
        with self.api(server=server) as api:
            path = f"shopping-lists/{self.list_id}/shopping-items/{self.fixtures['item']}/"
            response = api.patch(path, json={"note": note})
            assert response.status_code == 200, response.text

    def code_to_add_item(self, name: str) -> str:
        """Return code for `shell` that adds an item."""
        return (
            "from shopping_list.models import ShoppingList;"
            f"ShoppingList.objects.get(pk='{self.list_id}').items.create(name={name!r})"
        )

    def subscribe(self, who: str = "ana", server: ServerProcess | None = None) -> WebSocketClient:
        """Open a socket, subscribe to the list, and read past its snapshot."""
        client = WebSocketClient((server or self.first_server).url, self.fixtures[who])
        client.until("welcome")
        client.send(type="subscribe", topic=f"list:{self.list_id}")
        client.until("snapshot")
        return client
