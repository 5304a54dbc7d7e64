"""Where a request comes from: one spelling of each address, and the network that is counted."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from rest.client_address import (
    NO_ADDRESS,
    client_network,
    first_address,
    network_of,
    parse_address,
    scope_network,
)

SPELLINGS = {
    "198.51.100.7": "198.51.100.7",
    " 198.51.100.7\t": "198.51.100.7",
    "198.51.100.7:4711": "198.51.100.7",
    '"198.51.100.7"': "198.51.100.7",
    "::ffff:198.51.100.7": "198.51.100.7",
    "::FFFF:c633:6407": "198.51.100.7",
    "[::ffff:198.51.100.7]:80": "198.51.100.7",
    "2001:DB8::7": "2001:db8::7",
    "2001:0db8:0000:0000:0000:0000:0000:0007": "2001:db8::7",
    "[2001:db8::7]": "2001:db8::7",
    "[2001:db8::7]:443": "2001:db8::7",
    '"[2001:db8::7]:443"': "2001:db8::7",
    "fe80::1%eth0": "fe80::1",
    "[fe80::1%25eth0]:443": "fe80::1",
    "::1": "::1",
    # No addresses.
    "": None,
    "unknown": None,
    "_hidden": None,
    "localhost": None,
    "198.51.100": None,
    "198.51.100.7.9": None,
    "1.2.3.4:5:6": None,
    "[2001:db8::7": None,
    "[2001:db8::7]x": None,
    "2001:db8::7::1": None,
    "198.51.100.7, 10.0.0.1": None,
    "/run/trolley.sock": None,
    "1" * 5_000: None,
}


@pytest.mark.parametrize(("text", "address"), SPELLINGS.items(), ids=lambda value: repr(value)[:40])
def test_address_has_one_spelling(text: str, address: str | None) -> None:
    """SEC-19, cases B1 and B3."""
    assert parse_address(text) == address


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("64:ff9b::198.51.100.7", "64:ff9b::c633:6407"),
        ("2001:db8::7", "2001:db8::/64"),
        ("2001:db8:0:1::7", "2001:db8:0:1::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", NO_ADDRESS),
        ("unknown", NO_ADDRESS),
        (None, NO_ADDRESS),
    ],
)
def test_network_is_the_address_or_the_ipv6_prefix(address: str | None, network: str) -> None:
    """RATE-1"""
    assert network_of(address) == network
    request = RequestFactory().get("/")
    request.META["REMOTE_ADDR"] = address
    assert client_network(request) == network
    assert first_address(request) == network.removesuffix("/64")
    assert scope_network({"client": address and (address, 1)}) == network


def test_client_of_a_unix_socket_has_a_network() -> None:
    assert scope_network({"client": None}) == scope_network({}) == NO_ADDRESS
