"""A page in Chromium for the benches: a server on SQLite, a user, a signed-in browser."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from bench.processes import ROOT, Server

ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-first-run"),
)
PASSWORD = "correct horse battery"
CREATE_USER = f"""
import json
from accounts.models import ApiToken, User
user = User.objects.create_superuser("ana", password={PASSWORD!r}, name="Ana")
print(json.dumps(ApiToken.objects.create(user=user, name="bench")[1]))
"""
FOLLOW_FRAMES = """() => {
  window.bench = { times: [], tasks: [] };
  const onFrame = (time) => { window.bench.times.push(time); requestAnimationFrame(onFrame); };
  requestAnimationFrame(onFrame);
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) window.bench.tasks.push(duration);
  }).observe({ type: 'longtask' });
}"""
READ_FRAMES = """() => {
  const { times, tasks } = window.bench;
  window.bench.times = [];
  window.bench.tasks = [];
  return { times, tasks };
}"""


class RestClient:
    """Sends requests as the user ana, with its own connection."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def send(self, method: str, path: str, body: object = None) -> Any:
        """Send a request, and return the answer. Fails on any status that is no success."""
        content = None if body is None else json.dumps(body)
        self._connection.request(method, f"/api/{path}", content, self._headers)
        response = self._connection.getresponse()
        answer = response.read()
        assert response.status < 300, answer
        return json.loads(answer) if answer else None


@contextmanager
def running_server(port: int, setup: str = "") -> Iterator[str]:
    """Serve an installation with the user ana, and yield an API token of this user.

    `setup` is Python that runs in Django's shell after `user` exists.
    """
    with tempfile.TemporaryDirectory() as data:
        environment = {"TROLLEY_DATA": data, "TROLLEY_WRITES_PER_SECOND": "0"}
        manage = [sys.executable, str(ROOT / "manage.py")]
        run_environment = {**os.environ, **environment}
        subprocess.run([*manage, "migrate", "-v", "0"], env=run_environment, check=True)
        output = subprocess.run(
            [*manage, "shell", "-v", "0", "-c", CREATE_USER + setup],
            env=run_environment,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        token = json.loads(output.splitlines()[0])
        command = [*manage, "serve", "--host", "127.0.0.1", "--port", str(port)]
        server = Server(command, port=port, log=Path(data, "log"), env=environment)
        try:
            server.wait_until_listening()
            yield token
        finally:
            server.stop()


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Start the Chromium of TROLLEY_CHROMIUM, or `chromium` of the PATH."""
    chromium = shutil.which(os.environ.get("TROLLEY_CHROMIUM") or "chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


def sign_in(page: Page) -> None:
    """Sign in as ana, and wait for the lists."""
    page.goto("/signin/")
    page.get_by_label("Username").fill("ana")
    page.get_by_label("Password").first.fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Lists").first.wait_for()


def heap_megabytes(cdp: CDPSession) -> float:
    """Return the memory of the page's objects after a garbage collection."""
    cdp.send("HeapProfiler.collectGarbage")
    used: float = cdp.send("Runtime.getHeapUsage")["usedSize"]
    return used / 1e6


def metrics(cdp: CDPSession) -> dict[str, float]:
    """Return Chromium's figures of the page, such as `Nodes` and `TaskDuration` (seconds)."""
    return {each["name"]: each["value"] for each in cdp.send("Performance.getMetrics")["metrics"]}
