"""The network address by which clients without a user are counted."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from rest.client_address import client_network


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("2001:db8::7", "2001:db8::/64"),
        ("2001:db8:0:1::7", "2001:db8:0:1::/64"),
        ("", "0.0.0.0"),
    ],
)
def test_network_is_the_address_or_the_ipv6_prefix(address: str, network: str) -> None:
    """RATE-1"""
    request = RequestFactory().get("/", REMOTE_ADDR=address)
    assert client_network(request) == network
