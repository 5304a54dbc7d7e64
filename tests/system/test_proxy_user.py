"""Sign-in by the header of a trusted proxy, on a real server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from tests.support.processes import SSL_CONTEXT, TIMEOUT, ServerProcess

pytestmark = pytest.mark.system
ME = "/api/auth/me/"
ANA = {"Remote-User": "ana"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    data = tmp_path_factory.mktemp("proxy-user") / "data"
    with ServerProcess(
        data,
        TROLLEY_TRUSTED_PROXIES="127.0.0.1",
        TROLLEY_PROXY_AUTH_HEADER="Remote-User",
        TROLLEY_PROXY_AUTH_CREATE="true",
    ) as running:
        yield running


def test_trusted_proxy_signs_in_pages_and_sockets(server: ServerProcess) -> None:
    """PPL-14"""
    with httpx.Client(base_url=server.url, timeout=TIMEOUT, verify=SSL_CONTEXT) as browser:
        assert browser.get(ME, headers=ANA).json()["username"] == "ana"
        cookie = {"Cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items())}
    frames = {
        name: first_frame(server, {**cookie, **headers})
        for name, headers in {"ana": ANA, "bob": {"Remote-User": "bob"}, "nobody": {}}.items()
    }
    assert (frames["ana"]["type"], frames["ana"]["user"]["name"]) == ("welcome", "ana")
    assert frames["bob"]["code"] == frames["nobody"]["code"] == "not_signed_in"


def first_frame(server: ServerProcess, headers: dict[str, str]) -> dict[str, Any]:
    url = server.url.replace("http", "ws") + "/ws/"
    with connect(url, origin=server.url, additional_headers=headers) as socket:
        frame: dict[str, Any] = json.loads(str(socket.recv(TIMEOUT)).split("\n")[0])
    return frame


def test_header_of_an_untrusted_address_is_ignored(server: ServerProcess) -> None:
    """PPL-14"""
    other_address = httpx.HTTPTransport(local_address="127.0.0.2", verify=SSL_CONTEXT)
    with httpx.Client(base_url=server.url, timeout=TIMEOUT, transport=other_address) as client:
        for headers in (ANA, {**ANA, "X-Forwarded-For": "127.0.0.1"}, {"Remote_User": "ana"}):
            assert client.get(ME, headers=headers).status_code == 401
    server.wait_for_output(r"127\.0\.0\.2 names a user")
