"""The servers that are compared: how to seed, start and connect to each of them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.event import SeedSize, frame_template, list_id
from bench.history import History
from bench.processes import ROOT, run_command

MAX_CONNECTIONS_PER_USER = 20


@dataclass(frozen=True)
class Stack:
    """The server, channel layer and database; the same for both sides of a comparison."""

    server: str
    layer: str
    database: str

    def __str__(self) -> str:
        return " ".join(part for part in (self.server, self.layer, self.database) if part)


@dataclass
class RunContext:
    """The folder of one run and the URLs of its services."""

    folder: Path
    database_url: str = ""
    redis_url: str = ""


class Target:
    """A server that can publish events. It does not know what is measured."""

    name = ""
    event_prefix = b'{"type":"change"'
    """The first bytes of each event."""
    ready_marker = b""
    """Part of the message after which a socket has its first state; empty: the handshake."""
    has_database = False

    def is_available(self) -> bool:
        return True

    def seed(self, context: RunContext, stack: Stack, size: SeedSize) -> list[str]:
        return []

    def command(self, stack: Stack, port: int) -> list[str]:
        raise NotImplementedError

    def env(self, context: RunContext, stack: Stack) -> dict[str, str]:
        return {}

    def path(self, index: int) -> str:
        return f"/ws/lists/{list_id(index)}/"

    def headers(self, token: str) -> dict[str, str]:
        return {}

    def history(self, context: RunContext, size: SeedSize) -> History | None:
        return None


class Django(Target):
    """A Django project, served by uvicorn or daphne."""

    has_database = True
    application = ""
    seed_module = ""

    def seed(self, context: RunContext, stack: Stack, size: SeedSize) -> list[str]:
        command = [sys.executable, "-m", self.seed_module, str(size)]
        output = run_command(command, self.env(context, stack))
        return json.loads(output.splitlines()[-1])

    def command(self, stack: Stack, port: int) -> list[str]:
        if stack.server == "daphne":
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
    """The baseline in bench/vanilla."""

    name = "plain"
    event_prefix = b'{"type": "change"'
    application = "bench.vanilla.emit:application"
    seed_module = "bench.vanilla.seed"

    def env(self, context: RunContext, stack: Stack) -> dict[str, str]:
        return {
            "DJANGO_SETTINGS_MODULE": "bench.vanilla.settings",
            "DATABASE_URL": context.database_url,
            "REDIS_URL": context.redis_url,
            "LAYER": stack.layer,
        }

    def headers(self, token: str) -> dict[str, str]:
        return {"Authorization": f"Token {token}"}


class Trolley(Django):
    """The product, with the control socket in front of it."""

    name = "trolley"
    ready_marker = b'"type":"snapshot"'
    seed_module = "bench.trolley_seed"

    def env(self, context: RunContext, stack: Stack) -> dict[str, str]:
        return {
            "DJANGO_SETTINGS_MODULE": "asgi_project.settings",
            "TROLLEY_DATA": str(context.folder),
            "TROLLEY_LOG_LEVEL": "WARNING",
            # The rate is still counted, but the eight editors send more than users may.
            "TROLLEY_WRITES_PER_SECOND": "1000000",
            "DATABASE_URL": context.database_url,
            "REDIS_URL": context.redis_url,
            "TROLLEY_LAYER": stack.layer,
        }

    def command(self, stack: Stack, port: int) -> list[str]:
        return [sys.executable, "-m", "bench.trolley_serve", stack.server, str(port)]

    def headers(self, token: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {token}"}

    def history(self, context: RunContext, size: SeedSize) -> History | None:
        return History(context.database_url, changes=size.changes)


class Websockets(Target):
    """`websockets.broadcast`, without anything else."""

    name = "websockets"

    def command(self, stack: Stack, port: int) -> list[str]:
        return [sys.executable, "-m", "bench.reference_websockets", str(port)]


class Null(Target):
    """One system call for each delivery, without anything else."""

    name = "null"

    def command(self, stack: Stack, port: int) -> list[str]:
        return [sys.executable, "-m", "bench.reference_null", str(port)]


def node_path() -> str:
    """Return where node looks for packages: NODE_PATH, then those of the frontend's tests."""
    folders = [os.environ.get("NODE_PATH", ""), str(ROOT / "frontend" / "node_modules")]
    return os.pathsep.join(filter(None, folders))


class NodeWs(Target):
    """`ws` of node, without anything else, if NODE_PATH or the frontend's packages contain it."""

    name = "node ws"

    def is_available(self) -> bool:
        if shutil.which("node") is None:
            return False
        probe = ["node", "-e", "require('ws')"]
        env = {**os.environ, "NODE_PATH": node_path()}
        completed = subprocess.run(probe, cwd=ROOT, env=env, capture_output=True, check=False)
        return completed.returncode == 0

    def env(self, context: RunContext, stack: Stack) -> dict[str, str]:
        return {"NODE_PATH": node_path()}

    def command(self, stack: Stack, port: int) -> list[str]:
        return ["node", "bench/reference_ws.cjs", str(port), frame_template(0)]


REFERENCES = (Null(), Websockets(), NodeWs())
COMPARED = (Plain(), Trolley())
TARGETS = {target.name: target for target in (*REFERENCES, *COMPARED)}
