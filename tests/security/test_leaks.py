"""The leak detector finds secrets in the output of a test run."""

from __future__ import annotations

import logging
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.middleware.csrf import _get_new_csrf_string, _mask_cipher_secret

from accounts.models import ApiToken, SetupLink
from asgi_project.secret_key import secret_key
from live.fingerprint import fingerprint
from rest.request_id import request_id
from shopping_list.services import invites
from tests.conftest import PASSWORD
from tests.support.processes import ROOT
from tests.support.secret_leaks import LogCapture, find_secrets, find_unexpected_output


def session_key():
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store.create()
    return store.session_key


SECRETS = {
    "token": lambda tmp_path, ana: ApiToken.objects.create(user=ana, name="script")[1],
    "session": lambda tmp_path, ana: session_key(),
    "setup link": lambda tmp_path, ana: SetupLink.issue(),
    "invite": lambda tmp_path, ana: invites.new_secret(),
    "CSRF cookie": lambda tmp_path, ana: _get_new_csrf_string(),
    "CSRF token": lambda tmp_path, ana: _mask_cipher_secret(_get_new_csrf_string()),
    "secret key": lambda tmp_path, ana: secret_key("", tmp_path),
    "hashed password": lambda tmp_path, ana: make_password("something long"),
    "password": lambda tmp_path, ana: PASSWORD,
}


LINES = (
    "GET /x/?token={} 200",
    '{{"cookie": "trolley_sessionid={}; a=b"}}',
    "/setup/#{}",
    "Bearer {}",
    "{}",
)


@pytest.mark.parametrize("make", SECRETS.values(), ids=SECRETS)
def test_leak_detector_finds_every_kind_of_secret(make, tmp_path, ana):
    """SEC-2"""
    for line in LINES:
        lines = [line.format(make(tmp_path, ana)) for _ in range(20)]
        # A random secret may contain no digit by chance and look like a word.
        assert len(set(find_secrets(lines, [PASSWORD]))) >= min(15, len(set(lines))), line


def test_leak_detector_ignores_ids_paths_and_log_lines(rf, ana):
    innocent = [
        str(uuid4()),
        uuid4().hex,
        request_id(rf.get("/")),
        fingerprint(session_key()),
        "/tmp/pytest-of-root/pytest-0/popen-gw0/test_setup_link_creates_the_owner_and_0/data",
        "live.delivery.relay.RelayThatIsDownForLongerThanAnyUserWouldLike3",
        "2026-11-22T19:42:37.123456Z [info     ] Reconciled 12 lists [live.relay] took=0.123",
    ]
    assert list(find_secrets(innocent, [PASSWORD])) == []


def test_only_the_startup_message_may_be_printed():
    """SEC-2"""
    link = f"Create the owner's account (this link works once): http://x/setup/#{'a' * 43}"
    message = ["Trolley is serving on http://localhost:8000/", link, ""]
    assert list(find_unexpected_output(message)) == []
    assert list(find_unexpected_output(["hello"]))


LEAKING = """
import logging, secrets
from django.contrib.auth.hashers import make_password

def test_a_token():
    logging.getLogger("x").warning("trl_%s", "a1" * 30)

def test_a_password():
    logging.getLogger("x").warning(make_password("tr0ub4dor & 3") and "it is tr0ub4dor & 3")

def test_a_server(tmp_path):
    (tmp_path / "s.log").write_text("/join/#" + secrets.token_urlsafe(30) + "9aZ")
    (tmp_path / "s.out").write_text("unexpected output")
"""
FINDINGS = (
    "an API token: ",
    "the secret of a link: ",
    "a password: ",
    "on stdout: unexpected output",
)
SAFE = """
import logging

def test_nothing():
    logging.getLogger("x").warning("hello")
"""


@pytest.fixture
def hidden_log():
    """Hide the log of an inner run from the leak detector of this run."""
    root = logging.getLogger()
    handlers = root.handlers[:]
    root.handlers = [handler for handler in handlers if not isinstance(handler, LogCapture)]
    yield
    root.handlers = handlers


@pytest.fixture
def folder():
    """A directory that the leak detector of this run does not read."""
    with TemporaryDirectory() as folder:
        yield Path(folder)


def write_tests(folder: Path, source: str) -> list[str]:
    """Write a test file that uses the plugin, and return the arguments that run it."""
    (folder / "test_it.py").write_text(source)
    (folder / "conftest.py").write_text('pytest_plugins = ["tests.support.secret_leaks"]')
    return [str(folder), "--rootdir", str(folder), "--basetemp", str(folder / "base"), "-q"]


def run_inside(pytester: pytest.Pytester, arguments: list[str]) -> pytest.RunResult:
    """Run pytest in this process, in which Django is set up already."""
    disabled = ("django", "asyncio", "cacheprovider")
    options = [option for name in disabled for option in ("-p", f"no:{name}")]
    return pytester.runpytest_inprocess(*arguments, *options)


@pytest.mark.usefixtures("hidden_log")
def test_leak_detector_fails_a_run_that_logs_a_secret(pytester, folder):
    """SEC-2"""
    result = run_inside(pytester, write_tests(folder, LEAKING))
    result.assert_outcomes(passed=3)
    assert result.ret == 1
    assert all(kind in result.stdout.str() for kind in FINDINGS)


def test_leak_detector_fails_a_run_that_logs_a_secret_in_a_worker(folder):
    """SEC-2"""
    command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), "-n", "1"]
    command += write_tests(folder, LEAKING)
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "3 passed" in result.stdout, result.stdout + result.stderr
    assert result.returncode == 1
    assert all(kind in result.stdout for kind in FINDINGS), result.stdout


@pytest.mark.usefixtures("hidden_log")
def test_leak_detector_passes_a_run_that_logs_no_secret(pytester, folder):
    """SEC-2"""
    result = run_inside(pytester, write_tests(folder, SAFE))
    result.assert_outcomes(passed=1)
    assert result.ret == 0
