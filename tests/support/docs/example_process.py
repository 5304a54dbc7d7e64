"""Examples while they run: a shell or a Python, and what it prints."""

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


def path_with_websocat(place: Path) -> str:
    """Return a PATH on which there is a websocat: the real one, or else our stand-in."""
    usual = os.environ["PATH"]
    if shutil.which("websocat"):
        return usual
    place.mkdir(exist_ok=True)
    script = place / "websocat"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{WEBSOCAT}" "$@"\n')
    script.chmod(0o755)
    return f"{place}{os.pathsep}{usual}"


class ExampleProcess:
    """A process of an example, in a directory of its own, as a context."""

    def __init__(self, language: str, code: str, place: Path) -> None:
        interpreter = {"sh": ["sh", "-euc", code], "python": [sys.executable, "-c", code]}
        self.lines: Queue[str | None] = Queue()
        self.process = subprocess.Popen(
            interpreter[language],
            cwd=place,
            env={**os.environ, "PATH": path_with_websocat(place / "bin")},
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

    def until(self, wanted: Callable[[str], object]) -> str:
        """Return the first line that is wanted, out of those that were not read yet."""
        try:
            while (line := self.lines.get(timeout=TIMEOUT)) is not None:
                if wanted(line):
                    return line
        except Empty:
            raise AssertionError("the example says nothing more") from None
        raise AssertionError(f"the example ended: {self.read_stderr()}")

    def read_stderr(self) -> str:
        """Return what it said on stderr. Call it after its end."""
        assert self.process.stderr is not None
        return self.process.stderr.read()

    def wait(self) -> int:
        """Wait for its end and return the exit code."""
        return self.process.wait(TIMEOUT)


def run(language: str, code: str, place: Path) -> list[str]:
    """Run an example to its end and return the lines that it printed."""
    with ExampleProcess(language, code, place) as running:
        code_ = running.wait()
        running._reader.join(TIMEOUT)
        assert code_ == 0, running.read_stderr()
        said = []
        while (line := running.lines.get(timeout=TIMEOUT)) is not None:
            said.append(line)
        return said
