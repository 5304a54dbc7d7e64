"""Which clients may open a socket, and how the others are rejected."""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import replace

import pytest
from django.utils import timezone

from live.connections import identity
from live.db_threads import run_in_db_thread
from live.protocol.frames import CloseCode
from tests.support.socket_client import HOST, ORIGIN, TIMEOUT

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "",
        f"http://{HOST}.evil.example",
        f"http://{HOST}:8080",
        f"https://{HOST}",
        f"{ORIGIN}/",
    ],
)
async def test_foreign_origin_is_rejected_before_accept(
    open_client, create_session, ana, origin, caplog
):
    """LIV-12, SEC-1."""
    key = await run_in_db_thread(create_session, ana)
    client = await open_client(session=key, origin=origin)
    assert not client.accepted
    assert "foreign origin" in caplog.text


async def test_foreign_origins_cannot_fill_the_log(open_client, caplog):
    """SEC-18"""
    for _ in range(20):
        client = await open_client(origin="http://evil.example")
        assert not client.accepted
    assert caplog.text.count("foreign origin") == 10


async def test_foreign_origin_is_rejected_when_token_is_valid(open_client, create_token, ana):
    client = await open_client(
        token=await run_in_db_thread(create_token, ana), origin="http://evil.example"
    )
    assert not client.accepted


async def test_two_origin_headers_are_rejected(open_client):
    client = await open_client(headers=[(b"origin", b"http://evil.example")])
    assert not client.accepted


@pytest.mark.parametrize("order", [1, -1])
async def test_two_tokens_in_headers_are_rejected(open_client, create_token, ana, order):
    """SEC-3: as in a request; it may be that a proxy added one of them."""
    token = await run_in_db_thread(create_token, ana)
    values = [f"Bearer {token}".encode(), b"Bearer trl_other"][::order]
    client = await open_client(origin=None, headers=[(b"authorization", each) for each in values])
    assert (await client.next())["code"] == "not_signed_in"


async def test_cookies_of_two_headers_count(open_client, create_session, ana, settings):
    """LIV-55: a proxy may divide the header Cookie, as HTTP/2 does."""
    session = await run_in_db_thread(create_session, ana)
    name = settings.SESSION_COOKIE_NAME
    headers = [(b"cookie", f"{name}={session}".encode()), (b"cookie", b"theme=dark")]
    client = await open_client(headers=headers)
    assert (await client.next())["user"]["id"] == ana.pk


async def test_trusted_origin_is_accepted(open_client, create_session, ana, settings):
    settings.CSRF_TRUSTED_ORIGINS = ["https://lists.example"]
    client = await open_client(
        session=await run_in_db_thread(create_session, ana), origin="https://lists.example"
    )
    assert (await client.next())["type"] == "welcome"


async def test_unknown_host_is_rejected(open_client, create_session, ana, settings):
    settings.ALLOWED_HOSTS = ["other.example"]
    client = await open_client(session=await run_in_db_thread(create_session, ana))
    assert not client.accepted


async def test_only_https_origin_is_accepted_behind_tls_proxy(
    open_client, create_session, ana, settings
):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    proxied = [(b"x-forwarded-proto", b"https")]
    key = await run_in_db_thread(create_session, ana)
    client = await open_client(session=key, origin=f"https://{HOST}", headers=proxied)
    assert (await client.next())["type"] == "welcome"
    other_client = await open_client(session=key, origin=f"http://{HOST}", headers=proxied)
    assert not other_client.accepted


async def test_session_cookie_is_ignored_without_origin(open_client, create_session, ana):
    client = await open_client(session=await run_in_db_thread(create_session, ana), origin=None)
    assert client.accepted
    assert await client.wait_closed() == CloseCode.NOT_SIGNED_IN


async def test_bearer_token_needs_no_origin(open_client, create_token, ana):
    client = await open_client(token=await run_in_db_thread(create_token, ana), origin=None)
    assert (await client.next())["user"]["id"] == ana.pk


