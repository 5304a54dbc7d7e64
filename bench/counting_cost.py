"""D1: the cost of counting a request, in microseconds: `python -m bench.counting_cost`.

The product cannot switch counting off, so its parts are timed separately, with everything
on: the ticker is watched, and each request is kept as one of the slowest.

- the ASGI middleware, as the difference between a minimal application with and without it;
- Django's middleware, as the difference between a minimal view with and without it;
- each query, as the difference between a query with and without it;
- the receivers of both request signals, and the measured signals of an edit.

The sum for an edit is compared with the CPU of the same edit in this process, a PATCH that
sets one field. E1 has the CPU of an edit with the server, which is more.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from typing import Any

ROUNDS, CALLS = 7, 20_000
QUERY_CALLS = 5_000
EDITS = 400
EDIT_SIGNALS = 8
"""The measured signals that an edit sends (docs/signals.md)."""


async def respond(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def discard(message: Any) -> None:
    return None


async def seconds_per_call(app: Callable[..., Awaitable[None]]) -> float:
    """Return the time of one call, the best of several rounds."""
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/api/shopping-lists/",
        "client": None,
        "headers": [],
    }
    best = float("inf")
    for _ in range(ROUNDS):
        started_at = time.perf_counter()
        for _ in range(CALLS):
            await app(scope, None, discard)
        best = min(best, (time.perf_counter() - started_at) / CALLS)
        forget_requests()
    return best


def forget_requests() -> None:
    """Do what a sample does: take the ticker, and go on with the next second."""
    from live.metrics.route_meter import route_meter

    route_meter.take_ticker()
    route_meter.slowest.tick()


def best_of_rounds(call: Callable[[], object], calls: int = CALLS) -> float:
    """Return the seconds of one call, the best of several rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        started_at = time.perf_counter()
        for _ in range(calls):
            call()
        best = min(best, (time.perf_counter() - started_at) / calls)
    return best


def receive_signals() -> None:
    """Call both receivers of the request signals."""
    from live.receivers import count_finished_request, count_started_request

    count_started_request()
    count_finished_request()


def seconds_in_django() -> float:
    """Return what Django's middleware adds to a request."""
    from django.http import HttpResponse
    from django.test import RequestFactory

    from live.metrics.request_record import SCOPE_KEY, RequestRecord
    from live.metrics.route_middleware import RouteMiddleware

    request: Any = RequestFactory().get("/api/shopping-lists/")
    request.scope = scope = {"method": "GET", "path": "/api/shopping-lists/"}
    record = RequestRecord(scope)
    response = HttpResponse()

    def view(_: Any) -> HttpResponse:
        return response

    middleware = RouteMiddleware(view)

    def handle() -> None:
        scope[SCOPE_KEY] = record  # type: ignore[assignment]
        middleware(request)

    return best_of_rounds(handle) - best_of_rounds(lambda: view(request))


def seconds_per_query() -> float:
    """Return what one query costs more while it is measured."""
    from django.db import connection

    from live.metrics.request_record import RequestRecord

    record = RequestRecord({"method": "GET", "path": "/"})
    with connection.cursor() as cursor:

        def query() -> None:
            cursor.execute("SELECT 1")

        plain = best_of_rounds(query, QUERY_CALLS)
        with connection.execute_wrapper(record.time_query):
            return best_of_rounds(query, QUERY_CALLS) - plain


def seconds_per_signal() -> float:
    """Return what one measured send costs more than a plain one."""
    from django.dispatch import Signal

    from bench.signal_cost import receive
    from live.metrics.signal_meter import SignalMeter

    plain, measured = Signal(), Signal()
    for signal in (plain, measured):
        signal.connect(receive)
    SignalMeter().measure(measured, "measured")
    return best_of_rounds(lambda: measured.send(None)) - best_of_rounds(lambda: plain.send(None))


def measure_edits() -> tuple[float, int]:
    """Return the CPU seconds of an edit of one item in this process, and its queries."""
    from django.core.management import call_command
    from django.db import connection
    from rest_framework.test import APIClient

    from accounts.models import ApiToken, User
    from live.metrics.request_record import RequestRecord
    from shopping_list.models import Membership, ShoppingList

    call_command("migrate", verbosity=0)
    ana = User.objects.create_user("ana", name="ana")
    groceries = ShoppingList.objects.create(name="Groceries", created_by=ana)
    Membership.objects.create(shopping_list=groceries, user=ana, role="owner")
    item = groceries.items.create(name="Milk")
    token = ApiToken.objects.create(user=ana, name="bench")[1]
    client = APIClient(headers={"Authorization": f"Bearer {token}"})
    path = f"/api/shopping-lists/{groceries.pk}/shopping-items/{item.pk}/"

    def edit(number: int) -> None:
        response = client.patch(path, {"note": f"note {number}"}, format="json")
        assert response.status_code == 200, response.content

    numbers = iter(range(1_000_000))
    for _ in range(EDITS):
        edit(next(numbers))
    record = RequestRecord({"method": "PATCH", "path": path})
    with connection.execute_wrapper(record.time_query):
        edit(next(numbers))
    best = float("inf")
    for _ in range(ROUNDS):
        started_at = time.process_time()
        for _ in range(EDITS):
            edit(next(numbers))
        best = min(best, (time.process_time() - started_at) / EDITS)
    return best, record.queries


async def main() -> None:
    import django
    from django.conf import settings

    django.setup()
    settings.WRITES_PER_SECOND = settings.READS_PER_SECOND = 0
    settings.ALLOWED_HOSTS = ["*"]
    from live.metrics.middleware import count_requests
    from live.metrics.route_meter import route_meter
    from live.noop import noop

    edit, queries = await asyncio.to_thread(measure_edits)
    route_meter.is_ticking = True
    bare = await seconds_per_call(respond)
    counted = await seconds_per_call(count_requests(respond, on_request=noop))
    parts = {
        "ASGI middleware": counted - bare,
        "Django's middleware": seconds_in_django(),
        f"{queries} queries": queries * await asyncio.to_thread(seconds_per_query),
        "receivers of both request signals": best_of_rounds(receive_signals),
        f"{EDIT_SIGNALS} measured signals": EDIT_SIGNALS * seconds_per_signal(),
    }
    for name, seconds in parts.items():
        print(f"{seconds * 1e6:6.1f} µs  {name}")
    total = sum(parts.values())
    print(
        f"{total * 1e6:6.1f} µs  of an edit of {edit * 1e6:.0f} µs of CPU "
        f"without a server: {total / edit:.1%}"
    )
    if "--json" in sys.argv:
        figures = {"added_us": total * 1e6, "edit_us": edit * 1e6, "share": total / edit}
        print(json.dumps(figures))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "asgi_project.settings")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TROLLEY_DATA"] = folder
        asyncio.run(main())
