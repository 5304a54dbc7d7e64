"""A pytest plugin: no log line of the whole run holds a secret (SEC-2).

Everything counts that the tests log themselves and that their servers write to
stderr. What a server prints on stdout is not a log but its greeting, which has
the setup link on purpose; nothing else may be printed there.

Secrets are recognised by what they look like, whoever made them, and passwords
because each one that is set or tried goes through a hasher.
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
)
MIN_PASSWORD_LENGTH = 10
"""Letters of a password; the shorter ones, which are refused, may be a word of a log line."""


class LogCapture(logging.Handler):
    """Keeps every line that this process logs, as the product would write it."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)  # what an installation logs, unless told otherwise
        self.lines: list[str] = []
        product = logging.getLogger().handlers
        formatters = [handler.formatter for handler in product]
        kind = structlog.stdlib.ProcessorFormatter
        self.setFormatter(next(one for one in formatters if isinstance(one, kind)))
        self.passwords = {PASSWORD}

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.extend(self.format(record).splitlines())

    def add_password(self, password: Any) -> None:
        """Note a password that was set or tried."""
        if isinstance(password, str) and len(password) >= MIN_PASSWORD_LENGTH:
            self.passwords.add(password)


def find_secrets(lines: Iterable[str], passwords: Iterable[str] = ()) -> Iterator[str]:
    """Yield what secret there is and the line that has it."""
    known = re.compile("|".join(map(re.escape, passwords)) or r"(?!)")
    for line in lines:
        for kind, shape in {**COMPILED_PATTERNS, "a password": known}.items():
            if shape.search(line):
                yield f"{kind}: {line[:300]}"


def find_unexpected_output(lines: Iterable[str]) -> Iterator[str]:
    """Yield what a server printed on stdout and had no business to."""
    return (
        f"on stdout: {line[:300]}" for line in lines if line and not STARTUP_MESSAGE.match(line)
    )


def capture_passwords(witness: LogCapture) -> None:
    """Have every password noted before it is hashed, from here to the end of the process."""

    def watched(encode: Any) -> Any:
        def noting(self: Any, password: Any, *rest: Any, **options: Any) -> Any:
            witness.add_password(password)
            return encode(self, password, *rest, **options)

        return noting

    for hasher in hashers.get_hashers():
        kind = type(hasher)
        kind.encode = watched(kind.encode)


def _server_lines(folder: Path, ending: str) -> Iterator[str]:
    for path in sorted(folder.rglob(f"*{ending}")):
        if path.is_file():
            yield from path.read_text(errors="replace").splitlines()


LOG_CAPTURE = pytest.StashKey[LogCapture]()
LEAKS = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[LEAKS] = []
    config.stash[LOG_CAPTURE] = LogCapture()
    logging.getLogger().addHandler(config.stash[LOG_CAPTURE])
    capture_passwords(config.stash[LOG_CAPTURE])


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Look through all lines; a worker hands over what it found."""
    config = session.config
    witness, leaks = config.stash[LOG_CAPTURE], config.stash[LEAKS]
    if witness not in logging.getLogger().handlers:
        leaks.append("somebody took the witness of the log away")
    folder = config._tmp_path_factory.getbasetemp()
    lines = [*witness.lines, *_server_lines(folder, ".log")]
    leaks += find_secrets(lines, witness.passwords)
    leaks += find_unexpected_output(_server_lines(folder, ".out"))
    if hasattr(config, "workeroutput"):
        config.workeroutput["leaks"] = leaks
    elif leaks:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what a worker found."""
    node.config.stash[LEAKS].extend(getattr(node, "workeroutput", {}).get("leaks", []))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if leaks := config.stash[LEAKS]:
        terminalreporter.section("secrets in the log", sep="=", red=True)
        for leak in leaks[:50]:
            terminalreporter.line(leak)
