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
from tests.support.socket_client import HOST, ORIGIN, PATIENCE

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
async def test_foreign_origin_is_rejected_before_accept(screen, session_of, ana, origin, caplog):
    """LIV-12, SEC-1."""
    key = await run_in_db_thread(session_of, ana)
    client = await screen(session=key, origin=origin)
    assert not client.accepted
    assert "foreign origin" in caplog.text


async def test_foreign_origin_is_rejected_when_token_is_valid(screen, token_of, ana):
    client = await screen(token=await run_in_db_thread(token_of, ana), origin="http://evil.example")
    assert not client.accepted


async def test_two_origin_headers_are_rejected(screen):
    client = await screen(headers=[(b"origin", b"http://evil.example")])
    assert not client.accepted


async def test_trusted_origin_is_accepted(screen, session_of, ana, settings):
    settings.CSRF_TRUSTED_ORIGINS = ["https://lists.example"]
    client = await screen(
        session=await run_in_db_thread(session_of, ana), origin="https://lists.example"
    )
    assert (await client.next())["type"] == "welcome"


async def test_unknown_host_is_rejected(screen, session_of, ana, settings):
    settings.ALLOWED_HOSTS = ["other.example"]
    client = await screen(session=await run_in_db_thread(session_of, ana))
    assert not client.accepted


