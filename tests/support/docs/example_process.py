"""Running examples: a shell or Python process, and what it prints."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from types import TracebackType
from typing import Self

TIMEOUT = 60.0  # s
WEBSOCAT = Path(__file__).with_name("websocat.py")


def path_with_websocat(directory: Path) -> str:
    """Return a PATH with websocat: the installed one, or else our replacement."""
    usual = os.environ["PATH"]
    if shutil.which("websocat"):
        return usual
    directory.mkdir(exist_ok=True)
    script = directory / "websocat"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{WEBSOCAT}" "$@"\n')
    script.chmod(0o755)
    return f"{directory}{os.pathsep}{usual}"


class ExampleProcess:
    """The process of an example, in its own directory, as a context."""

    def __init__(self, language: str, code: str, directory: Path) -> None:
        interpreter = {"sh": ["sh", "-euc", code], "python": [sys.executable, "-c", code]}
        self.lines: Queue[str | None] = Queue()
        self.process = subprocess.Popen(
            interpreter[language],
            cwd=directory,
            env={**os.environ, "PATH": path_with_websocat(directory / "bin")},
            stdin=subprocess.PIPE,  # stays open, as a terminal does
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(TIMEOUT)
        self._reader.join(TIMEOUT)
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()

    def until(self, condition: Callable[[str], object]) -> str:
        """Return the first unread line that meets the condition."""
        try:
            while (line := self.lines.get(timeout=TIMEOUT)) is not None:
                if condition(line):
                    return line
        except Empty:
            raise AssertionError("the example prints nothing more") from None
        raise AssertionError(f"the example ended: {self.read_stderr()}")

    def read_stderr(self) -> str:
        """Return its standard error. Call this after its end."""
        assert self.process.stderr is not None
        return self.process.stderr.read()

    def wait(self) -> int:
        """Wait for its end and return the exit code."""
        return self.process.wait(TIMEOUT)


def run(language: str, code: str, directory: Path) -> list[str]:
    """Run an example to its end and return the lines that it printed."""
    with ExampleProcess(language, code, directory) as running:
        exit_code = running.wait()
        running._reader.join(TIMEOUT)
        assert exit_code == 0, running.read_stderr()
        lines = []
        while (line := running.lines.get(timeout=TIMEOUT)) is not None:
            lines.append(line)
        return lines
