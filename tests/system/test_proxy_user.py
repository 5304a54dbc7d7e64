"""Signing in by a proxy's header, on a real server."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest
from websockets.sync.client import connect

from tests.support.server_process import CERTIFICATES, PATIENCE, Serving

pytestmark = pytest.mark.system
ME = "/api/auth/me/"
ANA = {"Remote-User": "ana"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    data = tmp_path_factory.mktemp("proxied") / "data"
    with Serving(
        data,
        TROLLEY_TRUSTED_PROXIES="127.0.0.1",
        TROLLEY_PROXY_AUTH_HEADER="Remote-User",
        TROLLEY_PROXY_AUTH_CREATE="true",
    ) as running:
        yield running


def test_the_proxy_signs_pages_and_sockets_in(server: Serving) -> None:
    """PPL-14"""
    with httpx.Client(base_url=server.url, timeout=PATIENCE, verify=CERTIFICATES) as browser:
        assert browser.get(ME, headers=ANA).json()["username"] == "ana"
        cookie = f"sessionid={browser.cookies['sessionid']}"
    address = server.url.replace("http", "ws") + "/ws/"
    with connect(address, origin=server.url, additional_headers={"Cookie": cookie}) as socket:
        welcome = json.loads(socket.recv(PATIENCE))
    assert (welcome["type"], welcome["user"]["name"]) == ("welcome", "ana")


def test_whoever_is_no_proxy_is_nobody(server: Serving) -> None:
    """PPL-14"""
    elsewhere = httpx.HTTPTransport(local_address="127.0.0.2", verify=CERTIFICATES)
    with httpx.Client(base_url=server.url, timeout=PATIENCE, transport=elsewhere) as stranger:
        for headers in (ANA, {**ANA, "X-Forwarded-For": "127.0.0.1"}, {"Remote_User": "ana"}):
            assert stranger.get(ME, headers=headers).status_code == 401
    server.wait_for(r"127\.0\.0\.2 names a user")
