"""Only a trusted proxy can name the user of a request."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from accounts.proxy_auth import REMOTE_USER
from asgi_project import asgi
from asgi_project.middleware.proxy_user import validate_header

PROXY, OTHER_CLIENT = ("10.1.2.3", 4711), ("198.51.100.7", 4711)
ANA = (b"remote-user", b"ana")


@pytest.fixture
def configured(settings):
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    settings.PROXY_AUTH_HEADER = "Remote-User"


async def inner_scope(headers, client=PROXY, kind="http"):
    """Return the scope that the inner application gets."""
    scopes = []

    async def app(scope, receive, send):
        scopes.append(scope)

    scope = {"type": kind, "headers": list(headers), "client": client, "scheme": "http"}
    await asgi._trust_proxies(app)(scope, None, None)
    return scopes[0]


@pytest.mark.parametrize("kind", ["http", "websocket"])
async def test_user_header_of_trusted_proxy_is_accepted(configured, kind):
    """PPL-14"""
    scope = await inner_scope([ANA, (b"accept", b"*/*")], kind=kind)
    assert scope[REMOTE_USER] == "ana"
    assert scope["headers"] == [(b"accept", b"*/*")]


async def test_user_header_of_other_client_is_removed_and_logged(configured, caplog):
    """PPL-14"""
    scope = await inner_scope([ANA], client=OTHER_CLIENT)
    assert (scope[REMOTE_USER], scope["headers"]) == (None, [])
    assert "198.51.100.7 names a user" in caplog.text


async def test_user_header_is_ignored_when_proxy_address_is_forged(configured):
    """PPL-14"""
    forged = [(b"x-forwarded-for", b"10.1.2.3"), ANA]
    assert (await inner_scope(forged, client=OTHER_CLIENT))[REMOTE_USER] is None


async def test_user_header_is_trusted_by_proxy_address_not_client_address(configured):
    """PPL-14"""
    scope = await inner_scope([(b"x-forwarded-for", b"203.0.113.9"), ANA])
    assert (scope[REMOTE_USER], scope["client"][0]) == ("ana", "203.0.113.9")


@pytest.mark.parametrize("name", [b"remote_user", b"Remote_User", b"REMOTE_USER"])
async def test_lookalike_header_yields_no_user(configured, name):
    """PPL-14"""
    scope = await inner_scope([(name, b"olga")])
    assert (scope[REMOTE_USER], scope["headers"]) == (None, [])
    assert (await inner_scope([(name, b"olga"), ANA]))[REMOTE_USER] == "ana"


async def test_repeated_header_yields_no_user(configured):
    """PPL-14"""
    assert (await inner_scope([(b"remote-user", b"olga"), ANA]))[REMOTE_USER] is None


async def test_empty_header_yields_no_user(configured):
    assert (await inner_scope([(b"remote-user", b" ")]))[REMOTE_USER] is None
    assert REMOTE_USER not in await inner_scope([])


async def test_scope_key_cannot_be_set_by_a_header(configured):
    """PPL-14"""
    scope = await inner_scope([(REMOTE_USER.encode(), b"olga")])
    assert scope.get(REMOTE_USER) is None


async def test_user_header_is_decoded_as_utf_8(configured):
    scope = await inner_scope([(b"remote-user", "zo\u00eb".encode())])
    assert scope[REMOTE_USER] == "zo\u00eb"


async def test_proxy_authentication_is_off_by_default(settings):
    """PPL-14"""
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    assert settings.PROXY_AUTH_HEADER == ""
    scope = await inner_scope([ANA])
    assert (scope.get(REMOTE_USER), scope["headers"]) == (None, [ANA])


async def test_user_header_is_accepted_when_proxy_address_is_written_as_ipv6(configured):
    """PPL-14, case B3."""
    scope = await inner_scope([ANA], client=("::ffff:10.1.2.3", 4711))
    assert scope[REMOTE_USER] == "ana"


@pytest.mark.parametrize(
    "proxies", [[], ["*"], ["10.0.0.1", "*"], ["0.0.0.0/0"], ["10.0.0.1", "::/0"]]
)
def test_proxy_header_requires_trusted_proxies(proxies):
    """PPL-14"""
    with pytest.raises(ImproperlyConfigured, match="TROLLEY_TRUSTED_PROXIES"):
        validate_header("Remote-User", proxies)
    assert validate_header("", proxies) == ""


def test_proxy_header_requires_a_valid_header_name():
    with pytest.raises(ImproperlyConfigured, match="name of a header"):
        validate_header("Remote_User", ["10.0.0.1"])
