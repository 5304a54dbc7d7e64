"""What ships is what Django's own checklist asks for."""

from __future__ import annotations

import os
import subprocess
import sys
from ipaddress import ip_address, ip_network

import pytest
import yaml

from tests.support.processes import ROOT, run_failing_start

pytestmark = pytest.mark.system


def test_check_deploy_is_clean(tmp_path):
    """SEC-9"""
    ours = {"TROLLEY_DATA": str(tmp_path), "TROLLEY_HTTPS": "true", "ALLOWED_HOSTS": "a.example"}
    environment = {**os.environ, **ours, "DJANGO_SETTINGS_MODULE": "asgi_project.settings"}
    command = ["manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_the_containers_believe_their_proxy_alone():
    """SEC-19"""
    composed = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    services, front = composed["services"], composed["networks"]["front"]["ipam"]["config"]
    address = services["proxy"]["networks"]["front"]["ipv4_address"]
    assert services["scaled"]["environment"]["TROLLEY_TRUSTED_PROXIES"] == address
    assert ip_address(address) in ip_network(front[0]["subnet"])
    # Whoever comes by another network comes from another address.
    assert list(services["proxy"]["networks"]) == ["front"]
    for name in ("postgres", "redis", "trolley"):
        assert "networks" not in services[name]


def test_it_does_not_start_with_a_placeholder_for_its_key(tmp_path):
    """SEC-25"""
    done = run_failing_start(tmp_path / "data", SECRET_KEY="changeme" * 8)
    assert done.returncode == 1
    assert done.stderr.startswith("trolley: SECRET_KEY must be ")
    assert not (tmp_path / "data" / "trolley.sqlite3").exists()


def test_a_half_open_peer_is_given_up_within_45_seconds():
    """SEC-15: that both servers keep to what they are told is theirs to test."""
    from asgi_project.serving import servers

    assert servers.PING_INTERVAL + servers.PING_TIMEOUT <= 45


def test_debug_is_off_unless_asked_for():
    """SEC-21"""
    from asgi_project import settings

    assert settings.DEBUG is False
