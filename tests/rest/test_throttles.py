"""The rate limit per user, by session and by token, and per address of anonymous clients."""

import json
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from accounts.models import ApiToken
from asgi_project import settings as shipped
from rest import throttles

LISTS = "/api/shopping-lists/"
ME = "/api/auth/me/"


class Clock:
    """A clock that only a test advances."""

    now = 1_000.0

    def __call__(self):
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch, settings):
    settings.WRITES_PER_SECOND, settings.READS_PER_SECOND = 0.5, 2
    throttles.reads.clear()
    throttles.writes.clear()
    fake_clock = Clock()
    monkeypatch.setattr(throttles, "monotonic", fake_clock)
    return fake_clock


def token_client(user):
    """Return a client with a new token of that user."""
    client = APIClient()
    _, secret = ApiToken.objects.create(user=user, name="script")
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def write(client, **headers):
    return client.patch(ME, {"name": "Ana"}, **headers).status_code


def use_up(client):
    while write(client) == 200:
        pass


def test_write_over_the_limit_returns_429_with_retry_after(ana, signed_in_client, clock):
    """RATE-2"""
    client = signed_in_client(ana)
    assert [write(client) for _ in range(5)] == [200] * 5
    response = client.patch(ME, {"name": "Eve"})
    assert (response.status_code, response.json()["code"]) == (429, "throttled")
    assert response["Content-Type"] == "application/problem+json"
    ana.refresh_from_db()
    assert ana.name == "Ana"
    clock.now += int(response["Retry-After"])
    assert write(client) == 200


def test_sessions_and_tokens_of_one_user_share_one_budget(ana, bob, signed_in_client):
    """RATE-1"""
    use_up(signed_in_client(ana))
    assert (
        write(signed_in_client(ana)) == write(token_client(ana)) == write(token_client(ana)) == 429
    )
    assert write(signed_in_client(bob)) == 200


def test_reads_have_a_separate_limit(ana, signed_in_client):
    """RATE-1"""
    client = signed_in_client(ana)
    use_up(client)
    assert [client.get(LISTS).status_code for _ in range(20)] == [200] * 20
    assert client.get(LISTS).status_code == 429
    assert token_client(ana).get(LISTS).status_code == 429


def test_anonymous_requests_are_limited_per_client_address(db):
    """RATE-1"""

    def sign_in(address):
        credentials = {"username": str(uuid4()), "password": "wrong wrong"}
        client = APIClient(REMOTE_ADDR=address)
        return client.post("/api/api-token-auth/", credentials).status_code

    assert [sign_in("198.51.100.7") for _ in range(6)] == [400] * 5 + [429]
    assert sign_in("198.51.100.8") == 400
    assert [sign_in(f"2001:db8::{n}") for n in range(6)] == [400] * 5 + [429]


def test_large_body_counts_as_several_writes(ana, signed_in_client):
    """RATE-1"""
    client = signed_in_client(ana)
    body = json.dumps({"name": "x" * 140_000})
    assert client.patch(ME, body, content_type="application/json").status_code == 400
    assert [write(client) for _ in range(3)] == [200, 200, 429]


def test_rate_limit_of_zero_means_unlimited(ana, signed_in_client, settings):
    """RATE-1"""
    settings.WRITES_PER_SECOND = 0
    client = signed_in_client(ana)
    assert {write(client) for _ in range(30)} == {200}


def test_default_write_limit_admits_200_queued_writes_and_no_more(ana, signed_in_client, settings):
    """RATE-1"""
    settings.WRITES_PER_SECOND = shipped.WRITES_PER_SECOND
    client = signed_in_client(ana)
    assert [write(client) for _ in range(201)] == [200] * 200 + [429]


def test_rate_limit_costs_no_query(ana, signed_in_client, django_assert_num_queries, settings):
    """RATE-2"""
    client = signed_in_client(ana)
    client.get(ME)
    with django_assert_num_queries(2):  # session and user
        assert client.get(ME).status_code == 200
    settings.READS_PER_SECOND = 0
    with django_assert_num_queries(2):
        assert client.get(ME).status_code == 200
