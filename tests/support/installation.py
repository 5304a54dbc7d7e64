"""Real processes for the contract suite: servers, a Redis of its own, clients."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, Self

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.support.frame_schema import said, told
from tests.support.server_process import CERTIFICATES, ROOT, Serving

Frame = dict[str, Any]
PASSWORD = "correct horse battery"
PATIENCE = 30.0
DATABASE = "trolley.sqlite3"

MIGRATE = """
from django.core.management import call_command
call_command("migrate", verbosity=0)
"""
SETUP = """
import json
from accounts.models import ApiToken, User
from shopping_list.models import Membership, ShoppingList
made = {}
people = {}
for name in ("ana", "bob"):
    people[name] = User.objects.create_user(name, password="correct horse battery", name=name)
    made[name] = ApiToken.objects.create(user=people[name], name="test")[1]
    made[name + "_id"] = people[name].pk
groceries = ShoppingList.objects.create(name="Groceries", created_by=people["ana"])
Membership.objects.create(shopping_list=groceries, user=people["ana"], role="owner")
Membership.objects.create(shopping_list=groceries, user=people["bob"], role="editor")
made["list"] = str(groceries.pk)
made["item"] = str(groceries.items.create(name="Milk").pk)
print("MADE " + json.dumps(made))
"""
LAUNCH = """
import os, sys
sys.path.insert(0, {root!r})
os.environ["DJANGO_SETTINGS_MODULE"] = "asgi_project.settings"
import manage
{before}
manage.main()
"""


@cache
def _furnished() -> tuple[bytes, dict[str, Any]]:
    """Return a database that is migrated and set up: to copy is quicker than to make."""
    with TemporaryDirectory(prefix="trolley-furnished-") as made:
        data = Path(made) / "data"
        code = (
            "from django.core.management import call_command\ncall_command('migrate', verbosity=0)"
        )
        given = Serving(data).environment
        said = subprocess.run(
            shell_command(code + SETUP), env=given, capture_output=True, text=True, check=False
        )
        assert said.returncode == 0, said.stderr
        return (data / DATABASE).read_bytes(), names_of(said.stdout)


def furnish(data: Path) -> dict[str, Any]:
    """Put a database with ana, bob and their list there, and return what they are called."""
    database, made = _furnished()
    data.mkdir(mode=0o700)
    (data / DATABASE).write_bytes(database)
    return dict(made)


def names_of(said: str) -> dict[str, Any]:
    """Find what SETUP has said of what it made."""
    line = next(line for line in said.splitlines() if line.startswith("MADE "))
    found: dict[str, Any] = json.loads(line.removeprefix("MADE "))
    return found


def shell_command(code: str) -> list[str]:
    return [sys.executable, str(ROOT / "manage.py"), "shell", "-v", "0", "-c", code]


class Redis:
    """A redis-server without memory on a port of its own."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1"]
        command += ["--save", "", "--appendonly", "no", "--daemonize", "no"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.02)
        raise AssertionError("redis-server does not start")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def freeze(self) -> None:
        """Let it hang: it still accepts connections, and answers nothing until `kill`."""
        self.process.send_signal(signal.SIGSTOP)


class Place(Serving):
    """One server process of an installation; several may share its data."""

    def __init__(self, data: Path, name: str, *arguments: str, **environment: str) -> None:
        super().__init__(data, *arguments, **environment)
        self.log = data.parent / f"{name}.log"