async def test_only_https_origin_is_accepted_behind_tls_proxy(screen, session_of, ana, settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    proxied = [(b"x-forwarded-proto", b"https")]
    key = await run_in_db_thread(session_of, ana)
    client = await screen(session=key, origin=f"https://{HOST}", headers=proxied)
    assert (await client.next())["type"] == "welcome"
    other_client = await screen(session=key, origin=f"http://{HOST}", headers=proxied)
    assert not other_client.accepted


async def test_session_cookie_is_ignored_without_origin(screen, session_of, ana):
    client = await screen(session=await run_in_db_thread(session_of, ana), origin=None)
    assert client.accepted
    assert await client.closed() == CloseCode.NOT_SIGNED_IN


async def test_bearer_token_needs_no_origin(screen, token_of, ana):
    client = await screen(token=await run_in_db_thread(token_of, ana), origin=None)
    assert (await client.next())["user"]["id"] == ana.pk


async def test_auth_frame_authenticates_the_socket(live, screen, token_of, ana, groceries):
    live.intervals = replace(live.intervals, auth=PATIENCE)
    client = await screen(origin=None)
    token = await run_in_db_thread(token_of, ana)
    auth = json.dumps({"type": "auth", "token": token})
    await client.send_text(auth + '\n{"type":"ping","id":5}')
    assert (await client.next())["type"] == "welcome"
    assert await client.next() == {"type": "pong", "id": 5}


async def test_unauthenticated_socket_is_closed_after_timeout(screen):
    """SEC-14"""
    client = await screen(origin=None)
    await client.send(type="ping", id=1)
    assert (await client.next())["code"] == "not_signed_in"
    assert await client.closed() == CloseCode.NOT_SIGNED_IN


async def test_slow_database_does_not_trigger_auth_timeout(screen, session_of, ana, monkeypatch):
    """4501 means "do not reconnect": only a client that sent no credentials in time gets it."""
    original, resume = identity.identity_from_session, threading.Event()
    monkeypatch.setattr(
        identity, "identity_from_session", lambda key: resume.wait(PATIENCE) and original(key)
    )
    client = await screen(session=await run_in_db_thread(session_of, ana))
    anonymous = await screen(origin=None)
    assert await anonymous.closed() == CloseCode.NOT_SIGNED_IN
    resume.set()
    assert (await client.next())["type"] == "welcome"


@pytest.mark.parametrize("credential", ["header", "frame", "cookie"])
async def test_wrong_secret_returns_not_signed_in_and_closes(screen, credential, ana):
    if credential == "header":
        client = await screen(token="wrong", origin=None)
    elif credential == "cookie":
        client = await screen(session="wrongwrongwrongwrongwrongwrong")
    else:
        client = await screen(origin=None)
        await client.send(type="auth", token="wr\u00f6ng")
    assert (await client.next())["code"] == "not_signed_in"
    assert await client.closed() == CloseCode.NOT_SIGNED_IN


async def test_expired_credentials_and_disabled_users_are_rejected(
    screen, session_of, token_of, ana, bob
):
    from accounts.models import ApiToken, Session

    expired = await run_in_db_thread(session_of, ana)
    past = timezone.now() - timezone.timedelta(seconds=1)
    await run_in_db_thread(Session.objects.filter(session_key=expired).update, expire_date=past)
    token = await run_in_db_thread(token_of, ana)
    await run_in_db_thread(ApiToken.objects.update, expiry=past)
    key = await run_in_db_thread(session_of, bob)
    await run_in_db_thread(type(bob).objects.filter(pk=bob.pk).update, is_active=False)
    for options in ({"session": expired}, {"token": token}, {"session": key}):
        client = await screen(**options)
        assert await client.closed() == CloseCode.NOT_SIGNED_IN


async def test_session_is_rejected_when_password_was_changed_since(screen, session_of, ana):
    key = await run_in_db_thread(session_of, ana)
    ana.set_password("another horse battery")
    await run_in_db_thread(ana.save)
    client = await screen(session=key)
    assert await client.closed() == CloseCode.NOT_SIGNED_IN


async def test_supported_subprotocol_is_selected(screen, ana):
    client = await screen(ana, subprotocols=["other", "trolley.v1"])
    assert client.subprotocol == "trolley.v1"


async def test_unrelated_subprotocol_is_not_selected(screen, ana):
    assert (await screen(ana, subprotocols=["other"])).subprotocol is None


async def test_unknown_protocol_version_closes_socket(screen, session_of, ana):
    client = await screen(
        session=await run_in_db_thread(session_of, ana), subprotocols=["trolley.v2"]
    )
    assert client.subprotocol == "trolley.v2"
    assert await client.closed() == CloseCode.VERSION_UNKNOWN


async def test_user_cannot_open_more_than_twenty_sockets(screen, session_of, ana, bob):
    """SEC-14"""
    clients = [await screen(ana) for _ in range(20)]
    client = await screen(session=await run_in_db_thread(session_of, ana))
    assert (await client.next())["code"] == "overloaded"
    assert await client.closed() == CloseCode.TOO_MANY_CONNECTIONS
    await screen(bob)
    await clients[0].leave()
    await screen(ana)


async def test_token_for_one_list_opens_no_other_topic(screen, token_of, ana, groceries, hardware):
    token = await run_in_db_thread(token_of, ana, list_id=groceries.pk)
    client = await screen(token=token, origin=None)
    assert [position["id"] for position in (await client.next())["lists"]] == [str(groceries.pk)]
    assert (await client.follow(groceries))["type"] == "subscribed"
    for topic in (hardware, "requests", "ops"):
        assert (await client.follow(topic))["code"] == "not_found"


async def test_ops_topic_requires_staff(screen, ana, olga):
    """SEC-20"""
    assert (await (await screen(ana)).follow("ops"))["code"] == "not_found"
    assert (await (await screen(olga)).follow("ops"))["type"] == "subscribed"


async def test_unknown_path_is_rejected(screen):
    assert not (await screen(path="/ws/elsewhere/")).accepted


async def test_secrets_are_not_logged(screen, session_of, token_of, ana, caplog):
    """SEC-2"""
    caplog.set_level(logging.DEBUG)
    key, token = await run_in_db_thread(session_of, ana), await run_in_db_thread(token_of, ana)
    await screen(session=key)
    await screen(token=token, origin=None)
    unauthenticated = await screen(origin=None)
    await unauthenticated.send(type="auth", token=token)
    await unauthenticated.next()
    rejected = await screen(session=key, origin="http://evil.example\x1b[31m")
    assert not rejected.accepted
    assert key not in caplog.text
    assert token not in caplog.text
    assert "\x1b" not in caplog.text
