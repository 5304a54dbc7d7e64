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


def fake(tools: Path, name: str, script: str) -> None:
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


def built(checkout: Path) -> None:
    """Make the frontend look built, from the sources that are there."""
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


def one_line(done, *, says: str) -> None:
    assert done.returncode != 0
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    assert says in done.stderr


def test_it_says_how_to_get_python(checkout, tools):
    one_line(run(checkout, path=str(tools)), says="Python 3.11 or newer is missing: apt install")


def test_it_does_not_take_an_old_python(checkout, tools):
    fake(tools, "python3", "exit 1")
    one_line(run(checkout, path=str(tools)), says="Python 3.11 or newer is missing")


def test_it_says_how_to_get_venv(checkout, tools):
    fake(
        tools,
        "python3",
        'case "$1" in -m) echo noise; exit 1 ;; --version) echo Python 3.11 ;; esac',
    )
    done = run(checkout, path=str(tools))
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("trolley: cannot create .venv: apt install")
    assert not (checkout / ".venv").exists()


def test_it_says_how_to_get_node_when_the_frontend_must_be_built(installed, tools):
    one_line(run(installed, path=str(tools)), says="Node 20.19 or newer is missing")


def test_it_does_not_take_an_old_node(installed, tools):
    fake(tools, "npm", "exit 0")
    fake(tools, "node", 'case "$1" in --version) echo v18.0.0 ;; *) exit 1 ;; esac')
    one_line(run(installed, path=str(tools)), says="Node v18.0.0 is too old")


def test_it_needs_no_node_once_the_frontend_is_built(installed, tools):
    built(installed)
    done = run(installed, "--port", "70000", path=str(tools))
    one_line(done, says="CommandError: there is no port 70000")


def test_it_refuses_a_data_directory_that_it_cannot_write(installed, tools):
    built(installed)
    done = run(installed, path=str(tools), TROLLEY_DATA="/dev/null/data")
    one_line(done, says="trolley: TROLLEY_DATA: cannot write to /dev/null/data")


def test_it_takes_the_port_from_the_environment(installed, tools):
    built(installed)
    done = run(installed, path=str(tools), TROLLEY_PORT="8", TROLLEY_HOST="203.0.113.1")
    one_line(done, says="cannot listen on 203.0.113.1 port 8: ")


def test_it_builds_the_frontend_once(installed, tools):
    fake(tools, "node", "exit 0")
    fake(tools, "npm", "echo $* >>npm.log; mkdir -p frontend/node_modules frontend/dist")
    for _ in range(2):
        done = run(installed, "--port", "70000", path=str(tools))
        assert "no port 70000" in done.stderr
    assert (installed / "npm.log").read_text().splitlines() == [
        "--prefix frontend ci --no-audit --no-fund --loglevel=error",
        "--prefix frontend run --silent build",
    ]


def test_it_builds_again_when_a_source_changed(installed, tools):
    built(installed)
    source = next((installed / "frontend" / "src").rglob("*.ts"))
    source.write_text(source.read_text() + "\n")
    one_line(run(installed, path=str(tools)), says="Node 20.19 or newer is missing")


def test_it_explains_itself(checkout, tools):
    done = run(checkout, "help", path=str(tools))
    assert done.returncode == 0
    assert "./run test" in done.stdout
    done = run(checkout, "nonsense", path=str(tools))
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "trolley: there is no ./run nonsense"


def test_the_ci_calls_the_test_command_and_nothing_else():
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
