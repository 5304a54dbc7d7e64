"""Every command and every health check of docker-compose.yml, as processes of this machine."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import httpx
import pytest
import redis
import yaml

from asgi_project.topology.compose_file import Service, read_services
from asgi_project.topology.processes import Topology, TopologyError, free_ports
from tests.support.databases import fresh_database
from tests.support.local_topology import VARIABLES, compose_text, local_place, local_topology
from tests.support.processes import ROOT, TIMEOUT, process_environment

pytestmark = pytest.mark.system
EXAMPLE_PASSWORD = VARIABLES["REDIS_PASSWORD"]


def image_commands() -> tuple[list[str], list[str]]:
    """Return the command and the health check of the image."""
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    commands = re.findall(r"^\s*CMD (\[.*\])$", dockerfile, re.MULTILINE)
    check, command = (json.loads(text) for text in commands)
    return command, check


def run_check(service: Service, **environment: str) -> bool:
    """Run the health check of a service as compose does in its container."""
    check = service.health_check or image_commands()[1]
    command = [sys.executable if word == "python" else word for word in check]
    result = subprocess.run(
        command,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **service.environment, **environment},
        capture_output=True,
        timeout=TIMEOUT,
        check=False,
    )
    return result.returncode == 0


def becomes_healthy(service: Service, **environment: str) -> bool:
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        if run_check(service, **environment):
            return True
        time.sleep(0.05)
    return False


def services_with(**environment: str) -> Mapping[str, Service]:
    return read_services(compose_text(), {**VARIABLES, **environment})


@pytest.fixture
def folder():
    """A folder for the output of Redis, which the check of Trolley's own logs does not read."""
    with TemporaryDirectory(prefix="trolley-redis-") as name:
        yield Path(name)


@pytest.fixture
def compose_redis(folder):
    """The Redis of the compose file, on a port of its own."""
    (port,) = free_ports(1)
    service = services_with()["redis"]
    service.environment["REDIS_PORT"] = str(port)
    path = {"PATH": os.environ["PATH"]}
    with Topology([service], root=ROOT, folder=folder, environment=path) as topology:
        topology.start_service("redis")
        assert becomes_healthy(service), topology.log("redis")
        yield service


def redis_url(service: Service, *, password: str = EXAMPLE_PASSWORD) -> str:
    return f"redis://:{password}@127.0.0.1:{service.environment['REDIS_PORT']}/0"


def test_redis_has_the_password_and_its_check_needs_it(compose_redis):
    """SCL-1"""
    with redis.Redis.from_url(redis_url(compose_redis)) as client:
        assert client.ping()
        assert client.config_get("save") == {"save": ""}
    with (
        redis.Redis.from_url(redis_url(compose_redis, password="wrong")) as client,
        pytest.raises(redis.AuthenticationError),
    ):
        client.ping()
    assert not run_check(compose_redis, REDIS_PASSWORD="wrong")


def test_redis_without_a_password_does_not_start(folder):
    """CFG-9"""
    service = read_services(compose_text(), {})["redis"]
    service.environment["REDIS_PORT"] = str(free_ports(1)[0])
    path = {"PATH": os.environ["PATH"]}
    with (
        Topology([service], root=ROOT, folder=folder, environment=path) as topology,
        pytest.raises(TopologyError, match=r"set REDIS_PASSWORD in \.env"),
    ):
        topology.run("redis")
    assert not run_check(service)


def test_check_of_postgresql_says_whether_it_answers(postgres_url):
    """SCL-1"""
    service = services_with()["postgres"]
    parts = urlsplit(postgres_url)
    assert run_check(service, PGPORT=str(parts.port or 5432))
    assert not run_check(service, PGPORT=str(free_ports(1)[0]))
    scaled = services_with()["app-1"].environment["DATABASE_URL"]
    assert urlsplit(scaled).password == VARIABLES["POSTGRES_PASSWORD"]


def test_default_service_serves_from_sqlite_by_the_command_of_the_image(tmp_path):
    """SCL-1"""
    command, _ = image_commands()
    (port,) = free_ports(1)
    service = services_with()["trolley"]
    assert service.command == []
    own = {"TROLLEY_PORT": str(port), "TROLLEY_DATA": str(tmp_path / "data")}
    service.environment.update(own)
    service.command[:] = [sys.executable if word == "python" else word for word in command]
    with Topology(
        [service], root=ROOT, folder=tmp_path, environment=process_environment(tmp_path)
    ) as topology:
        assert not run_check(service)
        topology.start_service("trolley")
        assert becomes_healthy(service), topology.log("trolley")
        assert topology.stop_app("trolley") < 10
        assert "/setup/#" in topology.log("trolley")


