"""`manage.py live` against real servers."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any, Self

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.installation import Installation
from tests.support.processes import ROOT, TIMEOUT
from tests.support.websocket_client import WebSocketClient

pytestmark = pytest.mark.system
TOKENS = "from accounts.models import ApiToken; print(ApiToken.objects.count())"
OWNER = (
    "from accounts.models import User;User.objects.filter(username='ana').update(is_superuser=True)"
)


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """A server with ana, the owner of the installation, and bob."""
    installation = Installation(tmp_path / "data", server="uvicorn", layer="memory", redis=None)
    installation.shell(OWNER)
    yield installation
    installation.close()


def command(installation: Installation, *arguments: str) -> dict[str, Any]:
    """Return what starts `manage.py live`, whose local server is that of the installation."""
    port = installation.first_server.url.rsplit(":", 1)[1]
    environment = {**installation._shell_environment, "TROLLEY_HOST": "", "TROLLEY_PORT": port}
    command = [sys.executable, str(ROOT / "manage.py"), "live", *arguments]
    return {"args": command, "env": environment, "text": True}


def run(installation: Installation, *arguments: str) -> subprocess.CompletedProcess[str]:
    started = command(installation, *arguments)
    return subprocess.run(**started, capture_output=True, timeout=TIMEOUT, check=False)


class Tail:
    """A running `live tail`, whose output is read line by line."""

    def __init__(self, installation: Installation, *arguments: str) -> None:
        started = command(installation, "tail", *arguments)
        self.process = subprocess.Popen(**started, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.lines: Queue[str] = Queue()
        self.notes: Queue[str] = Queue()
        streams = {self.lines: self.process.stdout, self.notes: self.process.stderr}
        self.threads = [
            Thread(target=self._read, args=(stream, queue)) for queue, stream in streams.items()
        ]
        for thread in self.threads:
            thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        for thread in self.threads:
            thread.join()

    def _read(self, stream: Any, queue: Queue[str]) -> None:
        with stream:
            for line in stream:
                queue.put(line.rstrip("\n"))

    def next(self) -> str:
        """Return the next line of the standard output."""
        return self.lines.get(timeout=TIMEOUT)

    def stop(self) -> int:
        """End it as Ctrl-C does, and return its exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(TIMEOUT)


def figures_of_terminal(text: str) -> dict[str, int]:
    """Return the numbers that stand behind a word, such as `started 41,203`."""
    pairs = re.findall(r"\b(1xx|2xx|3xx|4xx|5xx|[a-z]+(?: flight)?) ([\d,]+)(?= |$)", text, re.M)
    pairs += re.findall(r"^(Changes|People|Errors) +([\d,]+)", text, re.M)
    return {name: int(number.replace(",", "")) for name, number in pairs}


