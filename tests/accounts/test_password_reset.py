"""A link for those who forgot their password."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import guests, passwords
from accounts.models import ResetLink, Session, User
from tests.conftest import PASSWORD

pytestmark = pytest.mark.database

RESET, ME, LOGIN = "/api/auth/reset/", "/api/auth/me/", "/api/auth/login/"
NEW = "another horse battery"


def link_for(username):
    out = StringIO()
    call_command("create_reset_link", username, stdout=out)
    return out.getvalue().strip()


def secret_for(username):
    return link_for(username).partition("#")[2]


def use(client, secret, password=NEW):
    return client.post(RESET, {"token": secret, "new_password": password})


def sign_in(client, password):
    return client.post(LOGIN, {"username": "ana", "password": password}).status_code


def test_it_sets_another_password_and_signs_in(open_browser, anonymous_client, ana):
    """PPL-9"""
    phone, stranger = open_browser("ana"), open_browser()
    answer = use(stranger, secret_for("ana"))
    assert (answer.status_code, answer.json()["username"]) == (200, "ana")
    assert stranger.get(ME).json() == answer.json()
    assert phone.get(ME).status_code == 401
    assert Session.objects.filter(user=ana).count() == 1
    assert (sign_in(anonymous_client, PASSWORD), sign_in(anonymous_client, NEW)) == (400, 200)


def test_the_secret_is_in_the_fragment_alone_and_kept_nowhere(ana, settings):
    """PPL-9"""
    settings.PUBLIC_URL = "https://list.example.org"
    address, _, secret = link_for("ana").partition("#")
    assert address == "https://list.example.org/reset/"
    assert len(secret) >= 43
    assert secret not in str(ResetLink.objects.values().get())


def test_the_page_is_there(anonymous_client, db):
    assert anonymous_client.get("/reset/").status_code == 200


def test_it_works_once(open_browser, ana):
    """PPL-9"""
    secret = secret_for("ana")
    assert use(open_browser(), secret).status_code == 200
    assert use(open_browser(), secret, "yet another battery").status_code == 404
    assert User.objects.get().check_password(NEW)


def worthless(how, ana):
    secret = secret_for("ana")
    match how:
        case "wrong":
            return f"{secret[:-1]}{'A' if secret[-1] != 'A' else 'B'}"
        case "expired":
            ResetLink.objects.update(expires_at=timezone.now())
        case "superseded":
            secret_for("ana")
        case "changed since":
            passwords.change(User.objects.get(), "changed in between")
        case "disabled":
            ana.is_active = False
            ana.save()
    return secret


@pytest.mark.parametrize("how", ["wrong", "expired", "superseded", "changed since", "disabled"])
def test_what_is_not_good_any_more_gets_one_answer(open_browser, ana, how):
    """PPL-9"""
    answer = use(open_browser(), worthless(how, ana))
    told = answer.json()
    del told["request_id"]
    assert told == {
        "type": "urn:trolley:problem:not_found",
        "title": "Not Found",
        "status": 404,
        "detail": "This link is not good any more.",
        "code": "not_found",
    }
    assert not User.objects.get().check_password(NEW)


def test_it_lasts_a_day(ana):
    """PPL-9"""
    secret_for("ana")
    left = ResetLink.objects.get().expires_at - timezone.now()
    assert timedelta(hours=23, minutes=59) < left <= timedelta(hours=24)


def test_it_is_still_good_after_a_weak_password(open_browser, ana):
    """PPL-9"""
    secret, client = secret_for("ana"), open_browser()
    refused = use(client, secret, "1234567890")
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["new_password"])
    assert use(client, secret).status_code == 200


def test_it_judges_no_password_for_a_stranger(open_browser, ana):
    """PPL-9"""
    assert use(open_browser(), "made up", "1234567890").status_code == 404


def test_it_asks_for_the_csrf_token(ana):
    """PPL-9"""
    answer = use(APIClient(enforce_csrf_checks=True), secret_for("ana"))
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")


def test_it_cannot_be_tried_out(anonymous_client, db):
    """PPL-8"""
    answers = [use(anonymous_client, f"guess {number}") for number in range(61)]
    assert [answer.status_code for answer in answers] == [404] * 60 + [429]
    assert int(answers[-1]["Retry-After"]) > 0


def test_it_lets_in_who_is_locked_out(open_browser, anonymous_client, ana):
    for _ in range(10):
        sign_in(anonymous_client, "not the password")
    assert use(open_browser(), secret_for("ana")).status_code == 200
    assert sign_in(anonymous_client, NEW) == 200


@pytest.mark.django_db(transaction=True)
def test_of_fifty_uses_at_once_one_works(ana):
    """PPL-9"""
    secret = secret_for("ana")

    def try_it(number):
        try:
            passwords.reset(secret, f"battery number {number}")
        except passwords.InvalidResetLink:
            return False
        else:
            return True
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        worked = list(pool.map(try_it, range(50)))
    assert worked.count(True) == 1
    assert User.objects.get().check_password(f"battery number {worked.index(True)}")


def test_the_command_says_who_can_have_none(ana):
    guest = guests.create("Grandma")
    User.objects.filter(pk=ana.pk).update(is_active=False)
    for name, why in (("nobody", "no person"), (guest.username, "a guest"), ("ana", "disabled")):
        with pytest.raises(CommandError, match=why):
            call_command("create_reset_link", name)
    assert not ResetLink.objects.exists()
