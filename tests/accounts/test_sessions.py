"""The list of a user's sessions, and how to revoke them."""

from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.contrib.auth import SESSION_KEY
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from accounts import sessions
from accounts.models import Session
from rest import network_address
from tests.accounts.conftest import FIREFOX, renew_csrf

pytestmark = pytest.mark.database

SESSIONS, ME = "/api/auth/sessions/", "/api/auth/me/"
ADDRESS = "/api/auth/address/"
STAMP = 4 if connection.vendor == "postgresql" else 3  # the update in a savepoint of its own


@pytest.fixture
def phone(open_browser, ana):
    return open_browser("ana", HTTP_USER_AGENT=FIREFOX)


@pytest.fixture
def laptop(open_browser, ana):
    return open_browser("ana")


def is_signed_in(client):
    return client.get(ME).status_code == 200


def session_url(client):
    return f"{SESSIONS}{client.get(SESSIONS).json()['results'][0]['id']}/"


def current_session(client):
    return next(session for session in client.get(SESSIONS).json()["results"] if session["current"])


def test_sessions_list_shows_device_and_lifetime(phone, laptop):
    """PPL-5"""
    sessions = laptop.get(SESSIONS).json()["results"]
    assert {session["device"]: session["current"] for session in sessions} == {
        "Firefox on Android": False,
        "": True,
    }
    keys = {"id", "current", "created_at", "last_seen_at", "expires_at", "device"}
    assert all(set(session) == keys for session in sessions)
    remaining = parse_datetime(sessions[0]["expires_at"]) - timezone.now()
    assert timedelta(days=89) < remaining <= timedelta(days=90)
    assert current_session(phone)["device"] == "Firefox on Android"


def test_sessions_reveal_no_key_and_store_no_address(phone):
    """PPL-5"""
    key = phone.cookies["trolley_sessionid"].value
    assert key not in phone.get(SESSIONS).content.decode()
    session = sessions.find(key)
    assert "127.0.0.1" not in f"{session.get_decoded()} {vars(session)}"


def test_sessions_of_other_users_are_not_listed(phone, open_browser, mallory):
    """PPL-5"""
    sessions = open_browser("mallory").get(SESSIONS).json()["results"]
    assert [session["current"] for session in sessions] == [True]
    assert sessions[0]["id"] != current_session(phone)["id"]


def test_expired_sessions_are_not_listed(phone, laptop):
    key = phone.cookies["trolley_sessionid"].value
    Session.objects.filter(session_key=sessions.digest(key)).update(expire_date=timezone.now())
    assert len(laptop.get(SESSIONS).json()["results"]) == 1


def test_last_seen_is_written_at_most_once_a_minute(phone, django_assert_num_queries):
    """PPL-5"""
    with django_assert_num_queries(2):  # the session, the user
        phone.get(ME)
    hour_ago = timezone.now() - timedelta(hours=1)
    Session.objects.update(last_seen_at=hour_ago)
    with django_assert_num_queries(2 + STAMP):
        phone.get(ME)
    assert Session.objects.get().last_seen_at > hour_ago
    with django_assert_num_queries(2):
        phone.get(ME)


def test_session_is_renewed_when_used(phone, django_assert_num_queries):
    """PPL-16"""
    key = phone.cookies["trolley_sessionid"].value
    assert "trolley_sessionid" not in phone.get(ME).cookies
    Session.objects.update(expire_date=timezone.now() + timedelta(hours=1))
    with django_assert_num_queries(2 + STAMP):  # the session, its new expiry, the user
        cookie = phone.get(ME).cookies["trolley_sessionid"]
    assert (cookie.value, cookie["max-age"]) == (key, 60 * 60 * 24 * 90)
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert Session.objects.get().expire_date > timezone.now() + timedelta(days=89)
    with django_assert_num_queries(2):
        assert "trolley_sessionid" not in phone.get(ME).cookies


def test_expired_session_is_not_renewed(phone):
    """PPL-16, PPL-13"""
    past = timezone.now() - timedelta(seconds=1)
    Session.objects.update(expire_date=past)
    assert not is_signed_in(phone)
    assert not Session.objects.filter(expire_date__gt=past).exists()


def test_sign_out_deletes_the_cookie_when_the_session_is_due_for_renewal(phone):
    """PPL-16"""
    Session.objects.update(expire_date=timezone.now() + timedelta(hours=1))
    renew_csrf(phone)
    assert phone.post("/api/auth/logout/").cookies["trolley_sessionid"].value == ""
    assert not Session.objects.exists()


def test_session_deleted_during_renewal_is_not_recreated(phone):
    """PPL-16"""
    key = phone.cookies["trolley_sessionid"].value
    Session.objects.update(expire_date=timezone.now() + timedelta(hours=1))
    row = Session.objects.get()
    row.delete()
    row.session_key = sessions.digest(key)
    assert not sessions._renew(row)
    assert not Session.objects.exists()


def test_rejected_request_sets_no_cookie(phone):
    """PPL-17"""
    Session.objects.all().delete()
    response = phone.get(ME)
    assert (response.status_code, list(response.cookies)) == (401, [])


def test_saving_session_data_keeps_the_device_record(phone):
    """PPL-5"""
    before = current_session(phone)
    before.pop("expires_at")
    session = phone.session
    session["something"] = 1
    session.save()
    assert current_session(phone).items() >= before.items()


def test_user_can_revoke_one_session(phone, laptop):
    """PPL-6"""
    assert laptop.delete(f"{SESSIONS}{current_session(phone)['id']}/").status_code == 204
    assert not is_signed_in(phone)
    assert is_signed_in(laptop)


