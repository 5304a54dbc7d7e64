"""The command `createowner`."""

import os
import pty
import subprocess
import sys
from io import StringIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import User
from tests.conftest import PASSWORD

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def create(monkeypatch, db):
    """Run the command with a password on its standard input."""

    def run(*arguments, password=PASSWORD):
        monkeypatch.setattr("sys.stdin", StringIO(f"{password}\n"))
        out = StringIO()
        call_command("createowner", *arguments, stdout=out)
        return out.getvalue()

    return run


def test_createowner_creates_a_superuser_from_arguments_and_stdin(create):
    """PPL-15"""
    output = create("--username", "olga", "--email", "olga@example.org", "--password-stdin")
    assert output == "olga owns this installation.\n"
    owner = User.objects.get()
    assert (owner.is_superuser, owner.is_staff, owner.email) == (True, True, "olga@example.org")
    assert owner.check_password(PASSWORD)


def test_createowner_refuses_a_second_owner_without_another(create, olga):
    """PPL-15"""
    with pytest.raises(CommandError, match="owner already"):
        create("--username", "otto", "--password-stdin")
    create("--username", "otto", "--password-stdin", "--another")
    assert User.objects.filter(is_superuser=True).count() == 2


@pytest.mark.parametrize(
    ("arguments", "password", "message"),
    [
        (["--username", "olga"], "short", "too short"),
        (["--username", "olga"], "1234567890", "too common"),
        (["--username", "o l g a"], PASSWORD, "valid username"),
        (["--username", "ANA"], PASSWORD, "already exists"),
        (["--username", "olga", "--email", "olga"], PASSWORD, "valid email"),
    ],
)
def test_createowner_rejects_invalid_account_data(create, ana, arguments, password, message):
    """PPL-15"""
    with pytest.raises(CommandError, match=message):
        create(*arguments, "--password-stdin", password=password)
    assert User.objects.get() == ana


def test_createowner_fails_when_it_cannot_prompt(create):
    """PPL-15"""
    with pytest.raises(CommandError, match="nobody can be asked"):
        create("--username", "olga")


@pytest.mark.django_db(transaction=True)
def test_createowner_prompts_when_run_in_a_terminal():
    """PPL-15"""
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "createowner"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url()},
        stdin=child,
        stdout=child,
        stderr=child,
        start_new_session=True,  # so that the pty becomes its controlling terminal
    )
    os.close(child)
    replies = {
        b"sign in with: ": b"olga",
        b"Password: ": PASSWORD.encode(),
        b"again: ": PASSWORD.encode(),
        b"olga owns this installation.": b"",
    }
    output = b""
    for prompt, reply in replies.items():
        while prompt not in output:
            output += os.read(parent, 1024)
        output = output.partition(prompt)[2]
        os.write(parent, reply + b"\n")
    assert process.wait(30) == 0
    os.close(parent)
    assert User.objects.get().check_password(PASSWORD)


def database_url():
    """Return the URL of the test database, for another process."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
