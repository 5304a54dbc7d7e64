"""`/metrics`: who may read it, and that it says what the topics say."""

from __future__ import annotations

from typing import Any

import pytest
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as parse_openmetrics,
)
from prometheus_client.parser import text_string_to_metric_families
from rest_framework.test import APIClient

from accounts import tokens
from accounts.models import ApiToken, User
from live.counters import counters
from live.db_threads import run_in_db_thread
from live.protocol.frames import CloseCode
from live.protocol.topics import SIGNALS
from tests.support.routes import address, routes
from tests.support.socket_client import eventually

pytestmark = pytest.mark.django_db(transaction=True)
LOCAL = {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "localhost:8000"}


def create_token(user: User, scope: str) -> dict[str, str]:
    _, secret = tokens.create(user, name="prometheus", scope=scope)
    return {"HTTP_AUTHORIZATION": f"Bearer {secret}"}


async def read(**extra: str) -> Any:
    environ = {"REMOTE_ADDR": "198.51.100.7", **extra}
    return await run_in_db_thread(lambda: APIClient().get("/metrics", **environ))


@pytest.mark.parametrize(
    ("request_headers", "status"),
    [
        (LOCAL, 200),
        ({"REMOTE_ADDR": "::1", "HTTP_HOST": "[::1]:8000"}, 200),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "127.0.0.1"}, 200),
        ({"HTTP_HOST": "localhost"}, 401),
        ({"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "testserver"}, 401),
        ({**LOCAL, "HTTP_X_FORWARDED_FOR": "127.0.0.1"}, 401),
        ({**LOCAL, "HTTP_X_REAL_IP": "203.0.113.9"}, 401),
        ({**LOCAL, "HTTP_FORWARDED": "for=203.0.113.9"}, 401),
        ({**LOCAL, "HTTP_VIA": "1.1 proxy"}, 401),
        ({**LOCAL, "HTTP_X_FORWARDED_PROTO": "https"}, 401),
        ({**LOCAL, "HTTP_CF_CONNECTING_IP": "203.0.113.9"}, 401),
        ({**LOCAL, "HTTP_AUTHORIZATION": "Bearer wrong"}, 401),
    ],
)
async def test_only_programs_on_the_machine_itself_read_metrics_without_a_token(
    live_runtime: Any, request_headers: dict[str, str], status: int
) -> None:
    """MET-3, SEC-20: a proxy on the machine connects from there, too, for anybody."""
    await eventually(lambda: live_runtime.sampler.aggregator.latest is not None)
    assert (await read(**request_headers)).status_code == status


@pytest.mark.parametrize(("scope", "status"), [("metrics", 200), ("write", 401), ("read", 401)])
async def test_token_needs_the_scope_metrics(
    live_runtime: Any, ana: User, scope: str, status: int
) -> None:
    """MET-3"""
    await eventually(lambda: live_runtime.sampler.aggregator.latest is not None)
    headers = await run_in_db_thread(create_token, ana, scope)
    response = await read(**headers)
    assert response.status_code == status
    token = await run_in_db_thread(ApiToken.objects.get)
    assert (token.last_used_at is not None) is (status == 200)


async def test_metrics_are_not_available_before_the_first_sample(live_runtime: Any) -> None:
    """MET-3"""
    await live_runtime.periodic_tasks.stop()  # the first sample could be taken during the request
    assert live_runtime.sampler.aggregator.latest is None
    response = await read(**LOCAL)
    assert (response.status_code, response["Retry-After"]) == (503, "1")


async def test_metrics_equal_the_topics(
    live_runtime: Any, signed_in_client: Any, ana: User
) -> None:
    """MET-3"""
    client: APIClient = await run_in_db_thread(signed_in_client, ana)

    def send_requests() -> None:
        for path in ("/api/auth/me/", "/api/shopping-lists/", "/api/nothing/"):
            client.get(path)
        assert client.post("/api/shopping-lists/", {"name": "Groceries"}).status_code == 201

    await run_in_db_thread(send_requests)
    aggregator = live_runtime.sampler.aggregator
    await eventually(lambda: aggregator.latest is not None and aggregator.latest.changes > 0)
    sample = response = None
    while sample is None or sample is not aggregator.latest:  # another second has begun meanwhile
        sample, response = aggregator.latest, await read(**LOCAL)
    samples = {
        (each.name, *sorted(each.labels.values())): each.value
        for family in text_string_to_metric_families(response.content.decode())
        for each in family.samples
    }
    for name, field in {
        "trolley_requests_started_total": "started",
        "trolley_requests_finished_total": "finished",
        "trolley_changes_total": "changes",
        "trolley_snapshots_total": "snapshots",
        "trolley_processes": "processes",
    }.items():
        assert samples[(name,)] == getattr(sample, field), name
    for status, count in sample.status.items():
        assert samples[("trolley_responses_total", status)] == count
    rows = live_runtime.sampler.frame(SIGNALS).rows
    for row in rows:
        labels = sorted((row.signal, row.sender))
        assert samples[("trolley_signal_sends_total", *labels)] == row.sends
    assert rows


