"""The default deployment passes Django's deployment checklist."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from ipaddress import ip_address, ip_network

import pytest
import yaml

from asgi_project.environment import combinations
from asgi_project.environment.reader import examine
from tests.support.processes import ROOT, run_failing_start

pytestmark = pytest.mark.system


def test_check_deploy_reports_no_issues(tmp_path):
    """SEC-9"""
    variables = {
        "TROLLEY_DATA": str(tmp_path),
        "TROLLEY_HTTPS": "true",
        "ALLOWED_HOSTS": "a.example",
    }
    environment = {**os.environ, **variables, "DJANGO_SETTINGS_MODULE": "asgi_project.settings"}
    command = ["manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    result = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert "no issues" in result.stdout


def test_scaled_containers_trust_only_the_proxy_container():
    """SEC-19"""
    composed = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    services, front = composed["services"], composed["networks"]["front"]["ipam"]["config"]
    address = services["proxy"]["networks"]["front"]["ipv4_address"]
    for name in ("migrate", "app-1", "app-2"):
        assert services[name]["environment"]["TROLLEY_TRUSTED_PROXIES"] == address
    assert ip_address(address) in ip_network(front[0]["subnet"])
    # A client in another network would have another address.
    assert list(services["proxy"]["networks"]) == ["front"]
    for name in ("postgres", "redis", "trolley", "migrate"):
        assert "networks" not in services[name]


def test_containers_have_limits_and_no_password_of_their_own():
    """CFG-9"""
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    services = yaml.safe_load(text)["services"]
    for name, service in services.items():
        assert {"mem_limit", "pids_limit"} <= service.keys(), name
        assert service["security_opt"] == ["no-new-privileges:true"], name
    assert set(re.findall(r"\$\{\w+_PASSWORD(.*?)\}", text)) == {":-"}
    assert all(text.count(f"{name}_PASSWORD") > 1 for name in ("POSTGRES", "REDIS"))


def test_image_contains_no_secrets_of_the_checkout():
    """CFG-9"""
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert {"**/.env*", "data", "**/*.sqlite3*", ".git"} <= set(ignored)
    assert "ignore-scripts=true" in (ROOT / "frontend" / ".npmrc").read_text().split()


def test_hsts_is_for_this_host_unless_more_is_asked_for():
    """CFG-10: Django's own values follow from the setting."""
    for value, expected in (
        ("", (31_536_000, False, False)),
        ("subdomains", (31_536_000, True, False)),
        ("PRELOAD", (31_536_000, True, True)),
        ("off", (0, False, False)),
    ):
        environment = {"TROLLEY_HTTPS": "true", "TROLLEY_HSTS": value}
        assert combinations.hsts(examine(environment)) == expected


def test_server_refuses_to_start_with_a_placeholder_secret_key(tmp_path):
    """SEC-25"""
    result = run_failing_start(tmp_path / "data", SECRET_KEY="changeme" * 8)
    assert result.returncode == 2
    assert result.stderr.startswith("trolley: SECRET_KEY: it must be ")
    assert not (tmp_path / "data" / "trolley.sqlite3").exists()


def test_half_open_peer_is_disconnected_within_45_seconds():
    """SEC-15: that both servers apply these values is tested with each server."""
    from asgi_project.serving import servers

    assert servers.PING_INTERVAL + servers.PING_TIMEOUT <= 45


def test_debug_is_off_by_default():
    """SEC-21"""
    from asgi_project import settings

    assert settings.DEBUG is False
