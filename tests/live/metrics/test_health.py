"""Health checks of a process, and the request counters over HTTP."""

from __future__ import annotations

import pytest
from django.test import AsyncClient

from live import runtime
from live.db_threads import run_in_db_thread
from live.metrics import health
from live.metrics.health import DatabaseHealth, Health
from tests.support.socket_client import eventually

pytestmark = pytest.mark.django_db(transaction=True)
HEALTHY = {
    "database": True,
    "migrations": True,
    "writable": True,
    "layer": True,
    "draining": False,
}


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({}, "ready"),
        ({"layer": False}, "degraded"),
        ({"database": False}, "unready"),
        ({"migrations": False}, "unready"),
        ({"writable": False}, "unready"),
        ({"draining": True}, "unready"),
    ],
)
def test_health_is_unready_when_anything_but_the_layer_fails(changed, status):
    assert Health(**{**HEALTHY, **changed}).status == status


async def test_healthz_returns_200():
    assert (await AsyncClient().get("/healthz")).json() == {"status": "alive"}


async def test_readyz_returns_200_with_every_check(live_runtime):
    response = await AsyncClient().get("/readyz")
    assert (response.status_code, response.json()) == (200, {"status": "ready", **HEALTHY})


async def test_readyz_returns_degraded_when_layer_is_down(live_runtime):
    """LIV-21."""
    for task in live_runtime.relay.layer_client._tasks:
        task.cancel()
    live_runtime.relay.layer_client.is_up = False
    response = await AsyncClient().get("/readyz")
    assert (response.status_code, response.json()["status"]) == (200, "degraded")


async def test_readyz_returns_503_when_draining(live_runtime):
    await live_runtime.drain()
    assert (await AsyncClient().get("/readyz")).status_code == 503


async def test_readyz_returns_503_when_database_is_down(live_runtime, monkeypatch):
    monkeypatch.setattr(health, "check_database", DatabaseHealth)
    assert (await AsyncClient().get("/readyz")).status_code == 503


async def test_request_counters_require_authentication(live_runtime, ana, signed_in_client):
    await eventually(lambda: live_runtime.sampler.aggregator.latest is not None)
    assert (await AsyncClient().get("/api/live/requests/")).status_code == 401
    response = await run_in_db_thread(lambda: signed_in_client(ana).get("/api/live/requests/"))
    assert response.status_code == 200
    body = response.json()
    assert body["processes"] == 1
    assert body["since"] <= body["at"]


def test_request_counters_return_503_before_first_sample(ana, signed_in_client):
    """API-24"""
    assert runtime.get_running() is None
    response = signed_in_client(ana).get("/api/live/requests/")
    assert (response.status_code, response["Content-Type"]) == (503, "application/problem+json")
    assert (response.json()["code"], response["Retry-After"]) == ("no_sample", "1")


async def test_token_for_one_list_cannot_read_request_counters(
    live_runtime, open_client, ana, hardware, create_token
):
    """LIV-26."""
    await eventually(lambda: live_runtime.sampler.aggregator.latest is not None)
    unrestricted = await run_in_db_thread(create_token, ana, scope="read")
    restricted = await run_in_db_thread(
        lambda: create_token(ana, scope="read", list_id=hardware.pk)
    )
    for token, status, frame_type in (
        (unrestricted, 200, "subscribed"),
        (restricted, 403, "error"),
    ):
        headers = {"Authorization": f"Bearer {token}"}
        response = await AsyncClient().get("/api/live/requests/", headers=headers)
        assert response.status_code == status
        client = await open_client(token=token, origin=None)
        assert (await client.subscribe("requests"))["type"] == frame_type
