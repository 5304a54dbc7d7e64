"""`./run scale` as a person uses it."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest

from asgi_project.topology.env_file import EnvFileError, read_env_file
from asgi_project.topology.processes import free_ports
from tests.support.processes import ROOT, TIMEOUT, process_environment
from tests.system.test_compose_services import require_caddy

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]


def wait_until(condition, message):
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline, message
        time.sleep(0.05)


def temporary_databases(postgres_url: str) -> set[str]:
    with psycopg.connect(postgres_url) as connection:
        rows = connection.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE 'trolley_scale_%'"
        )
        return {name for (name,) in rows}


@pytest.fixture
def scale(tmp_path, postgres_url, redis_url):
    """`./run scale 2` without the installation of packages."""
    require_caddy()
    (port,) = free_ports(1)
    environment = process_environment(tmp_path)
    environment |= {"TROLLEY_TEST_POSTGRES": postgres_url, "TROLLEY_TEST_REDIS": redis_url}
    output = tmp_path / "scale-output"
    with output.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "asgi_project.topology", "2", "--port", str(port)],
            cwd=ROOT,
            env={**environment, "TMPDIR": str(tmp_path)},
            stdout=file,
            stderr=file,
        )
    try:
        wait_until(lambda: "Ctrl+C" in output.read_text(), "it does not start")
        yield process, f"http://localhost:{port}", output
    finally:
        if process.poll() is None:
            process.kill()


@pytest.mark.postgres
@pytest.mark.redis
def test_scale_restarts_what_ends_and_leaves_nothing_behind(scale, postgres_url, tmp_path: Path):
    """SCL-3"""
    process, url, output = scale
    assert f"serving on {url}/ by Caddy" in output.read_text()
    assert len(re.findall(r"/setup/#\S+", output.read_text())) == 1
    assert httpx.get(f"{url}/setup/").status_code == 200
    children = psutil.Process(process.pid).children()
    assert len(children) == 3
    children[0].kill()
    wait_until(lambda: "app-1 ended" in output.read_text(), "it was not started again")
    assert len(temporary_databases(postgres_url)) >= 1
    before = temporary_databases(postgres_url)
    children = psutil.Process(process.pid).children()
    # A terminal sends Ctrl+C to every process in it, so it may arrive more than once.
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    assert process.wait(TIMEOUT) == 0
    assert not any(child.is_running() for child in children)
    assert len(before - temporary_databases(postgres_url)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["scale-output"]


def test_port_that_is_in_use_is_named_before_anything_starts(tmp_path: Path):
    """SCL-3"""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        command = [sys.executable, "-m", "asgi_project.topology", "2", "--port", str(port)]
        environment = {**process_environment(tmp_path), "DATABASE_URL": "postgres://x/x"}
        scale = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
    assert scale.returncode == 1
    message = f"trolley: port {port} is in use: stop what uses it, or choose another with --port"
    assert scale.stderr.strip() == message


def test_free_ports_are_given_to_no_outgoing_connection():
    """SCL-3: a port is chosen some seconds before a process listens on it."""
    ports = free_ports(40)
    assert len(set(ports)) == 40
    assert max(ports) < 32_768


def test_env_file_is_read_as_compose_reads_it():
    """SCL-3"""
    text = """
# a comment
A=plain # and a comment
export B = 'it is # $literal'
C="quoted"
D=
E=https://list.example.org:8443/?x=y
"""
    assert read_env_file(text) == {
        "A": "plain",
        "B": "it is # $literal",
        "C": "quoted",
        "D": "",
        "E": "https://list.example.org:8443/?x=y",
    }
    with pytest.raises(EnvFileError, match=r"line 2 of \.env is not NAME=value"):
        read_env_file("A=1\npassword hunter2")
