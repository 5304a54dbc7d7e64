"""Real server processes for tests."""

from __future__ import annotations

import os
import re
import signal
import ssl
import subprocess
import sys
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 60.0  # s
CERTIFICATES = ssl.create_default_context()
"""For every client of httpx: to read the certificates takes it 60 ms each time, for http too."""


class Serving:
    """`manage.py serve` on a free port, with its own data directory, as a context.

    What it logs goes to `log`, and what it prints to another file beside it; both
    stay there for tests/support/secret_leaks.py, however often it is started again.
    """

    def __init__(self, data: Path, *arguments: str, **environment: str) -> None:
        self.data = data
        self.log = data.parent / f"{data.name}.log"
        self.command = [sys.executable, str(ROOT / "manage.py"), "serve"]
        self.command += ["--host", "127.0.0.1", "--port", "0", *arguments]
        self.environment = {**os.environ, "TROLLEY_ACCESS_LOG": "true"}
        self.environment |= {"TROLLEY_DATA": str(data), **environment}
        # pytest names the settings of the tests, which are not the product's.
        for name in ("DATABASE_URL", "REDIS_URL", "TROLLEY_LAYER", "DJANGO_SETTINGS_MODULE"):
            if name not in environment:
                self.environment.pop(name, None)

    def __enter__(self) -> Serving:
        self._keep_older_logs()
        with self.log.open("w") as log, self.printed.open("w") as printed:
            self.process = subprocess.Popen(
                self.command, env=self.environment, stdout=printed, stderr=log
            )
        self.url = self.wait_for(r"serving on (http://\S+?)/\n")
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    @property
    def printed(self) -> Path:
        return self.log.with_suffix(".out")

    def said(self) -> str:
        return self.printed.read_text() + self.log.read_text()

    def _keep_older_logs(self) -> None:
        for path in (self.log, self.printed):
            if path.exists():
                path.rename(path.with_stem(f"{path.stem}-{time.monotonic_ns()}"))

    def wait_for(self, pattern: str) -> str:
        """Return the first group of the pattern once it is in the log."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if found := re.search(pattern, self.said()):
                return found[1] if found.groups() else found[0]
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"the server did not say {pattern!r}:\n{self.said()}")

    def get(self, path: str, **options: object) -> httpx.Response:
        return httpx.get(self.url + path, timeout=PATIENCE, verify=CERTIFICATES, **options)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Stop it and return its exit code."""
        self.process.send_signal(how)
        return self.process.wait(PATIENCE)

    def start_again(self) -> None:
        """Start what was stopped, on the same data and port."""
        self.command[self.command.index("--port") + 1] = self.url.rsplit(":", 1)[1]
        self.__enter__()


def refusal(data: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `serve` where it cannot start."""
    serving = Serving(data, *arguments, **environment)
    return subprocess.run(
        serving.command,
        env=serving.environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
