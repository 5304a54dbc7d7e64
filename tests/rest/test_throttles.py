"""One person sends so many requests a second and no more, however they are signed in."""

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
    """Time that goes by when a test says so."""

    now = 1_000.0

    def __call__(self):
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch, settings):
    settings.WRITES_PER_SECOND, settings.READS_PER_SECOND = 0.5, 2
    throttles.reads.clear()
    throttles.writes.clear()
    made = Clock()
    monkeypatch.setattr(throttles, "monotonic", made)
    return made


def script(person):
    """Return a client with a new token of that person."""
    client = APIClient()
    _, secret = ApiToken.objects.create(user=person, name="script")
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def write(client, **headers):
    return client.patch(ME, {"name": "Ana"}, **headers).status_code


def use_up(client):
    while write(client) == 200:
        pass


def test_a_write_too_many_is_a_problem_that_says_how_long_to_wait(ana, signed_in_client, clock):
    """RATE-2"""
    client = signed_in_client(ana)
    assert [write(client) for _ in range(5)] == [200] * 5
    answer = client.patch(ME, {"name": "Eve"})
    assert (answer.status_code, answer.json()["code"]) == (429, "throttled")
    assert answer["Content-Type"] == "application/problem+json"
    ana.refresh_from_db()
    assert ana.name == "Ana"
    clock.now += int(answer["Retry-After"])
    assert write(client) == 200


def test_sessions_and_tokens_of_one_person_count_together(ana, bob, signed_in_client):
    """RATE-1"""
    use_up(signed_in_client(ana))
    assert write(signed_in_client(ana)) == write(script(ana)) == write(script(ana)) == 429
    assert write(signed_in_client(bob)) == 200


def test_reads_have_a_limit_of_their_own(ana, signed_in_client):
    """RATE-1"""
    client = signed_in_client(ana)
    use_up(client)
    assert [client.get(LISTS).status_code for _ in range(20)] == [200] * 20
    assert client.get(LISTS).status_code == 429
    assert script(ana).get(LISTS).status_code == 429


def test_strangers_are_counted_by_their_address(db):
    """RATE-1"""

    def knock(address):
        credentials = {"username": str(uuid4()), "password": "wrong wrong"}
        client = APIClient(REMOTE_ADDR=address)
        return client.post("/api/api-token-auth/", credentials).status_code

    assert [knock("198.51.100.7") for _ in range(6)] == [400] * 5 + [429]
    assert knock("198.51.100.8") == 400
    assert [knock(f"2001:db8::{n}") for n in range(6)] == [400] * 5 + [429]


def test_a_big_body_counts_as_many_writes(ana, signed_in_client):
    """RATE-1"""
    client = signed_in_client(ana)
    body = json.dumps({"name": "x" * 140_000})
    assert client.patch(ME, body, content_type="application/json").status_code == 400
    assert [write(client) for _ in range(3)] == [200, 200, 429]


def test_a_limit_of_nothing_is_none(ana, signed_in_client, settings):
    """RATE-1"""
    settings.WRITES_PER_SECOND = 0
    client = signed_in_client(ana)
    assert {write(client) for _ in range(30)} == {200}


def test_what_ships_lets_a_phone_send_what_it_queued_and_a_loop_not(
    ana, signed_in_client, settings
):
    """RATE-1"""
    settings.WRITES_PER_SECOND = shipped.WRITES_PER_SECOND
    client = signed_in_client(ana)
    assert [write(client) for _ in range(201)] == [200] * 200 + [429]


def test_a_limit_costs_no_query(ana, signed_in_client, django_assert_num_queries, settings):
    """RATE-2"""
    client = signed_in_client(ana)
    client.get(ME)
    with django_assert_num_queries(2):  # session and person
        assert client.get(ME).status_code == 200
    settings.READS_PER_SECOND = 0
    with django_assert_num_queries(2):
        assert client.get(ME).status_code == 200
