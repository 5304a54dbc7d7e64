"""The servers that are compared: how each is seeded, started, addressed and read."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.event import Size, list_id, template
from bench.history import History
from bench.processes import ROOT, run_once

CONNECTIONS_PER_USER = 20


@dataclass(frozen=True)
class Cell:
    """The ground that a comparison stands on: the same for both sides."""

    server: str
    layer: str
    database: str

    def __str__(self) -> str:
        return " ".join(part for part in (self.server, self.layer, self.database) if part)


@dataclass
class Ground:
    """Where one run happens: its folder and the addresses of its services."""

    folder: Path
    database_url: str = ""
    redis_url: str = ""


class Target:
    """A server that can be asked for events. It does not know what is measured."""

    name = ""
    mark = b'{"type":"change"'
    """The bytes that begin each event."""
    ready = b""
    """Bytes of the message that ends a socket's first state; empty: the handshake ends it."""
    has_database = False

    def available(self) -> bool:
        return True

    def seed(self, ground: Ground, cell: Cell, size: Size) -> list[str]:
        return []

    def command(self, cell: Cell, port: int) -> list[str]:
        raise NotImplementedError

    def env(self, ground: Ground, cell: Cell) -> dict[str, str]:
        return {}

    def path(self, index: int) -> str:
        return f"/ws/lists/{list_id(index)}/"

    def headers(self, token: str) -> dict[str, str]:
        return {}

    def history(self, ground: Ground, size: Size) -> History | None:
        return None


class Django(Target):
    """A Django project behind uvicorn or daphne."""

    has_database = True
    application = ""
    seeder = ""

    def seed(self, ground: Ground, cell: Cell, size: Size) -> list[str]:
        command = [sys.executable, "-m", self.seeder, str(size)]
        output = run_once(command, self.env(ground, cell))
        return json.loads(output.splitlines()[-1])

    def command(self, cell: Cell, port: int) -> list[str]:
        if cell.server == "daphne":
            return [
                *[sys.executable, "-m", "daphne", "-v", "0", "-b", "127.0.0.1", "-p", str(port)],
                self.application,
            ]
        return [
            *[sys.executable, "-m", "uvicorn", self.application],
            *["--host", "127.0.0.1", "--port", str(port), "--backlog", "2048"],
            *["--loop", "uvloop", "--http", "httptools", "--ws", "websockets-sansio"],
            *["--ws-per-message-deflate", "false", "--ws-max-size", "65536"],
            *["--no-access-log", "--log-level", "warning"],
        ]


class Plain(Django):
    """The plain recipe of bench/vanilla."""

    name = "plain"
    mark = b'{"type": "change"'
    application = "bench.vanilla.emit:application"
    seeder = "bench.vanilla.seed"

    def env(self, ground: Ground, cell: Cell) -> dict[str, str]:
        return {
            "DJANGO_SETTINGS_MODULE": "bench.vanilla.settings",
            "DATABASE_URL": ground.database_url,
            "REDIS_URL": ground.redis_url,
            "LAYER": cell.layer,
        }

    def headers(self, token: str) -> dict[str, str]:
        return {"Authorization": f"Token {token}"}


class Trolley(Django):
    """The product, with the control socket in front of it."""

    name = "trolley"
    ready = b'"type":"snapshot"'
    seeder = "bench.trolley_seed"

    def env(self, ground: Ground, cell: Cell) -> dict[str, str]:
        return {
            "DJANGO_SETTINGS_MODULE": "asgi_project.settings",
            "TROLLEY_DATA": str(ground.folder),
            "TROLLEY_LOG_LEVEL": "WARNING",
            # Counted as always, but eight people here edit like hundreds.
            "TROLLEY_WRITES_PER_SECOND": "1000000",
            "DATABASE_URL": ground.database_url,
            "REDIS_URL": ground.redis_url,
            "TROLLEY_LAYER": cell.layer,
        }

    def command(self, cell: Cell, port: int) -> list[str]:
        return [sys.executable, "-m", "bench.trolley_serve", cell.server, str(port)]

    def headers(self, token: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {token}"}

    def history(self, ground: Ground, size: Size) -> History | None:
        return History(ground.database_url, log=size.log)


class Websockets(Target):
    """`websockets.broadcast`, bare."""

    name = "websockets"

    def command(self, cell: Cell, port: int) -> list[str]:
        return [sys.executable, "-m", "bench.reference_websockets", str(port)]


class Null(Target):
    """One system call for each delivery, and nothing else."""

    name = "null"

    def command(self, cell: Cell, port: int) -> list[str]:
        return [sys.executable, "-m", "bench.reference_null", str(port)]


class NodeWs(Target):
    """node's `ws`, bare, where NODE_PATH or node_modules has it."""

    name = "node ws"

    def available(self) -> bool:
        if shutil.which("node") is None:
            return False
        probe = ["node", "-e", "require('ws')"]
        return subprocess.run(probe, cwd=ROOT, capture_output=True, check=False).returncode == 0

    def command(self, cell: Cell, port: int) -> list[str]:
        return ["node", "bench/reference_ws.cjs", str(port), template(0)]


REFERENCES = (Null(), Websockets(), NodeWs())
COMPARED = (Plain(), Trolley())
TARGETS = {target.name: target for target in (*REFERENCES, *COMPARED)}
