"""Management commands tell in one line why they cannot run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.processes import process_environment, run_shell

RUN_ALL = """
import inspect
from io import StringIO
from django.core.management import CommandError, call_command, get_commands, load_command_class
ours = [(name, app) for name, app in sorted(get_commands().items())
        if app in {"asgi_project", "live", "shopping_list", "accounts"}]
arguments = {"createtoken": ["ana"], "create_reset_link": ["ana"],
             "createowner": ["--username", "olga", "--password-stdin"], "live": ["top", "--once"]}
for name, app in ours:
    # Three migrate it, one reports it among other things, and one replaces it.
    if name in {"serve", "prepare_database", "demo", "doctor", "restore"}:
        continue
    try:
        call_command(name, *arguments.get(name, []), stdout=StringIO())
    except CommandError as error:
        print(name, "|", error)
"""


@pytest.mark.system
def test_command_without_a_migrated_database_fails_with_one_line(tmp_path: Path) -> None:
    """PPL-19: and with no traceback."""
    lines = run_shell(RUN_ALL, process_environment(tmp_path)).splitlines()
    assert [line.partition(" | ")[0] for line in lines] == [
        "backup",
        "check_lists",
        "create_reset_link",
        "createowner",
        "createtoken",
        "live",
        "prune",
    ]
    reason = "the database is not migrated: start Trolley once, or run `manage.py migrate`"
    assert {line.partition(" | ")[2] for line in lines} == {reason}