class World:
    """An installation with ana (owner), bob (editor) and one list, on one server and layer."""

    def __init__(self, data: Path, *, server: str, layer: str, redis: Redis | None) -> None:
        self.data, self.server, self.layer, self.redis = data, server, layer, redis
        self.environment = {"TROLLEY_LAYER": layer}
        if redis is not None:
            self.environment["REDIS_URL"] = redis.url
        self.places: list[Place] = []
        self.made = self._start()
        self.list = self.made["list"]

    def _start(self) -> dict[str, Any]:
        """Start the first process, and return what everything is called."""
        made = furnish(self.data)
        self.first = self.serve("first")
        return made

    def serve(self, name: str, *, before: str = "", **environment: str) -> Place:
        """Start one more server process on the same data; it runs the code `before` first."""
        place = Place(
            self.data, name, "--server", self.server, **{**self.environment, **environment}
        )
        if before:
            place.command[1:2] = ["-c", LAUNCH.format(root=str(ROOT), before=before)]
        place.__enter__()
        self.places.append(place)
        return place

    def close(self) -> None:
        for place in self.places:
            place.__exit__()

    def shell(self, code: str) -> str:
        """Run code in a process without an event loop, as an administrator would."""
        done = subprocess.run(
            shell_command(code),
            env=self._shell_environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def program(self, code: str) -> Iterator[IO[str]]:
        """Run code like `shell`, but meanwhile; it ends with its input."""
        running = subprocess.Popen(
            shell_command(code), env=self._shell_environment, stdin=subprocess.PIPE, text=True
        )
        assert running.stdin is not None
        with running, running.stdin as given:
            yield given
        assert running.returncode == 0

    @property
    def _shell_environment(self) -> dict[str, str]:
        return {**self.first.environment, **self.environment}

    def api(self, who: str = "ana", place: Place | None = None) -> httpx.Client:
        """Return a REST client of a person."""
        headers = {"Authorization": f"Bearer {self.made[who]}"}
        url = (place or self.first).url
        return httpx.Client(
            base_url=f"{url}/api/", headers=headers, timeout=30, verify=CERTIFICATES
        )

    def edit(self, note: str, *, place: Place | None = None) -> None:
        """Change the item over REST."""
        with self.api(place=place) as api:
            path = f"shopping-lists/{self.list}/shopping-items/{self.made['item']}/"
            answer = api.patch(path, json={"note": note})
            assert answer.status_code == 200, answer.text

    def add(self, name: str) -> str:
        """Return code that adds an item from a shell."""
        return (
            "from shopping_list.models import ShoppingList;"
            f"ShoppingList.objects.get(pk='{self.list}').items.create(name={name!r})"
        )

    def watch(self, who: str = "ana", place: Place | None = None) -> Watcher:
        """Open a socket and follow the list, past its snapshot."""
        watcher = Watcher((place or self.first).url, self.made[who])
        watcher.until("welcome")
        watcher.send(type="subscribe", topic=f"list:{self.list}")
        watcher.until("snapshot")
        return watcher


class Watcher:
    """A real WebSocket client. Every frame, both ways, is one of the AsyncAPI document."""

    def __init__(
        self, url: str, token: str | None = None, path: str = "/ws/", *, session: str | None = None
    ) -> None:
        """Open it with a token, or with the cookie of a page of this server."""
        address = url.replace("http://", "ws://") + path
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        if session is not None:
            headers |= {"Cookie": f"sessionid={session}", "Origin": url}
        self._opened = ExitStack()
        self.socket = self._opened.enter_context(
            connect(
                address,
                additional_headers=headers,
                compression=None,
                max_size=None,
                max_queue=None,
            )
        )
        self._frames: deque[Frame] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def send(self, **frame: Any) -> None:
        self.socket.send(said(frame))

    def next(self, patience: float = PATIENCE) -> Frame:
        while not self._frames:
            self._frames += told(self.socket.recv(patience))
        return self._frames.popleft()

    def until(self, kind: str, patience: float = PATIENCE) -> Frame:
        deadline = time.monotonic() + patience
        while True:
            frame = self.next(max(0.01, deadline - time.monotonic()))
            if frame["type"] == kind:
                return frame

    def upto(self, kind: str) -> list[Frame]:
        """Return the frames up to the first one of this type, that one included."""
        frames = [self.next()]
        while frames[-1]["type"] != kind:
            frames.append(self.next())
        return frames

    def until_note(self, note: str) -> Frame:
        """Read changes up to the one that wrote this note; they must be contiguous."""
        version = None
        while True:
            change = self.until("change")
            assert version is None or change["version"] == version + 1
            version = change["version"]
            if any(item["note"] == note for item in change["items"]):
                return change

    def rest(self) -> list[Frame]:
        """Return the frames that came before this moment, beats left out."""
        number = time.monotonic_ns()
        self.send(type="ping", id=number)
        frames = []
        while (frame := self.next()) != {"type": "pong", "id": number}:
            frames.append(frame)
        return [frame for frame in frames if frame["type"] != "beat"]

    def closed(self, patience: float = PATIENCE) -> int:
        """Read to the end and return the close code."""
        try:
            while True:
                self.next(patience)
        except ConnectionClosed as over:
            return over.rcvd.code if over.rcvd else 1006


def resident(process: subprocess.Popen[bytes]) -> int:
    """Return the memory of a process in bytes."""
    pages = Path(f"/proc/{process.pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
