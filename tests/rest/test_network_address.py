"""The address for other devices, of a server that is used at localhost."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from django.http import HttpRequest
from django.test import RequestFactory

from rest import network_address


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A server that listens on every address."""
    with socket.create_server(("", 0)) as server:
        yield server


def request_at(port: int, **meta: str) -> HttpRequest:
    here = {"REMOTE_ADDR": "127.0.0.1", "SERVER_NAME": "127.0.0.1", "SERVER_PORT": str(port)}
    return RequestFactory().get("/", **{**here, **meta})


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://localhost:8000/join/#s", True),
        ("http://127.0.0.1:8000", True),
        ("http://[::1]:8000", True),
        ("http://list.localhost", True),
        ("http://192.168.1.20:8000", False),
        ("https://list.example.org/join/#s", False),
        ("http://localhost.example.org", False),
    ],
)
def test_local_url_works_only_on_this_computer(url, expected):
    """INV-14"""
    assert network_address.is_local(url) is expected


def test_network_url_is_where_the_server_answers(listener, monkeypatch, settings):
    """INV-14"""
    settings.ALLOWED_HOSTS = ["*"]
    port = listener.getsockname()[1]
    monkeypatch.setattr(network_address, "_own_address", lambda: "127.0.0.2")
    assert network_address.network_url(request_at(port)) == f"http://127.0.0.2:{port}"
    ipv6 = request_at(port, REMOTE_ADDR="::1", SERVER_NAME="::1")
    assert network_address.network_url(ipv6) == f"http://127.0.0.2:{port}"
    settings.ALLOWED_HOSTS = ["localhost"]
    assert network_address.network_url(request_at(port)) is None


def test_network_url_is_not_known_when_the_server_does_not_listen_there(monkeypatch, settings):
    """INV-14"""
    settings.ALLOWED_HOSTS = ["*"]
    monkeypatch.setattr(network_address, "_own_address", lambda: "127.0.0.2")
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert network_address.network_url(request_at(server.getsockname()[1])) is None


@pytest.mark.parametrize(
    "meta", [{"REMOTE_ADDR": "172.17.0.1"}, {"SERVER_NAME": "172.17.0.2"}, {"REMOTE_ADDR": ""}]
)
def test_network_url_is_not_known_behind_a_container_or_a_proxy(
    listener, monkeypatch, settings, meta
):
    """INV-14"""
    settings.ALLOWED_HOSTS = ["*"]
    monkeypatch.setattr(network_address, "_own_address", lambda: "127.0.0.2")
    request = request_at(listener.getsockname()[1], **meta)
    assert network_address.network_url(request) is None


def test_network_url_is_not_known_without_a_network(listener, monkeypatch, settings):
    """INV-14"""
    settings.ALLOWED_HOSTS = ["*"]
    monkeypatch.setattr(network_address, "_own_address", lambda: None)
    assert network_address.network_url(request_at(listener.getsockname()[1])) is None
