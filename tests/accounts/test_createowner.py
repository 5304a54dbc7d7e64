"""The owner, made on the command line."""

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


def test_a_script_makes_the_owner(create):
    """PPL-15"""
    said = create("--username", "olga", "--email", "olga@example.org", "--password-stdin")
    assert said == "olga owns this installation.\n"
    owner = User.objects.get()
    assert (owner.is_superuser, owner.is_staff, owner.email) == (True, True, "olga@example.org")
    assert owner.check_password(PASSWORD)


def test_there_is_one_unless_another_is_wanted(create, olga):
    """PPL-15"""
    with pytest.raises(CommandError, match="owner already"):
        create("--username", "otto", "--password-stdin")
    create("--username", "otto", "--password-stdin", "--another")
    assert User.objects.filter(is_superuser=True).count() == 2


@pytest.mark.parametrize(
    ("arguments", "password", "why"),
    [
        (["--username", "olga"], "short", "too short"),
        (["--username", "olga"], "1234567890", "too common"),
        (["--username", "o l g a"], PASSWORD, "valid username"),
        (["--username", "ANA"], PASSWORD, "already exists"),
        (["--username", "olga", "--email", "olga"], PASSWORD, "valid email"),
    ],
)
def test_what_the_page_would_refuse_is_refused(create, ana, arguments, password, why):
    """PPL-15"""
    with pytest.raises(CommandError, match=why):
        create(*arguments, "--password-stdin", password=password)
    assert User.objects.get() == ana


def test_nobody_is_asked_where_nobody_is(create):
    """PPL-15"""
    with pytest.raises(CommandError, match="nobody can be asked"):
        create("--username", "olga")


@pytest.mark.django_db(transaction=True)
def test_a_person_is_asked():
    """PPL-15"""
    parent, child = pty.openpty()
    asked = subprocess.Popen(
        [sys.executable, "manage.py", "createowner"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url()},
        stdin=child,
        stdout=child,
        stderr=child,
        start_new_session=True,  # without a terminal of its own, it takes this one
    )
    os.close(child)
    answers = {
        b"sign in with: ": b"olga",
        b"Password: ": PASSWORD.encode(),
        b"again: ": PASSWORD.encode(),
        b"olga owns this installation.": b"",
    }
    heard = b""
    for question, answer in answers.items():
        while question not in heard:
            heard += os.read(parent, 1024)
        heard = heard.partition(question)[2]
        os.write(parent, answer + b"\n")
    assert asked.wait(30) == 0
    os.close(parent)
    assert User.objects.get().check_password(PASSWORD)


def database_url():
    """Return the address of the tests' own database, for another process."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