def figures_of_metrics(text: str) -> dict[tuple[str, ...], float]:
    """Return the samples by name and by the values of their labels, in the order of the labels."""
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_socket_rest_metrics_and_terminal_have_the_same_numbers(installation: Installation) -> None:
    """MET-3, TRM-1: a known mix of requests and edits. The page shows the frame of the socket."""
    with installation.api() as api, installation.subscribe("bob"):
        for name in "abc":
            path = f"shopping-lists/{installation.list_id}/shopping-items/"
            assert api.post(path, json={"name": name}).status_code == 201
        for _ in range(4):
            assert api.get("shopping-lists/").status_code == 200
        for _ in range(2):
            assert api.get("nothing/").status_code == 404
    total = {
        "started": 9,
        "finished": 9,
        "changes": 3,
        "2xx": 7,
        "4xx": 2,
        "5xx": 0,
        "in_flight": 0,
    }
    client = WebSocketClient(installation.first_server.url, installation.fixtures["ana"])
    client.until("welcome")
    client.send(type="subscribe", topic="requests")
    frame = client.until("sample")
    while frame["started"] < total["started"] or frame["finished"] < total["finished"]:
        frame = client.until("sample")
    seen = {name: frame["status"].get(name, frame.get(name)) for name in total}
    assert seen == total

    text = run(installation, "top", "--once").stdout
    terminal = figures_of_terminal(text)
    metrics = figures_of_metrics(installation.first_server.get("/metrics").text)
    assert (terminal["started"], terminal["finished"], terminal["Changes"]) == (9, 9, 3)
    assert (terminal["2xx"], terminal["4xx"], terminal["Errors"], terminal["in flight"]) == (
        7,
        2,
        0,
        0,
    )
    for name in ("started", "finished"):
        assert metrics[f"trolley_requests_{name}_total",] == total[name]
    assert metrics["trolley_changes_total",] == total["changes"]
    for name in ("2xx", "4xx", "5xx"):
        assert metrics["trolley_responses_total", name] == total[name]
    # A request for the counters is a request itself, so it is the last one here.
    with installation.api() as api:
        rest = api.get("live/requests/").json()
    assert {name: rest["status"].get(name, rest.get(name)) for name in total} == total
    for name in ("repairs", "resumed", "snapshots"):
        metric = {"resumed": "resumes"}.get(name, name)
        assert terminal[name] == metrics[f"trolley_{metric}_total",] == rest[name]
    signal = r"^post_save +ShoppingItem +([\d,]+)"
    assert int(re.search(signal, text, re.M)[1]) == 3  # type: ignore[index]
    assert metrics["trolley_signal_sends_total", "ShoppingItem", "post_save"] == 3
    client.__exit__()


def test_terminal_leaves_no_token_and_no_control_sequence_behind(
    installation: Installation,
) -> None:
    """TRM-1, TRM-2"""
    before = installation.shell(TOKENS)
    result = run(installation, "top", "--once")
    assert (result.returncode, result.stderr) == (0, "")
    assert "\x1b" not in result.stdout
    assert result.stdout.startswith("Trolley 1.0.0 · http://127.0.0.1:")
    assert installation.shell(TOKENS) == before


def test_tail_continues_after_a_restart_of_the_server(installation: Installation) -> None:
    """TRM-3: each change once, and those during the outage too."""
    with Tail(installation, "groceries", "--json") as tail:
        assert json.loads(tail.next())["type"] == "snapshot"
        installation.edit("first")
        assert json.loads(tail.next())["items"][0]["note"] == "first"
        installation.first_server.process.kill()
        installation.first_server.process.wait(TIMEOUT)
        assert tail.notes.get(timeout=TIMEOUT).startswith("Not connected: ")
        installation.shell(installation.code_to_add_item("Bread"))
        installation.first_server.restart()
        change = json.loads(tail.next())
        assert (change["type"], change["items"][0]["name"]) == ("change", "Bread")
        installation.edit("last")
        assert json.loads(tail.next())["items"][0]["note"] == "last"
        assert tail.stop() == 0
        assert tail.lines.empty()


def test_tail_of_all_lists_names_person_action_and_list(installation: Installation) -> None:
    """TRM-3"""
    with Tail(installation, "--user", "bob", "-n", "1") as tail:
        assert tail.next().endswith("added Milk · Groceries")
        installation.edit("fresh")
        assert re.fullmatch(
            r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  ana changed Milk · Groceries", tail.next()
        )
        assert tail.stop() == 0


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("top", "http://127.0.0.1:9"), "ws://127.0.0.1:9/ws/: nothing answers there"),
        (("top", "https://list.example.org"), "needs --token-file"),
        (("tail", "Hardware"), "there is no list Hardware, or this user is no member of it"),
        (("tail", "--user", "mallory"), "there is no user called mallory"),
        (("top", "--token-file", "/nowhere"), "/nowhere: No such file or directory"),
        (("top", "--token-file", str(ROOT / "LICENSE")), "this is no token"),
    ],
)
def test_error_is_one_line(
    installation: Installation, arguments: tuple[str, ...], reason: str
) -> None:
    """TRM-2"""
    result = run(installation, *arguments)
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("CommandError: ")
    assert reason in line