OPENMETRICS = {"HTTP_ACCEPT": "application/openmetrics-text; version=1.0.0,text/plain;q=0.5"}


async def test_accept_chooses_openmetrics(live_runtime: Any) -> None:
    """MET-3"""
    await eventually(lambda: live_runtime.sampler.aggregator.latest is not None)
    response = await read(**LOCAL, **OPENMETRICS)
    assert response["Content-Type"].startswith("application/openmetrics-text")
    assert response.content.endswith(b"# EOF\n")


async def test_openmetrics_says_since_when_each_counter_counts(
    live_runtime: Any, signed_in_client: Any, ana: User
) -> None:
    """MET-5"""
    client: APIClient = await run_in_db_thread(signed_in_client, ana)
    await run_in_db_thread(client.post, "/api/shopping-lists/", {"name": "Groceries"})
    aggregator = live_runtime.sampler.aggregator
    await eventually(lambda: aggregator.latest is not None and aggregator.latest.changes > 0)
    text = (await read(**LOCAL, **OPENMETRICS)).content.decode()
    totals = [each for each in parse_openmetrics(text) if each.type in {"counter", "histogram"}]
    assert len(totals) > 10
    for family in totals:
        created = [each.value for each in family.samples if each.name == f"{family.name}_created"]
        counted = {
            tuple(sorted((key, value) for key, value in each.labels.items() if key != "le"))
            for each in family.samples
        }
        assert len(created) == len(counted) > 0, family.name
        if family.name.startswith("trolley_"):
            since = aggregator.since.timestamp()
            assert created == [pytest.approx(since)] * len(created), family.name
    older = (await read(**LOCAL)).content.decode()
    assert "_created" not in older


async def test_histogram_counts_what_the_sampler_counts(live_runtime: Any) -> None:
    """MET-5"""
    aggregator = live_runtime.sampler.aggregator
    before = counters.latency.all_buckets()
    for milliseconds in (3, 30, 300, 30_000):
        counters.latency.observe(milliseconds)
    expected = sum(before.values()) + 4
    await eventually(
        lambda: aggregator.latest and aggregator.durations["latency"].total == expected
    )
    text = (await read(**LOCAL)).content.decode()
    (family,) = (
        each
        for each in text_string_to_metric_families(text)
        if each.name == "trolley_request_duration_seconds"
    )
    buckets = {
        each.labels["le"]: each.value for each in family.samples if each.name.endswith("_bucket")
    }
    assert buckets["+Inf"] == expected
    assert buckets["0.05"] >= 2
    assert buckets["10.0"] <= expected - 1
    assert list(buckets.values()) == sorted(buckets.values())
    values = {each.name.removeprefix(family.name): each.value for each in family.samples}
    assert values["_count"] == expected
    assert values["_sum"] > 29


def test_metrics_token_opens_no_other_address(ana: User) -> None:
    """MET-4"""
    client = APIClient()
    client.credentials(**create_token(ana, "metrics"))
    checked = 0
    for route, view in routes():
        if not route.startswith("api/") or not hasattr(view, "view_class"):
            continue
        if not (view.view_class.authentication_classes or view.view_class.permission_classes):
            continue
        path = address(route, {})
        with_token, without = client.get(path), APIClient().get(path)
        checked += 1
        if without.status_code == 401:
            assert with_token.status_code == 401, path
        assert with_token.status_code in {without.status_code, 401}, path
    assert checked > 30


async def test_metrics_token_opens_no_socket(
    live_runtime: Any, ana: User, open_client: Any
) -> None:
    """MET-4"""
    _, secret = await run_in_db_thread(lambda: tokens.create(ana, name="p", scope="metrics"))
    client = await open_client(token=secret, origin=None)
    assert (await client.until("bye"))["code"] == CloseCode.NOT_SIGNED_IN