@pytest.mark.postgres
@pytest.mark.redis
def test_scaled_services_start_in_order_and_are_healthy(tmp_path, postgres_url, compose_redis):
    """SCL-1, SCL-4: from one environment, with the Redis of the same file."""
    require_caddy()
    with fresh_database(postgres_url) as database:
        place = local_place(
            tmp_path, count=2, database_url=database, redis_url=redis_url(compose_redis)
        )
        with local_topology(place) as topology:
            with pytest.raises(TopologyError, match=r"run `manage\.py prepare_database` first"):
                topology.start_app("app-1")
            topology.start()
            for name in ("app-1", "app-2", "proxy"):
                assert run_check(topology.services[name]), name
            assert topology.log("migrate").count("/setup/#") == 1
            assert "/setup/" not in topology.log("app-1") + topology.log("app-2")
            assert httpx.get(f"{place.url}/setup/").status_code == 200
            topology.stop_app("proxy")
            assert not run_check(topology.services["proxy"])


@pytest.mark.postgres
def test_process_without_a_configured_key_refuses_to_start(tmp_path, postgres_url, compose_redis):
    """SCL-2"""
    with fresh_database(postgres_url) as database:
        place = local_place(
            tmp_path, count=1, database_url=database, redis_url=redis_url(compose_redis)
        )
        with local_topology(place, SECRET_KEY="") as topology:
            with pytest.raises(TopologyError, match="SECRET_KEY: it is not set"):
                topology.run("migrate")
            with pytest.raises(TopologyError, match="SECRET_KEY: it is not set"):
                topology.start_app("app-1")


@pytest.mark.postgres
@pytest.mark.redis
def test_no_request_is_lost_while_processes_stop_and_start(tmp_path, postgres_url, compose_redis):
    """SCL-4: a request that reaches no process goes to another one."""
    require_caddy()
    with fresh_database(postgres_url) as database:
        place = local_place(
            tmp_path, count=2, database_url=database, redis_url=redis_url(compose_redis)
        )
        with local_topology(place) as topology, httpx.Client(base_url=place.url) as client:
            topology.start()
            answers = [client.get("/healthz").status_code for _ in range(10)]
            process = topology.processes["app-1"]
            process.kill()
            answers += [client.get("/healthz").status_code for _ in range(50)]
            process.wait()
            topology.start_app("app-1")
            topology.processes["app-2"].terminate()
            answers += [client.get("/healthz").status_code for _ in range(50)]
            assert set(answers) == {200}


def test_compose_file_is_valid():
    """SCL-1: by the schema of the Compose specification."""
    command = ["--builtin-schema", "vendor.compose-spec", str(ROOT / "docker-compose.yml")]
    checker = Path(sys.executable).parent / "check-jsonschema"
    result = subprocess.run([checker, *command], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    broken = compose_text().replace("read_only: true", "read_only: [true]")
    wrong = subprocess.run(
        [checker, *command[:2], "-"], input=broken, capture_output=True, text=True, check=False
    )
    assert wrong.returncode != 0


def test_app_containers_are_equal_and_keep_no_state():
    """SCL-2"""
    services = yaml.safe_load(compose_text())["services"]
    apps = [service for name, service in services.items() if name.startswith("app-")]
    assert len(apps) >= 2
    assert all(app == apps[0] for app in apps)
    assert "volumes" not in apps[0]
    assert apps[0]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    upstreams = services["proxy"]["environment"]["CADDY_UPSTREAMS"].split()
    assert upstreams == [f"{name}:8000" for name in services if name.startswith("app-")]


def test_image_runs_as_a_user_and_has_every_package_compiled():
    """SCL-1"""
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    last_stage = dockerfile.rpartition("\nFROM ")[2]
    assert re.search(r"^USER trolley$", last_stage, re.MULTILINE)
    compiled = re.search(r"compileall -q (.*?) \\", last_stage)
    assert compiled is not None
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - set(ignored)
    assert set(compiled[1].split()) == {"manage.py", *packages}


def require_caddy() -> None:
    if shutil.which("caddy") is None:
        pytest.skip("Caddy is not installed: apt install caddy")
