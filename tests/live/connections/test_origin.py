"""Only our own pages and trusted origins may open a socket with an Origin header."""

from __future__ import annotations

import pytest

from live.connections.origin import is_same_origin


@pytest.mark.parametrize(
    ("origin", "scheme", "host"),
    [
        ("http://good.example", "http", "good.example"),
        ("http://good.example", "http", "good.example:80"),
        ("http://good.example:80", "http", "good.example"),
        ("https://good.example", "https", "good.example:443"),
        ("http://GOOD.example", "http", "good.Example"),
        ("http://192.168.0.7:8000", "http", "192.168.0.7:8000"),
        ("http://[::1]:8000", "http", "[::1]:8000"),
    ],
)
def test_origin_is_ours_when_scheme_host_and_port_match(origin, scheme, host):
    """SEC-1"""
    assert is_same_origin(origin, scheme=scheme, host=host)


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "good.example",
        "//good.example",
        "http://good.example.evil",
        "http://evil-good.example",
        "http://good.example:8080",
        "https://good.example",
        "http://good.example/",
        "http://good.example@evil.example",
        "http://evil.example@good.example",
        "http://good.example:port",
        "http://good.example:99999",
        "ftp://good.example",
        "file://",
        "http://good.example http://good.example",
        "http://good.example\n",
        "http://[::1",
    ],
)
def test_origin_is_foreign_when_any_part_differs(origin):
    """SEC-1"""
    assert not is_same_origin(origin, scheme="http", host="good.example")


def test_trusted_origin_is_accepted():
    trusted = ["https://lists.example", "https://*.home.example"]
    check = {"scheme": "http", "host": "inner:8000", "trusted": trusted}
    assert is_same_origin("https://lists.example", **check)
    assert is_same_origin("https://a.home.example", **check)
    assert not is_same_origin("https://home.example", **check)
    assert not is_same_origin("http://a.home.example", **check)
    assert not is_same_origin("https://a.home.example:8443", **check)
    assert not is_same_origin("https://evilhome.example", **check)