def test_revoking_the_current_session_signs_out(phone, laptop):
    """PPL-6"""
    response = phone.delete(f"{SESSIONS}{current_session(phone)['id']}/")
    assert (response.status_code, response.cookies["trolley_sessionid"].value) == (204, "")
    assert not is_signed_in(phone)
    assert is_signed_in(laptop)


def test_user_can_revoke_all_other_sessions(phone, laptop, open_browser, mallory):
    """PPL-6"""
    mallory_browser = open_browser("mallory")
    assert laptop.delete(SESSIONS).status_code == 204
    assert [is_signed_in(client) for client in (phone, laptop, mallory_browser)] == [
        False,
        True,
        True,
    ]


def test_user_can_revoke_all_sessions(phone, laptop, open_browser, mallory):
    """PPL-6"""
    mallory_browser = open_browser("mallory")
    assert laptop.delete(f"{SESSIONS}?all=true").status_code == 204
    assert [is_signed_in(client) for client in (phone, laptop, mallory_browser)] == [
        False,
        False,
        True,
    ]


def test_sessions_are_kept_when_the_all_parameter_is_invalid(phone, laptop):
    response = laptop.delete(f"{SESSIONS}?all=yes")
    assert list(response.json()["errors"]) == ["all"]
    assert is_signed_in(phone)


def test_session_of_another_user_returns_404(phone, open_browser, mallory):
    """PPL-6"""
    mallory_browser = open_browser("mallory")
    foreign_url, unknown_url = (
        f"{SESSIONS}{pk}/" for pk in (current_session(phone)["id"], uuid4())
    )
    foreign, unknown = (mallory_browser.delete(url).json() for url in (foreign_url, unknown_url))
    assert foreign.pop("request_id") != unknown.pop("request_id")
    assert (foreign, foreign["status"]) == (unknown, 404)
    assert is_signed_in(phone)


def test_sessions_endpoint_rejects_api_tokens(phone, ana, token_client):
    """PPL-6"""
    client = token_client(ana)
    responses = [client.get(SESSIONS), client.delete(SESSIONS)]
    responses.append(client.delete(f"{SESSIONS}{current_session(phone)['id']}/"))
    assert {response.status_code for response in responses} == {403}
    assert is_signed_in(phone)


def test_guest_lists_their_own_session(signed_in_client, guest):
    """PPL-5"""
    assert [row["current"] for row in signed_in_client(guest).get(SESSIONS).json()["results"]] == [
        True
    ]


def test_signing_in_again_replaces_the_session(phone, ana):
    """PPL-5"""
    first = current_session(phone)["id"]
    login = {"username": "ana", "password": "correct horse battery"}
    assert phone.post("/api/auth/login/", login).status_code == 200
    assert current_session(phone)["id"] != first
    assert Session.objects.filter(user=ana).count() == 1


def test_sessions_are_deleted_when_the_user_is_disabled(phone, ana):
    ana.is_active = False
    ana.save()
    assert not Session.objects.filter(user=ana).exists()


def test_prune_deletes_expired_sessions(phone, laptop, ana):
    """PPL-13"""
    key = phone.cookies["trolley_sessionid"].value
    Session.objects.filter(session_key=sessions.digest(key)).update(expire_date=timezone.now())
    output = StringIO()
    call_command("prune", stdout=output)
    assert "1 sessions deleted" in output.getvalue()
    assert Session.objects.count() == 1
    assert is_signed_in(laptop)


def test_anonymous_session_has_no_user(db):
    store = sessions.SessionStore()
    store["basket"] = 1
    store.create()
    assert Session.objects.get().user_id is None
    assert SESSION_KEY not in sessions.SessionStore(store.session_key).load()


def test_sign_out_deletes_the_session(phone):
    renew_csrf(phone)
    phone.post("/api/auth/logout/")
    assert not Session.objects.exists()


def test_a_sign_in_beyond_the_ceiling_ends_the_oldest_session(monkeypatch, ana, signed_in_client):
    """API-36: a password cannot be used to fill the database with sessions."""
    monkeypatch.setattr(sessions, "MAX_SESSIONS", 2)
    keys = []
    for age in (3, 2, 1):
        keys.append(signed_in_client(ana).session.session_key)
        seen_at = timezone.now() - timedelta(minutes=age)
        keys[-1] = sessions.digest(keys[-1])
        Session.objects.filter(pk=keys[-1]).update(last_seen_at=seen_at)
    assert list(sessions.active_sessions(ana).values_list("pk", flat=True)) == keys[:0:-1]


def test_address_for_other_devices_is_not_that_of_this_computer(
    laptop, anonymous_client, settings, monkeypatch
):
    """SUG-15"""
    assert anonymous_client.get(ADDRESS).status_code == 401
    assert laptop.get(ADDRESS).json() == {"url": "http://testserver"}
    settings.ALLOWED_HOSTS = ["*"]
    monkeypatch.setattr(network_address, "_own_address", lambda: None)
    assert laptop.get(ADDRESS, HTTP_HOST="localhost:8000").json() == {"url": None}
    monkeypatch.setattr(network_address, "network_url", lambda _: "http://192.0.2.7:8000")
    assert laptop.get(ADDRESS, HTTP_HOST="localhost").json() == {"url": "http://192.0.2.7:8000"}
    settings.PUBLIC_URL = "https://list.example.org"
    assert laptop.get(ADDRESS, HTTP_HOST="localhost").json() == {"url": "https://list.example.org"}
