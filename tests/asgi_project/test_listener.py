"""The listening socket: an address that cannot be used is one line."""

import pytest

from asgi_project.serving.listener import AddressError, open_listener


@pytest.mark.parametrize("host", ["a" * 70, "a..b", "203.0.113.1", "no such host"])
def test_host_that_cannot_be_listened_on_is_an_error_of_one_line(host):
    """CFG-1"""
    with pytest.raises(AddressError) as raised:
        open_listener(host, 0)
    assert host in str(raised.value)
    assert "\n" not in str(raised.value)