@pytest.mark.parametrize("pasted", ["{}", "{}\n", " {}\r\n", "\u00a0{}\t", "\ufeff{}\u200b"])
async def test_auth_frame_authenticates_the_socket(
    live_runtime, open_client, create_token, ana, groceries, pasted
):
    """Case H2: with the white space that copying adds to a token."""
    live_runtime.periodic_tasks.intervals = replace(live_runtime.intervals, auth_timeout=TIMEOUT)
    client = await open_client(origin=None)
    token = await run_in_db_thread(create_token, ana)
    auth = json.dumps({"type": "auth", "token": pasted.format(token)})
    await client.send_text(auth + '\n{"type":"ping","id":5}')
    assert (await client.next())["type"] == "welcome"
    assert await client.next() == {"type": "pong", "id": 5}


async def test_cookie_is_ignored_when_the_token_is_in_a_frame(
    live_runtime, open_client, create_session, create_token, ana, bob, groceries
):
    """LIV-55, SEC-33: a wall screen of bob in a browser in which ana is signed in."""
    live_runtime.periodic_tasks.intervals = replace(live_runtime.intervals, auth_timeout=TIMEOUT)
    session = await run_in_db_thread(create_session, ana)
    token = await run_in_db_thread(create_token, bob, scope="read", list_id=groceries.pk)
    client = await open_client(path="/ws/?auth=frame", session=session)
    await client.send(type="auth", token=token)
    welcome = await client.next()
    assert (welcome["type"], welcome["user"]["id"]) == ("welcome", bob.pk)
    assert [each["id"] for each in welcome["lists"]] == [str(groceries.pk)]


async def test_header_is_ignored_when_the_token_is_in_a_frame(open_client, create_token, ana):
    """LIV-55"""
    token = await run_in_db_thread(create_token, ana)
    client = await open_client(path="/ws/?auth=frame", token=token, origin=None)
    assert await client.wait_closed() == CloseCode.NOT_SIGNED_IN


@pytest.mark.parametrize("query", ["?auth=frame", "?auth=cookie", "?auth=frame&auth=cookie"])
async def test_cookie_counts_unless_the_url_says_that_the_token_is_in_a_frame(
    open_client, create_session, ana, query
):
    """LIV-55"""
    session = await run_in_db_thread(create_session, ana)
    client = await open_client(path=f"/ws/{query}", session=session)
    if query == "?auth=frame":
        assert await client.wait_closed() == CloseCode.NOT_SIGNED_IN
    else:
        assert (await client.next())["user"]["id"] == ana.pk


async def test_unauthenticated_socket_is_closed_after_timeout(open_client):
    """SEC-14"""
    client = await open_client(origin=None)
    await client.send(type="ping", id=1)
    assert (await client.next())["code"] == "not_signed_in"
    assert await client.wait_closed() == CloseCode.NOT_SIGNED_IN
    error, bye = client.frames
    assert (error["code"], error["message"]) == ("not_signed_in", "no authentication in time")
    assert bye["type"] == "bye"


async def test_slow_database_does_not_trigger_auth_timeout(
    open_client, create_session, ana, monkeypatch
):
    """4501 means "do not reconnect": only a client that sent no credentials in time gets it."""
    original, resume = identity.identity_from_session, threading.Event()
    monkeypatch.setattr(
        identity,
        "identity_from_session",
        lambda key, **names: resume.wait(TIMEOUT) and original(key, **names),
    )
    client = await open_client(session=await run_in_db_thread(create_session, ana))
    anonymous = await open_client(origin=None)
    assert await anonymous.wait_closed() == CloseCode.NOT_SIGNED_IN
    resume.set()
    assert (await client.next())["type"] == "welcome"


@pytest.mark.parametrize("credential", ["header", "frame", "cookie"])
async def test_wrong_secret_returns_not_signed_in_and_closes(open_client, credential, ana):
    if credential == "header":
        client = await open_client(token="wrong", origin=None)
    elif credential == "cookie":
        client = await open_client(session="wrongwrongwrongwrongwrongwrong")
    else:
        client = await open_client(origin=None)
        await client.send(type="auth", token="wr\u00f6ng")
    assert (await client.next())["code"] == "not_signed_in"
    assert await client.wait_closed() == CloseCode.NOT_SIGNED_IN


