"""Which server the views of the terminal use, and with which token."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from accounts.models import ApiToken, User
from live.terminal.live_client import should_reconnect
from live.terminal.server_access import (
    AccessError,
    TemporaryToken,
    TokenFromFile,
    is_on_this_machine,
    local_url,
    owner_or_user,
    socket_url,
)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://list.example.org", "wss://list.example.org/ws/"),
        ("http://127.0.0.1:8000/", "ws://127.0.0.1:8000/ws/"),
        ("localhost:8000", "ws://localhost:8000/ws/"),
        ("http://[::1]:8000", "ws://[::1]:8000/ws/"),
    ],
)
def test_socket_has_the_address_of_the_server(url: str, address: str) -> None:
    """TRM-2"""
    assert socket_url(url) == address


@pytest.mark.parametrize(
    "url", ["", "ftp://a", "http://a/list/", "http://a:b", "http://a?x=1", "http://ana:pw@a", "//"]
)
def test_wrong_url_is_refused(url: str) -> None:
    """TRM-2"""
    with pytest.raises(AccessError, match="is not a URL such as"):
        socket_url(url)


def test_only_loopback_addresses_are_this_machine() -> None:
    """TRM-2: a token that was created for the moment is sent nowhere else."""
    assert local_url("0.0.0.0", 8000) == "http://127.0.0.1:8000"
    assert local_url("::1", 8000) == "http://[::1]:8000"
    here = ("ws://127.0.0.1:8000/ws/", "ws://[::1]/ws/", "ws://localhost/ws/")
    assert all(map(is_on_this_machine, here))
    elsewhere = ("ws://10.0.0.2/ws/", "wss://localhost.example.org/ws/", "wss://127.0.0.1.nip.io/")
    assert not any(map(is_on_this_machine, elsewhere))


@pytest.mark.django_db(transaction=True)
def test_temporary_token_exists_only_while_it_is_used(ana: User) -> None:
    """TRM-2"""
    access = TemporaryToken(ana, "live top")
    access._delete()
    token = ApiToken.objects.filter(user=ana, name="live top")
    access.token()
    access.token()
    assert (token.get().scope, token.get().expiry is not None) == ("read", True)
    access.close()
    access.close()
    assert not token.exists()


@pytest.mark.django_db
def test_user_is_the_owner_or_the_named_one(ana: User) -> None:
    """TRM-2"""
    with pytest.raises(AccessError, match="there is no owner yet"):
        owner_or_user(None)
    assert owner_or_user("ANA") == ana
    with pytest.raises(AccessError, match="no user called mallory"):
        owner_or_user("mallory")
    User.objects.filter(pk=ana.pk).update(is_active=False)
    with pytest.raises(AccessError, match="ana is disabled"):
        owner_or_user("ana")


@pytest.mark.parametrize("content", [None, b"", b"two\nlines", b"\xff"])
def test_unusable_token_file_is_refused(tmp_path: Path, content: bytes | None) -> None:
    """TRM-2"""
    path = tmp_path / "token"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(AccessError, match=str(path)):
        TokenFromFile(path, is_for_this_machine=True)


@pytest.mark.parametrize(
    ("code", "expected"), [(1001, True), (1006, True), (4001, True), (4501, False), (1009, False)]
)
def test_close_code_decides_about_a_reconnect(code: int, expected: Any) -> None:
    """TRM-3"""
    assert should_reconnect(code) is expected
