"""Attempts to guess a password or a link are counted over all processes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.test import override_settings
from django.utils import timezone

from accounts.api import throttles
from accounts.attempt_counts import AttemptCount, AttemptCounter

pytestmark = pytest.mark.database

PREVIEW, TOKEN = "/api/invites/preview/", "/api/api-token-auth/"
WRONG = {"username": "ana", "password": "not the password"}


def counter():
    """Return a counter as another process would have it: the database is all they share."""
    return AttemptCounter("links", window=timedelta(minutes=1))


@pytest.mark.django_db(transaction=True)
def test_concurrent_attempts_are_all_counted():
    """SEC-10"""

    def add(_):
        try:
            return counter().add("198.51.100.7")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert max(pool.map(add, range(24))) == 24
    assert counter().current("198.51.100.7") == 24
    assert counter().current("198.51.100.8") == 0


def test_count_begins_at_zero_after_its_window(db):
    assert [counter().add("a"), counter().add("a")] == [1, 2]
    assert 59 <= counter().seconds_left("a") <= 60
    AttemptCount.objects.update(expires_at=timezone.now())
    assert (counter().current("a"), counter().seconds_left("a")) == (0, 0)
    counter().add("b")
    assert [row.key for row in AttemptCount.objects.all()] == ["links:b"]
    assert counter().add("a") == 1


def test_links_that_another_process_counted_are_refused(anonymous_client, db, monkeypatch):
    """INV-12"""
    monkeypatch.setattr(throttles, "MAX_LINKS", 3)
    for _ in range(3):
        counter().add("127.0.0.1")
    refused = anonymous_client.post(PREVIEW, {"token": "x"})
    assert (refused.status_code, refused.json()["code"]) == (429, "throttled")
    assert 1 <= int(refused["Retry-After"]) <= 61
    assert counter().current("127.0.0.1") == 3, "a refused request writes nothing"


@override_settings(SIGNIN_FAILURES_PER_ADDRESS=3)
def test_wrong_passwords_that_another_process_counted_lock_the_address(anonymous_client, ana):
    """SEC-10"""
    failures = AttemptCounter("sign-in", window=timedelta(minutes=15))
    assert anonymous_client.post(TOKEN, WRONG).status_code == 400
    assert failures.current("127.0.0.1") == 1
    assert [failures.add("127.0.0.1"), failures.add("127.0.0.1")] == [2, 3]
    response = anonymous_client.post(TOKEN, {**WRONG, "username": "bob"})
    assert (response.status_code, response.json()["code"]) == (429, "locked_out")
    assert 1 <= int(response["Retry-After"]) <= 900


def test_requests_that_guess_nothing_are_not_counted(signed_in_client, ana):
    signed_in_client(ana).get("/api/auth/me/")
    assert not AttemptCount.objects.exists()
