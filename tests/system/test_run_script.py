"""`./run` as a person meets it, on a machine where something is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.processes import ROOT, TIMEOUT

pytestmark = pytest.mark.system
# What the script may count on: POSIX.
TOOLS = "sh dirname cat cksum find sort sed mkdir rm mktemp id chmod uname env ls tail head"


@pytest.fixture
def tools(tmp_path):
    """A PATH with POSIX tools and nothing else."""
    directory = tmp_path / "bin"
    directory.mkdir()
    for name in TOOLS.split():
        (directory / name).symlink_to(shutil.which(name))
    return directory


def install_fake(tools: Path, name: str, script: str) -> None:
    path = tools / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.fixture
def checkout(tmp_path):
    """The files of this checkout, without .venv, node_modules and data."""
    copy = tmp_path / "checkout"
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        source, target = ROOT / name, copy / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    return copy


@pytest.fixture
def installed(checkout):
    """The same, with this checkout's .venv: Python's packages are there."""
    (checkout / ".venv").mkdir()
    for name in ("bin", "lib", "include", "pyvenv.cfg"):
        (checkout / ".venv" / name).symlink_to(ROOT / ".venv" / name)
    for name in ("base", "dev"):
        requirements = (checkout / "requirements" / f"{name}.txt").read_bytes()
        stamp = subprocess.run(["cksum"], input=requirements, capture_output=True, check=True)
        (checkout / ".venv" / f"{name}.stamp").write_bytes(stamp.stdout)
    return checkout


def mark_frontend_built(checkout: Path) -> None:
    """Mark the frontend as built from its present sources."""
    dist = checkout / "frontend" / "dist"
    dist.mkdir()
    sums = (
        r"find frontend \( -name node_modules -o -name dist -o -name tests -o -name '.*' \) -prune"
        " -o -type f -exec cksum {} + | LC_ALL=C sort | cksum >frontend/dist/.stamp"
    )
    subprocess.run(sums, shell=True, cwd=checkout, check=True)


def run(checkout: Path, *arguments: str, path: str, **environment: str):
    return subprocess.run(
        [str(checkout / "run"), *arguments],
        env={"PATH": path, "HOME": str(checkout), "PYTHONPATH": "", **environment},
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


def assert_one_line_error(result, *, message: str) -> None:
    assert result.returncode != 0
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1, result.stderr
    assert message in result.stderr


def test_missing_python_message_says_how_to_install_it(checkout, tools):
    assert_one_line_error(
        run(checkout, path=str(tools)), message="Python 3.11 or newer is missing: apt install"
    )


def test_old_python_is_rejected(checkout, tools):
    install_fake(tools, "python3", "exit 1")
    assert_one_line_error(run(checkout, path=str(tools)), message="Python 3.11 or newer is missing")


def test_missing_venv_message_says_how_to_install_it(checkout, tools):
    install_fake(
        tools,
        "python3",
        'case "$1" in -m) echo noise; exit 1 ;; --version) echo Python 3.11 ;; esac',
    )
    result = run(checkout, path=str(tools))
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1].startswith("trolley: cannot create .venv: apt install")
    assert not (checkout / ".venv").exists()


def test_missing_node_message_says_how_to_install_it(installed, tools):
    assert_one_line_error(run(installed, path=str(tools)), message="Node 20.19 or newer is missing")


def test_old_node_is_rejected(installed, tools):
    install_fake(tools, "npm", "exit 0")
    install_fake(tools, "node", 'case "$1" in --version) echo v18.0.0 ;; *) exit 1 ;; esac')
    assert_one_line_error(run(installed, path=str(tools)), message="Node v18.0.0 is too old")


def test_node_is_not_needed_when_the_frontend_is_built(installed, tools):
    mark_frontend_built(installed)
    result = run(installed, "--port", "70000", path=str(tools))
    assert_one_line_error(result, message="CommandError: there is no port 70000")


def test_unwritable_data_directory_is_an_error(installed, tools):
    mark_frontend_built(installed)
    result = run(installed, path=str(tools), TROLLEY_DATA="/dev/null/data")
    assert_one_line_error(result, message="trolley: TROLLEY_DATA: cannot write to /dev/null/data")


def test_wrong_settings_get_the_same_lines_from_every_command(installed, tools):
    """CFG-1"""
    mark_frontend_built(installed)
    wrong = {"TROLLEY_THREADS": "0", "TROLLEY_TRUSTED_PROXIES": "10.0.0.0/33"}
    lines = [
        'trolley: TROLLEY_TRUSTED_PROXIES: "10.0.0.0/33" is not an address or a network, '
        "such as 10.0.0.2 or 10.0.0.0/8",
        'trolley: TROLLEY_THREADS: "0" is not a whole number from 1 to 256',
    ]
    for arguments in ((), ("manage", "check"), ("manage", "migrate")):
        result = run(installed, *arguments, path=str(tools), **wrong)
        assert (result.returncode, result.stdout) == (2, "")
        assert result.stderr.splitlines() == lines
    assert not (installed / "data").exists()


def test_port_is_read_from_the_environment(installed, tools):
    mark_frontend_built(installed)
    result = run(installed, path=str(tools), TROLLEY_PORT="8", TROLLEY_HOST="203.0.113.1")
    assert_one_line_error(result, message="cannot listen on 203.0.113.1 port 8: ")


def test_frontend_is_built_once(installed, tools):
    install_fake(tools, "node", "exit 0")
    install_fake(tools, "npm", "echo $* >>npm.log; mkdir -p frontend/node_modules frontend/dist")
    for _ in range(2):
        result = run(installed, "--port", "70000", path=str(tools))
        assert "no port 70000" in result.stderr
    assert (installed / "npm.log").read_text().splitlines() == [
        "--prefix frontend ci --no-audit --no-fund --loglevel=error",
        "--prefix frontend run --silent build",
    ]


def test_frontend_is_built_again_when_a_source_changed(installed, tools):
    mark_frontend_built(installed)
    source = next((installed / "frontend" / "src").rglob("*.ts"))
    source.write_text(source.read_text() + "\n")
    assert_one_line_error(run(installed, path=str(tools)), message="Node 20.19 or newer is missing")


def test_help_lists_the_commands(checkout, tools):
    result = run(checkout, "help", path=str(tools))
    assert result.returncode == 0
    assert "./run test" in result.stdout
    result = run(checkout, "nonsense", path=str(tools))
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == "trolley: there is no ./run nonsense"


def test_ci_calls_only_the_test_command():
    script = (ROOT / ".ci" / "run").read_text().splitlines()
    assert script[-1] == "exec ./run test"
    assert len(script) == 4


def test_no_file_names_a_package_registry():
    hosts = ["registry.np" + "mjs", "pypi" + ".org", "python" + "hosted"]
    pattern = "|".join(host.replace(".", r"\.") for host in hosts)
    listing = subprocess.run(
        ["git", "grep", "-lE", pattern], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert listing.stdout == ""


def test_requirements_are_pinned_by_hash():
    for name in ("base", "dev"):
        lines = (ROOT / "requirements" / f"{name}.txt").read_text().split("\n")
        pins = [line for line in lines if "==" in line and not line.startswith(" ")]
        assert pins
        assert all(line.endswith("\\") for line in pins)
    assert os.access(ROOT / "run", os.X_OK)
