"""The browsers that somebody is signed in with."""

from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.contrib.auth import SESSION_KEY
from django.core.management import call_command
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from accounts import sessions
from accounts.models import Session
from tests.accounts.conftest import FIREFOX, renew_csrf

pytestmark = pytest.mark.database

SESSIONS, ME = "/api/auth/sessions/", "/api/auth/me/"


@pytest.fixture
def phone(open_browser, ana):
    return open_browser("ana", HTTP_USER_AGENT=FIREFOX)


@pytest.fixture
def laptop(open_browser, ana):
    return open_browser("ana")


def is_signed_in(client):
    return client.get(ME).status_code == 200


def address_of(client):
    return f"{SESSIONS}{client.get(SESSIONS).json()['results'][0]['id']}/"


def own(client):
    return next(one for one in client.get(SESSIONS).json()["results"] if one["current"])


def test_they_are_shown_with_what_they_are(phone, laptop):
    """PPL-5"""
    shown = laptop.get(SESSIONS).json()["results"]
    assert {one["device"]: one["current"] for one in shown} == {
        "Firefox on Android": False,
        "": True,
    }
    keys = {"id", "current", "created_at", "last_seen_at", "expires_at", "device"}
    assert all(set(one) == keys for one in shown)
    lasts = parse_datetime(shown[0]["expires_at"]) - timezone.now()
    assert timedelta(days=89) < lasts <= timedelta(days=90)
    assert own(phone)["device"] == "Firefox on Android"


def test_nothing_that_is_told_or_kept_is_the_key_or_an_address(phone):
    """PPL-5"""
    key = phone.cookies["sessionid"].value
    assert key not in phone.get(SESSIONS).content.decode()
    kept = Session.objects.get(session_key=key)
    assert "127.0.0.1" not in f"{kept.get_decoded()} {vars(kept)}"


def test_others_do_not_see_them(phone, open_browser, mallory):
    """PPL-5"""
    shown = open_browser("mallory").get(SESSIONS).json()["results"]
    assert [one["current"] for one in shown] == [True]
    assert shown[0]["id"] != own(phone)["id"]


def test_those_that_are_over_are_not_shown(phone, laptop):
    key = phone.cookies["sessionid"].value
    Session.objects.filter(session_key=key).update(expire_date=timezone.now())
    assert len(laptop.get(SESSIONS).json()["results"]) == 1


def test_what_is_seen_is_written_once_a_minute(phone, django_assert_num_queries):
    """PPL-5"""
    with django_assert_num_queries(2):  # the session, the person
        phone.get(ME)
    ago = timezone.now() - timedelta(hours=1)
    Session.objects.update(last_seen_at=ago)
    with django_assert_num_queries(3):
        phone.get(ME)
    assert Session.objects.get().last_seen_at > ago
    with django_assert_num_queries(2):
        phone.get(ME)


def test_one_that_is_used_does_not_end(phone, django_assert_num_queries):
    """PPL-16"""
    key = phone.cookies["sessionid"].value
    assert "sessionid" not in phone.get(ME).cookies
    Session.objects.update(expire_date=timezone.now() + timedelta(hours=1))
    with django_assert_num_queries(3):  # the session, its new end, the person
        cookie = phone.get(ME).cookies["sessionid"]
    assert (cookie.value, cookie["max-age"]) == (key, 60 * 60 * 24 * 90)
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert Session.objects.get().expire_date > timezone.now() + timedelta(days=89)
    with django_assert_num_queries(2):
        assert "sessionid" not in phone.get(ME).cookies


def test_one_that_is_over_is_not_renewed(phone):
    """PPL-16, PPL-13"""
    ago = timezone.now() - timedelta(seconds=1)
    Session.objects.update(expire_date=ago)
    assert not is_signed_in(phone)
    assert not Session.objects.filter(expire_date__gt=ago).exists()


def test_signing_out_takes_the_cookie_of_one_that_is_renewed(phone):
    """PPL-16"""
    Session.objects.update(expire_date=timezone.now() + timedelta(hours=1))
    renew_csrf(phone)
    assert phone.post("/api/auth/logout/").cookies["sessionid"].value == ""
    assert not Session.objects.exists()


def test_one_that_ends_while_it_is_renewed_stays_ended(phone):
    """PPL-16"""
    key = phone.cookies["sessionid"].value
    Session.objects.update(expire_date=timezone.now() + timedelta(hours=1))
    row = Session.objects.get()
    row.delete()
    row.session_key = key
    assert not sessions._renew(row)
    assert not Session.objects.exists()


