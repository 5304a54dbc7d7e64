"""A pytest plugin: no log line of the whole run holds a secret (SEC-2).

It searches everything that the tests log and that their servers write to stderr. The
standard output of a server is not a log: it has only the startup message, with the
setup link on purpose.

Secrets are recognised by their form, and passwords because each one that is set or
tried goes through a hasher.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from django.contrib.auth import hashers

from tests.conftest import PASSWORD

WORD = r"(?<![\w-]){}(?![\w-])"
MIXED_CHARACTERS = r"(?=[\w-]*[a-z])(?=[\w-]*[A-Z])(?=[\w-]*\d)"
PATTERNS = {
    "an API token": r"\btrl_\w{20,}",
    "a session key": WORD.format(r"(?=[a-z]*\d)(?=\d*[a-z])(?![0-9a-f]{32})[a-z0-9]{32}"),
    "a CSRF token": WORD.format(MIXED_CHARACTERS + r"(?:[A-Za-z0-9]{64}|[A-Za-z0-9]{32})"),
    "the secret of a link": WORD.format(MIXED_CHARACTERS + r"[\w-]{43}"),
    "a secret key": WORD.format(MIXED_CHARACTERS + r"[\w-]{64}"),
    "a hashed password": r"\b(?:argon2|pbkdf2_sha256|md5)\$",
}
COMPILED_PATTERNS = {kind: re.compile(shape) for kind, shape in PATTERNS.items()}
STARTUP_MESSAGE = re.compile(
    r"Trolley is serving on |Create the owner's account \(this link works once\)"
    r"|The database is prepared"
)
MIN_PASSWORD_LENGTH = 10
"""Shorter passwords are not searched for: the product refuses them, and they may be words."""


class LogCapture(logging.Handler):
    """Keeps every line that this process logs, formatted as the product formats it."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)  # the default level of an installation
        self.lines: list[str] = []
        product = logging.getLogger().handlers
        formatters = [handler.formatter for handler in product]
        product_type = structlog.stdlib.ProcessorFormatter
        self.setFormatter(next(item for item in formatters if isinstance(item, product_type)))
        self.passwords = {PASSWORD}

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.extend(self.format(record).splitlines())

    def add_password(self, password: Any) -> None:
        """Remember a password that was set or tried."""
        if isinstance(password, str) and len(password) >= MIN_PASSWORD_LENGTH:
            self.passwords.add(password)


def find_secrets(lines: Iterable[str], passwords: Iterable[str] = ()) -> Iterator[str]:
    """Yield each secret that a line holds, as its kind and the line."""
    known = re.compile("|".join(map(re.escape, passwords)) or r"(?!)")
    for line in lines:
        for kind, shape in {**COMPILED_PATTERNS, "a password": known}.items():
            if shape.search(line):
                yield f"{kind}: {line[:300]}"


def find_unexpected_output(lines: Iterable[str]) -> Iterator[str]:
    """Yield what a server printed on stdout besides the startup message."""
    return (
        f"on stdout: {line[:300]}" for line in lines if line and not STARTUP_MESSAGE.match(line)
    )


def capture_passwords(capture: LogCapture, patch: pytest.MonkeyPatch) -> None:
    """Give every password to the capture before it is hashed."""

    def wrap(hash_password: Any) -> Any:
        def wrapped(self: Any, password: Any, *rest: Any, **options: Any) -> Any:
            capture.add_password(password)
            return hash_password(self, password, *rest, **options)

        return wrapped

    for hasher in hashers.get_hashers():
        for method in ("encode", "verify"):
            patch.setattr(type(hasher), method, wrap(getattr(type(hasher), method)))


def _server_lines(folder: Path, suffix: str) -> Iterator[str]:
    for path in sorted(folder.rglob(f"*{suffix}")):
        if path.is_file():
            yield from path.read_text(errors="replace").splitlines()


LOG_CAPTURE = pytest.StashKey[LogCapture]()
LEAKS = pytest.StashKey[list[str]]()
PATCH = pytest.StashKey[pytest.MonkeyPatch]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[LEAKS] = []
    config.stash[LOG_CAPTURE] = LogCapture()
    logging.getLogger().addHandler(config.stash[LOG_CAPTURE])
    config.stash[PATCH] = pytest.MonkeyPatch()
    capture_passwords(config.stash[LOG_CAPTURE], config.stash[PATCH])


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[PATCH].undo()
    logging.getLogger().removeHandler(config.stash[LOG_CAPTURE])


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Search all lines; a worker passes what it finds to the controller."""
    config = session.config
    capture, leaks = config.stash[LOG_CAPTURE], config.stash[LEAKS]
    if capture not in logging.getLogger().handlers:
        leaks.append("a test removed the handler that captures the log")
    folder = config._tmp_path_factory.getbasetemp()
    lines = [*capture.lines, *_server_lines(folder, ".log")]
    leaks += find_secrets(lines, capture.passwords)
    leaks += find_unexpected_output(_server_lines(folder, ".out"))
    if hasattr(config, "workeroutput"):
        config.workeroutput["leaks"] = leaks
    elif leaks:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what a worker found."""
    node.config.stash[LEAKS].extend(getattr(node, "workeroutput", {}).get("leaks", []))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if leaks := config.stash[LEAKS]:
        terminalreporter.section("secrets in the log", sep="=", red=True)
        for leak in leaks[:50]:
            terminalreporter.line(leak)
