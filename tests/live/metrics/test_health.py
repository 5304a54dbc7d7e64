"""Whether a process lives and can serve, and the counters without a socket."""

from __future__ import annotations

import pytest
from django.test import AsyncClient

from live import runtime
from live.db_threads import run_in_db_thread
from live.metrics import health
from live.metrics.health import Health

pytestmark = pytest.mark.django_db(transaction=True)
GOOD = {"database": True, "migrations": True, "layer": True, "draining": False}


@pytest.mark.parametrize(
    ("what", "status"),
    [
        ({}, "ready"),
        ({"layer": False}, "degraded"),
        ({"database": False}, "unready"),
        ({"migrations": False}, "unready"),
        ({"draining": True}, "unready"),
    ],
)
def test_only_the_layer_may_fail(what, status):
    assert Health(**{**GOOD, **what}).status == status


async def test_it_is_alive():
    assert (await AsyncClient().get("/healthz")).json() == {"status": "alive"}


async def test_it_is_ready(live_runtime):
    answer = await AsyncClient().get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", **GOOD})


async def test_it_serves_on_without_the_layer(live_runtime):
    """LIV-21."""
    for task in live_runtime.relay.layer_client._tasks:
        task.cancel()
    live_runtime.relay.layer_client.is_up = False
    answer = await AsyncClient().get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")


async def test_it_is_not_ready_while_it_drains(live_runtime):
    await live_runtime.drain()
    assert (await AsyncClient().get("/readyz")).status_code == 503


async def test_it_is_not_ready_without_a_database(live_runtime, monkeypatch):
    monkeypatch.setattr(health, "check_database", lambda: (False, False))
    assert (await AsyncClient().get("/readyz")).status_code == 503


async def test_the_counters_are_for_people_who_are_signed_in(live_runtime, ana, signed_in_client):
    live_runtime.sampler.tick(1.0)
    assert (await AsyncClient().get("/api/live/requests/")).status_code == 401
    answer = await run_in_db_thread(lambda: signed_in_client(ana).get("/api/live/requests/"))
    assert answer.status_code == 200
    assert answer.json()["processes"] == 1


def test_counters_that_have_only_just_begun_are_a_problem(ana, signed_in_client):
    """API-24"""
    assert runtime.get_running() is None
    answer = signed_in_client(ana).get("/api/live/requests/")
    assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")
    assert (answer.json()["code"], answer["Retry-After"]) == ("no_sample", "1")


async def test_a_token_for_one_list_is_refused_the_counters_as_over_a_socket(
    live_runtime, open_client, ana, hardware, create_token
):
    """LIV-26."""
    live_runtime.sampler.tick(1.0)
    wide = await run_in_db_thread(create_token, ana, scope="read")
    narrow = await run_in_db_thread(lambda: create_token(ana, scope="read", list_id=hardware.pk))
    for token, status, kind in ((wide, 200, "subscribed"), (narrow, 403, "error")):
        headers = {"Authorization": f"Bearer {token}"}
        answer = await AsyncClient().get("/api/live/requests/", headers=headers)
        assert answer.status_code == status
        one = await open_client(token=token, origin=None)
        assert (await one.subscribe("requests"))["type"] == kind