async def test_expired_credentials_and_disabled_users_are_rejected(
    open_client, create_session, create_token, ana, bob
):
    from accounts.models import ApiToken, Session
    from accounts.sessions import digest

    expired = await run_in_db_thread(create_session, ana)
    past = timezone.now() - timezone.timedelta(seconds=1)
    await run_in_db_thread(
        Session.objects.filter(session_key=digest(expired)).update, expire_date=past
    )
    token = await run_in_db_thread(create_token, ana)
    await run_in_db_thread(ApiToken.objects.update, expiry=past)
    key = await run_in_db_thread(create_session, bob)
    await run_in_db_thread(type(bob).objects.filter(pk=bob.pk).update, is_active=False)
    for options in ({"session": expired}, {"token": token}, {"session": key}):
        client = await open_client(**options)
        assert await client.wait_closed() == CloseCode.NOT_SIGNED_IN


async def test_session_is_rejected_when_password_was_changed_since(
    open_client, create_session, ana
):
    key = await run_in_db_thread(create_session, ana)
    ana.set_password("another horse battery")
    await run_in_db_thread(ana.save)
    client = await open_client(session=key)
    assert await client.wait_closed() == CloseCode.NOT_SIGNED_IN


async def test_supported_subprotocol_is_selected(open_client, ana):
    client = await open_client(ana, subprotocols=["other", "trolley.v1"])
    assert client.subprotocol == "trolley.v1"


async def test_unrelated_subprotocol_is_not_selected(open_client, ana):
    assert (await open_client(ana, subprotocols=["other"])).subprotocol is None


async def test_unknown_protocol_version_closes_socket(open_client, create_session, ana):
    client = await open_client(
        session=await run_in_db_thread(create_session, ana), subprotocols=["trolley.v2"]
    )
    assert client.subprotocol == "trolley.v2"
    assert await client.wait_closed() == CloseCode.VERSION_UNKNOWN


async def test_user_cannot_open_more_than_twenty_sockets(open_client, create_session, ana, bob):
    """SEC-14"""
    clients = [await open_client(ana) for _ in range(20)]
    client = await open_client(session=await run_in_db_thread(create_session, ana))
    assert (await client.next())["code"] == "overloaded"
    assert await client.wait_closed() == CloseCode.TOO_MANY_CONNECTIONS
    await open_client(bob)
    await clients[0].disconnect()
    await open_client(ana)


async def test_token_for_one_list_opens_no_other_topic(
    open_client, create_token, ana, groceries, hardware
):
    token = await run_in_db_thread(create_token, ana, list_id=groceries.pk)
    client = await open_client(token=token, origin=None)
    assert [position["id"] for position in (await client.next())["lists"]] == [str(groceries.pk)]
    assert (await client.subscribe(groceries))["type"] == "subscribed"
    for topic in (hardware, "requests", "ops"):
        assert (await client.subscribe(topic))["code"] == "not_found"


async def test_ops_topic_requires_staff(open_client, ana, olga):
    """SEC-20"""
    assert (await (await open_client(ana)).subscribe("ops"))["code"] == "not_found"
    assert (await (await open_client(olga)).subscribe("ops"))["type"] == "subscribed"


async def test_unknown_path_is_rejected(open_client):
    assert not (await open_client(path="/ws/elsewhere/")).accepted


async def test_secrets_are_not_logged(open_client, create_session, create_token, ana, caplog):
    """SEC-2"""
    caplog.set_level(logging.DEBUG)
    key, token = (
        await run_in_db_thread(create_session, ana),
        await run_in_db_thread(create_token, ana),
    )
    await open_client(session=key)
    await open_client(token=token, origin=None)
    unauthenticated = await open_client(origin=None)
    await unauthenticated.send(type="auth", token=token)
    await unauthenticated.next()
    rejected = await open_client(session=key, origin="http://evil.example\x1b[31m")
    assert not rejected.accepted
    assert key not in caplog.text
    assert token not in caplog.text
    assert "\x1b" not in caplog.text