def test_a_refusal_takes_no_cookie(phone):
    """PPL-17"""
    Session.objects.all().delete()
    answer = phone.get(ME)
    assert (answer.status_code, list(answer.cookies)) == (401, [])


def test_a_write_to_the_session_leaves_what_is_known_of_it(phone):
    """PPL-5"""
    before = own(phone)
    before.pop("expires_at")
    session = phone.session
    session["something"] = 1
    session.save()
    assert own(phone).items() >= before.items()


def test_one_can_be_ended(phone, laptop):
    """PPL-6"""
    assert laptop.delete(f"{SESSIONS}{own(phone)['id']}/").status_code == 204
    assert not is_signed_in(phone)
    assert is_signed_in(laptop)


def test_ending_ones_own_is_signing_out(phone, laptop):
    """PPL-6"""
    answer = phone.delete(f"{SESSIONS}{own(phone)['id']}/")
    assert (answer.status_code, answer.cookies["sessionid"].value) == (204, "")
    assert not is_signed_in(phone)
    assert is_signed_in(laptop)


def test_all_others_can_be_ended(phone, laptop, open_browser, mallory):
    """PPL-6"""
    other = open_browser("mallory")
    assert laptop.delete(SESSIONS).status_code == 204
    assert [is_signed_in(one) for one in (phone, laptop, other)] == [False, True, True]


def test_all_can_be_ended(phone, laptop, open_browser, mallory):
    """PPL-6"""
    other = open_browser("mallory")
    assert laptop.delete(f"{SESSIONS}?all=true").status_code == 204
    assert [is_signed_in(one) for one in (phone, laptop, other)] == [False, False, True]


def test_what_is_neither_true_nor_false_ends_nothing(phone, laptop):
    answer = laptop.delete(f"{SESSIONS}?all=yes")
    assert list(answer.json()["errors"]) == ["all"]
    assert is_signed_in(phone)


def test_the_session_of_another_person_is_nowhere(phone, open_browser, mallory):
    """PPL-6"""
    other = open_browser("mallory")
    theirs, unknown = (f"{SESSIONS}{pk}/" for pk in (own(phone)["id"], uuid4()))
    one, another = (other.delete(address).json() for address in (theirs, unknown))
    assert one.pop("request_id") != another.pop("request_id")
    assert (one, one["status"]) == (another, 404)
    assert is_signed_in(phone)


def test_no_token_sees_or_ends_them(phone, ana, token_client):
    """PPL-6"""
    client = token_client(ana)
    answers = [client.get(SESSIONS), client.delete(SESSIONS)]
    answers.append(client.delete(f"{SESSIONS}{own(phone)['id']}/"))
    assert {answer.status_code for answer in answers} == {403}
    assert is_signed_in(phone)


def test_a_guest_sees_their_own(signed_in_client, guest):
    """PPL-5"""
    assert [one["current"] for one in signed_in_client(guest).get(SESSIONS).json()["results"]] == [
        True
    ]


def test_signing_in_again_is_another_session(phone, ana):
    """PPL-5"""
    first = own(phone)["id"]
    login = {"username": "ana", "password": "correct horse battery"}
    assert phone.post("/api/auth/login/", login).status_code == 200
    assert own(phone)["id"] != first
    assert Session.objects.filter(user=ana).count() == 1


def test_a_disabled_person_has_none(phone, ana):
    ana.is_active = False
    ana.save()
    assert not Session.objects.filter(user=ana).exists()


def test_those_that_are_over_are_forgotten(phone, laptop, ana):
    """PPL-13"""
    key = phone.cookies["sessionid"].value
    Session.objects.filter(session_key=key).update(expire_date=timezone.now())
    said = StringIO()
    call_command("prune", stdout=said)
    assert "1 sessions were over" in said.getvalue()
    assert Session.objects.count() == 1
    assert is_signed_in(laptop)


def test_a_stranger_has_a_session_of_nobody(db):
    store = sessions.SessionStore()
    store["basket"] = 1
    store.create()
    assert Session.objects.get().user_id is None
    assert SESSION_KEY not in sessions.SessionStore(store.session_key).load()


def test_a_browser_that_signs_out_leaves_nothing(phone):
    renew_csrf(phone)
    phone.post("/api/auth/logout/")
    assert not Session.objects.exists()
