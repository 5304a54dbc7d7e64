"""Who may open a socket, and what the others are told."""

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
async def test_a_foreign_origin_is_refused_before_it_is_accepted(
    open_client, create_session, ana, origin, caplog
):
    """LIV-12, SEC-1."""
    key = await run_in_db_thread(create_session, ana)
    one = await open_client(session=key, origin=origin)
    assert not one.accepted
    assert "foreign origin" in caplog.text


async def test_a_foreign_origin_with_a_good_token_is_refused(open_client, create_token, ana):
    one = await open_client(
        token=await run_in_db_thread(create_token, ana), origin="http://evil.example"
    )
    assert not one.accepted


async def test_two_origins_are_refused(open_client):
    one = await open_client(headers=[(b"origin", b"http://evil.example")])
    assert not one.accepted


async def test_a_trusted_origin_may_come(open_client, create_session, ana, settings):
    settings.CSRF_TRUSTED_ORIGINS = ["https://lists.example"]
    one = await open_client(
        session=await run_in_db_thread(create_session, ana), origin="https://lists.example"
    )
    assert (await one.next())["type"] == "welcome"


async def test_the_host_must_be_one_of_ours(open_client, create_session, ana, settings):
    settings.ALLOWED_HOSTS = ["other.example"]
    one = await open_client(session=await run_in_db_thread(create_session, ana))
    assert not one.accepted


