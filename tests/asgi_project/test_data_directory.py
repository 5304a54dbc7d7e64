"""Other users of the machine can read nothing of the data directory."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from asgi_project.data_directory import make_private
from tests.support.databases import copy_template
from tests.support.processes import ServerProcess, process_environment, run_shell


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory that everyone may read."""
    data = tmp_path / "data"
    data.mkdir()
    data.chmod(0o755)
    for name in ("secret_key", "trolley.sqlite3", "trolley.sqlite3-wal", "serve.lock", "notes"):
        (data / name).touch()
        (data / name).chmod(0o664)
    return data


def test_directory_and_own_files_become_private(data: Path) -> None:
    """SEC-29"""
    changed = make_private(data)
    assert {path.name for path in changed} == {path.name for path in data.iterdir()} - {"notes"} | {
        "data"
    }
    assert {path.name: mode(path) for path in changed} == {
        path.name: 0o700 if path == data else 0o600 for path in changed
    }
    assert make_private(data) == []


def test_read_only_file_stays_read_only(data: Path) -> None:
    """SEC-29"""
    (data / "copy.sqlite3").touch(0o444)
    make_private(data)
    assert mode(data / "copy.sqlite3") == 0o400


def test_link_and_its_target_are_not_changed(data: Path, tmp_path: Path) -> None:
    """SEC-29"""
    target = tmp_path / "elsewhere"
    target.touch()
    target.chmod(0o644)
    (data / "linked.sqlite3").symlink_to(target)
    make_private(data)
    assert mode(target) == 0o644


def test_shared_directory_is_not_changed_but_own_files_in_it_are(data: Path) -> None:
    """SEC-29"""
    data.chmod(0o1777)
    make_private(data)
    assert mode(data) == 0o1777
    assert mode(data / "trolley.sqlite3") == 0o600


@pytest.mark.system
def test_server_and_commands_leave_nothing_readable_by_others(tmp_path: Path) -> None:
    """SEC-29: neither what was there before, nor what they create."""
    data = tmp_path / "data"
    copy_template(data)
    data.chmod(0o755)
    (data / "trolley.sqlite3").chmod(0o644)
    everyone = "import os; os.umask(0o022)"
    with ServerProcess(data, before=everyone, preloaded=True) as server:
        for name in ("data", "trolley.sqlite3"):
            assert f"{name}: corrected" in server.output()
        server.get("/readyz")
        paths = {data, *data.rglob("*")}
        assert {"trolley.sqlite3-wal", "secret_key", "serve.lock"} <= {path.name for path in paths}
        assert [path for path in paths if mode(path) & 0o077] == []
    export = "from django.core.management import call_command as call;"
    run_shell(f"{export} call('dumpdata', output='{data}/export.json')", process_environment(data))
    assert mode(data / "export.json") == 0o600
