"""The reset link for users who forgot their password."""

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


def test_reset_link_sets_a_new_password_and_signs_the_user_in(open_browser, anonymous_client, ana):
    """PPL-9"""
    phone, new_browser = open_browser("ana"), open_browser()
    response = use(new_browser, secret_for("ana"))
    assert (response.status_code, response.json()["username"]) == (200, "ana")
    assert new_browser.get(ME).json() == response.json()
    assert phone.get(ME).status_code == 401
    assert Session.objects.filter(user=ana).count() == 1
    assert (sign_in(anonymous_client, PASSWORD), sign_in(anonymous_client, NEW)) == (400, 200)


@pytest.mark.parametrize("pasted", [" {}", "{}\n", "{}\r\n", "\u200b{}\u00a0"])
def test_white_space_around_a_reset_secret_is_ignored(anonymous_client, ana, pasted):
    """PPL-9: case H2."""
    assert use(anonymous_client, pasted.format(secret_for("ana"))).status_code == 200


def test_reset_link_has_no_address_when_it_is_not_known(ana, settings, tmp_path):
    """CFG-8"""
    settings.DATA_DIR, out, notes = tmp_path, StringIO(), StringIO()
    call_command("create_reset_link", "ana", stdout=out, stderr=notes)
    assert out.getvalue().startswith("/reset/#")
    assert "TROLLEY_URL" in notes.getvalue()


def test_reset_secret_is_only_in_the_url_fragment_and_never_stored(ana, settings):
    """PPL-9"""
    settings.PUBLIC_URL = "https://list.example.org"
    url, _, secret = link_for("ana").partition("#")
    assert url == "https://list.example.org/reset/"
    assert len(secret) >= 43
    assert secret not in str(ResetLink.objects.values().get())


def test_reset_page_returns_200(anonymous_client, db):
    assert anonymous_client.get("/reset/").status_code == 200


def test_reset_link_works_once(open_browser, ana):
    """PPL-9"""
    secret = secret_for("ana")
    assert use(open_browser(), secret).status_code == 200
    assert use(open_browser(), secret, "yet another battery").status_code == 404
    assert User.objects.get().check_password(NEW)


def invalid_secret(reason, ana):
    secret = secret_for("ana")
    match reason:
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


@pytest.mark.parametrize("reason", ["wrong", "expired", "superseded", "changed since", "disabled"])
def test_unusable_reset_link_returns_404_for_every_reason(open_browser, ana, reason):
    """PPL-9"""
    response = use(open_browser(), invalid_secret(reason, ana))
    problem = response.json()
    del problem["request_id"]
    assert problem == {
        "type": "urn:trolley:problem:not_found",
        "title": "Not Found",
        "status": 404,
        "detail": "This link is not good any more.",
        "code": "not_found",
    }
    assert not User.objects.get().check_password(NEW)


def test_reset_link_expires_after_24_hours(ana):
    """PPL-9"""
    secret_for("ana")
    remaining = ResetLink.objects.get().expires_at - timezone.now()
    assert timedelta(hours=23, minutes=59) < remaining <= timedelta(hours=24)


def test_reset_link_stays_valid_when_the_new_password_is_rejected(open_browser, ana):
    """PPL-9"""
    secret, client = secret_for("ana"), open_browser()
    response = use(client, secret, "1234567890")
    assert (response.status_code, list(response.json()["errors"])) == (400, ["new_password"])
    assert use(client, secret).status_code == 200


def test_reset_with_an_unknown_link_does_not_validate_the_password(open_browser, ana):
    """PPL-9"""
    assert use(open_browser(), "made up", "1234567890").status_code == 404


def test_reset_requires_the_csrf_token(ana):
    """PPL-9"""
    response = use(APIClient(enforce_csrf_checks=True), secret_for("ana"))
    assert (response.status_code, response.json()["code"]) == (403, "csrf_failed")


def test_reset_attempts_are_rate_limited(anonymous_client, db):
    """PPL-8"""
    responses = [use(anonymous_client, f"guess {number}") for number in range(61)]
    assert [response.status_code for response in responses] == [404] * 60 + [429]
    assert int(responses[-1]["Retry-After"]) > 0


def test_reset_ends_the_lockout_of_the_user(open_browser, anonymous_client, ana):
    for _ in range(10):
        sign_in(anonymous_client, "not the password")
    assert use(open_browser(), secret_for("ana")).status_code == 200
    assert sign_in(anonymous_client, NEW) == 200


@pytest.mark.django_db(transaction=True)
def test_reset_link_works_once_when_fifty_requests_race(ana):
    """PPL-9"""
    secret = secret_for("ana")

    def try_reset(number):
        try:
            passwords.reset(secret, f"battery number {number}")
        except passwords.InvalidResetLinkError:
            return False
        else:
            return True
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        results = list(pool.map(try_reset, range(50)))
    assert results.count(True) == 1
    assert User.objects.get().check_password(f"battery number {results.index(True)}")


def test_create_reset_link_explains_which_users_cannot_have_a_link(ana):
    guest = guests.create("Grandma")
    User.objects.filter(pk=ana.pk).update(is_active=False)
    for name, message in (
        ("nobody", "no user"),
        (guest.username, "a guest"),
        ("ana", "disabled"),
    ):
        with pytest.raises(CommandError, match=message):
            call_command("create_reset_link", name)
    assert not ResetLink.objects.exists()