async def test_behind_a_tls_proxy_the_origin_is_https(open_client, create_session, ana, settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    proxied = [(b"x-forwarded-proto", b"https")]
    key = await run_in_db_thread(create_session, ana)
    one = await open_client(session=key, origin=f"https://{HOST}", headers=proxied)
    assert (await one.next())["type"] == "welcome"
    other = await open_client(session=key, origin=f"http://{HOST}", headers=proxied)
    assert not other.accepted


async def test_a_cookie_without_an_origin_counts_for_nothing(open_client, create_session, ana):
    one = await open_client(session=await run_in_db_thread(create_session, ana), origin=None)
    assert one.accepted
    assert await one.wait_closed() == CloseCode.NOT_SIGNED_IN


async def test_a_bearer_token_needs_no_origin(open_client, create_token, ana):
    one = await open_client(token=await run_in_db_thread(create_token, ana), origin=None)
    assert (await one.next())["user"]["id"] == ana.pk


async def test_a_first_auth_frame_signs_in(live_runtime, open_client, create_token, ana, groceries):
    live_runtime.intervals = replace(live_runtime.intervals, auth=TIMEOUT)
    one = await open_client(origin=None)
    token = await run_in_db_thread(create_token, ana)
    auth = json.dumps({"type": "auth", "token": token})
    await one.send_text(auth + '\n{"type":"ping","id":5}')
    assert (await one.next())["type"] == "welcome"
    assert await one.next() == {"type": "pong", "id": 5}


async def test_whoever_sends_no_auth_frame_is_sent_away(open_client):
    """SEC-14"""
    one = await open_client(origin=None)
    await one.send(type="ping", id=1)
    assert (await one.next())["code"] == "not_signed_in"
    assert await one.wait_closed() == CloseCode.NOT_SIGNED_IN


async def test_a_slow_database_does_not_make_anybody_a_stranger(
    open_client, create_session, ana, monkeypatch
):
    """4501 means: do not come back. Only who showed nothing in time may hear it."""
    find, go_on = identity.identity_from_session, threading.Event()
    monkeypatch.setattr(
        identity, "identity_from_session", lambda key: go_on.wait(TIMEOUT) and find(key)
    )
    one = await open_client(session=await run_in_db_thread(create_session, ana))
    stranger = await open_client(origin=None)
    assert await stranger.wait_closed() == CloseCode.NOT_SIGNED_IN
    go_on.set()
    assert (await one.next())["type"] == "welcome"


@pytest.mark.parametrize("how", ["header", "frame", "cookie"])
async def test_a_wrong_secret_is_told_and_closed(open_client, how, ana):
    if how == "header":
        one = await open_client(token="wrong", origin=None)
    elif how == "cookie":
        one = await open_client(session="wrongwrongwrongwrongwrongwrong")
    else:
        one = await open_client(origin=None)
        await one.send(type="auth", token="wr\u00f6ng")
    assert (await one.next())["code"] == "not_signed_in"
    assert await one.wait_closed() == CloseCode.NOT_SIGNED_IN


async def test_an_expired_session_an_expired_token_and_a_disabled_person_stay_out(
    open_client, create_session, create_token, ana, bob
):
    from accounts.models import ApiToken, Session

    expired = await run_in_db_thread(create_session, ana)
    past = timezone.now() - timezone.timedelta(seconds=1)
    await run_in_db_thread(Session.objects.filter(session_key=expired).update, expire_date=past)
    token = await run_in_db_thread(create_token, ana)
    await run_in_db_thread(ApiToken.objects.update, expiry=past)
    key = await run_in_db_thread(create_session, bob)
    await run_in_db_thread(type(bob).objects.filter(pk=bob.pk).update, is_active=False)
    for options in ({"session": expired}, {"token": token}, {"session": key}):
        one = await open_client(**options)
        assert await one.wait_closed() == CloseCode.NOT_SIGNED_IN


async def test_a_session_from_before_a_password_change_stays_out(open_client, create_session, ana):
    key = await run_in_db_thread(create_session, ana)
    ana.set_password("another horse battery")
    await run_in_db_thread(ana.save)
    one = await open_client(session=key)
    assert await one.wait_closed() == CloseCode.NOT_SIGNED_IN


async def test_the_offered_version_is_selected(open_client, ana):
    one = await open_client(ana, subprotocols=["other", "trolley.v1"])
    assert one.subprotocol == "trolley.v1"


async def test_nothing_is_selected_where_nothing_of_ours_is_offered(open_client, ana):
    assert (await open_client(ana, subprotocols=["other"])).subprotocol is None


async def test_an_unknown_version_is_told(open_client, create_session, ana):
    one = await open_client(
        session=await run_in_db_thread(create_session, ana), subprotocols=["trolley.v2"]
    )
    assert one.subprotocol == "trolley.v2"
    assert await one.wait_closed() == CloseCode.VERSION_UNKNOWN


async def test_the_twenty_first_socket_of_a_person_is_refused(
    open_client, create_session, ana, bob
):
    """SEC-14"""
    screens = [await open_client(ana) for _ in range(20)]
    one = await open_client(session=await run_in_db_thread(create_session, ana))
    assert (await one.next())["code"] == "overloaded"
    assert await one.wait_closed() == CloseCode.TOO_MANY_CONNECTIONS
    await open_client(bob)
    await screens[0].disconnect()
    await open_client(ana)


async def test_a_token_for_one_list_opens_nothing_else(
    open_client, create_token, ana, groceries, hardware
):
    token = await run_in_db_thread(create_token, ana, list_id=groceries.pk)
    one = await open_client(token=token, origin=None)
    assert [place["id"] for place in (await one.next())["lists"]] == [str(groceries.pk)]
    assert (await one.subscribe(groceries))["type"] == "subscribed"
    for other in (hardware, "requests", "ops"):
        assert (await one.subscribe(other))["code"] == "not_found"


async def test_operations_are_for_staff(open_client, ana, olga):
    """SEC-20"""
    assert (await (await open_client(ana)).subscribe("ops"))["code"] == "not_found"
    assert (await (await open_client(olga)).subscribe("ops"))["type"] == "subscribed"


async def test_another_address_is_refused(open_client):
    assert not (await open_client(path="/ws/elsewhere/")).accepted


async def test_no_secret_is_logged(open_client, create_session, create_token, ana, caplog):
    """SEC-2"""
    caplog.set_level(logging.DEBUG)
    key, token = (
        await run_in_db_thread(create_session, ana),
        await run_in_db_thread(create_token, ana),
    )
    await open_client(session=key)
    await open_client(token=token, origin=None)
    bare = await open_client(origin=None)
    await bare.send(type="auth", token=token)
    await bare.next()
    refused = await open_client(session=key, origin="http://evil.example\x1b[31m")
    assert not refused.accepted
    assert key not in caplog.text
    assert token not in caplog.text
    assert "\x1b" not in caplog.text
