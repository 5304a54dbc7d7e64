"""Requests are counted as Django reports them; `in_flight` counts unfinished requests only."""

from __future__ import annotations

import asyncio
import gc

import pytest
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpResponse, StreamingHttpResponse
from django.test import override_settings
from django.urls import path

from live.counters import counters
from live.metrics.middleware import count_requests
from live.noop import noop

pytestmark = pytest.mark.django_db(transaction=True)


async def broken_stream(_request):
    async def content():
        yield b"some"
        raise RuntimeError("in the middle of it")

    return StreamingHttpResponse(content())


async def slow(_request):
    await asyncio.sleep(30)
    return HttpResponse()


def plain(_request):
    return HttpResponse("ok", status=201)


urlpatterns = [
    path("plain/", plain),
    path("broken/", broken_stream),
    path("slow/", slow),
    path("healthz", plain),
    path("static/a.js", plain),
    path("dashboard/signals/", plain),
    path("api/live/requests/", plain),
]


@pytest.fixture
def counts():
    """Return a function that returns what was counted since the start of the test."""
    before = (counters.started, counters.finished, dict(counters.status))

    def since() -> tuple[int, int, dict[str, int]]:
        status = {
            name: count - before[2][name]
            for name, count in counters.status.items()
            if count != before[2][name]
        }
        return counters.started - before[0], counters.finished - before[1], status

    return since


async def request(
    url: str,
    *,
    method: str = "GET",
    headers: tuple[tuple[bytes, bytes], ...] = (),
    disconnect: bool = False,
) -> list[dict]:
    """Send a request to the wrapped application, with Django's real ASGI handler."""
    inbox: asyncio.Queue[dict] = asyncio.Queue()
    inbox.put_nowait({"type": "http.request", "body": b"", "more_body": False})
    if disconnect:
        asyncio.get_running_loop().call_later(0.05, inbox.put_nowait, {"type": "http.disconnect"})
    sent: list[dict] = []

    async def send(message: dict) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": url,
        "query_string": b"",
        "headers": [(b"host", b"testserver"), *headers],
        "http_version": "1.1",
        "scheme": "http",
    }
    with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=[]):
        await count_requests(ASGIHandler(), on_request=noop)(scope, inbox.get, send)
    return sent


async def test_request_is_counted_once_as_started_and_finished(live_runtime, counts):
    assert (await request("/plain/"))[0]["status"] == 201
    assert counts() == (1, 1, {"2xx": 1})
    assert counters.in_flight == 0


@pytest.mark.parametrize(
    "url", ["/healthz", "/static/a.js", "/dashboard/signals/", "/api/live/requests/"]
)
async def test_excluded_path_is_not_counted(live_runtime, counts, url):
    """MET-20"""
    await request(url)
    await request("/plain/")
    assert counts() == (1, 1, {"2xx": 1})


async def test_only_reads_of_the_dashboard_are_not_counted(live_runtime, counts):
    """MET-20"""
    durations = sum(counters.latency.buckets().values())
    page = (b"referer", b"https://testserver/dashboard/signals/")
    await request("/plain/", headers=(page,))
    assert counts() == (0, 0, {})
    assert sum(counters.latency.buckets().values()) == durations
    await request("/plain/", method="POST", headers=(page,))
    await request("/plain/", headers=((b"referer", b"https://testserver/?from=/dashboard/"),))
    assert counts() == (2, 2, {"2xx": 2})


# Django then leaves the request body open.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
async def test_broken_stream_is_no_longer_in_flight(live_runtime, counts):
    """LIV-19: Django never sends request_finished for it, so the signal counters omit it."""
    with pytest.raises(RuntimeError):
        await request("/broken/")
    assert counters.in_flight == 0
    assert counts()[:2] == (1, 0)
    gc.collect()


async def test_request_is_no_longer_in_flight_when_client_disconnects(live_runtime, counts):
    pending = asyncio.ensure_future(request("/slow/", disconnect=True))
    await asyncio.sleep(0.02)
    assert counters.in_flight == 1
    await pending
    assert counters.in_flight == 0
    assert counts() == (1, 1, {})
