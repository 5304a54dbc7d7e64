"""The dashboard of staff counts exactly the requests that clients sent to a real server."""

from __future__ import annotations

import signal
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.counted_requests import (
    Requests,
    RoutesClient,
    StaffInstallation,
    counted_since,
)
from tests.support.processes import TIMEOUT, RedisServer
from tests.support.request_urls import SECRET
from tests.support.websocket_client import WebSocketClient

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]
LISTS = "/api/shopping-lists/"
LIST = f"{LISTS}<id:list_id>/"
ITEMS = f"{LIST}shopping-items/"


@pytest.fixture(scope="module", params=["uvicorn", "daphne"])
def installation(request, tmp_path_factory) -> Iterator[StaffInstallation]:
    data = tmp_path_factory.mktemp(f"counts-{request.param}") / "data"
    installation = StaffInstallation(data, server=request.param, layer="memory", redis=None)
    installation.fixtures["olga"] = installation.staff_token()
    yield installation
    installation.close()


@pytest.fixture
def requests(installation) -> Iterator[Requests]:
    with Requests(installation) as requests:
        yield requests


@pytest.fixture
def routes(installation) -> Iterator[RoutesClient]:
    with RoutesClient(installation) as client:
        yield client


def send_mix(requests: Requests, list_id: str) -> None:
    """Send requests of each kind, each kind another number of times."""
    items = f"{LISTS}{list_id}/shopping-items/"
    for _ in range(7):
        requests.send("GET", f"{LISTS}?page_size=5&secret=text", LISTS, 200)
    for number in range(5):
        requests.send("POST", items, ITEMS, 201, json={"name": f"Thing {number}"})
    for _ in range(2):
        requests.send("POST", items, ITEMS, 400, content=b"{", headers=JSON)
    for number in range(3):
        unknown = f"00000000-0000-4000-8000-00000000000{number}"
        requests.send("GET", f"{LISTS}{unknown}/", LIST, 404)
    requests.send("GET", LISTS, LISTS, 401, headers={"Authorization": "Bearer trl_wrong"})
    requests.send("DELETE", LISTS, LISTS, 405)
    requests.send("PROPFIND", LISTS, LISTS, 405)
    for path in ("/nothing", "/nothing/else/", "/wp-login.php", "/api/nothing/"):
        requests.send("GET", path, "", 404)
    for number in range(2):
        requests.send("GET", f"/test/crash/{number}/", "/test/crash/<int:number>/", 500)
        requests.send("GET", "/test/broken-stream/", "/test/broken-stream/", 500)
    requests.send("GET", "/test/stream/", "/test/stream/", 200)
    for path in ("/healthz", "/readyz", "/static/icon.svg"):
        requests.client.get(path)
    # Not HTTP: the server refuses it before there is a request.
    assert b" 400 " in requests.send_raw("NONSENSE\r\n\r\n").partition(b"\r\n")[0]


def send_incomplete(requests: Requests, list_id: str) -> None:
    """Send a body that is too large, and one that does not end. daphne reads both by itself."""
    items = f"{LISTS}{list_id}/shopping-items/"
    requests.send("POST", items, ITEMS, 413, content=b"[" * 3_000_000, headers=JSON)
    for _ in range(2):
        requests.abort("POST", items, ITEMS)


JSON = {"Content-Type": "application/json"}


def test_every_counter_equals_what_was_sent(installation, routes, requests):
    """MET-40"""
    before = routes.totals()
    send_mix(requests, installation.list_id)
    if installation.server == "uvicorn":
        send_incomplete(requests, installation.list_id)
    expected = {key: dict(counts) for key, counts in requests.expected.items()}
    expected["other", LISTS] = expected.pop(("PROPFIND", LISTS))
    routes.read_until(lambda: counted_since(before, routes.totals()) == expected)
    for _ in range(3):  # nothing is counted later
        routes.read()
    assert counted_since(before, routes.totals()) == expected
    for (_, route), row in routes.rows.items():
        total, minute = row["total"], row["last_minute"]
        assert total["requests"] == sum(total["statuses"].values()) + total["aborted"]
        assert sum(total["histogram"]) == sum(total["statuses"].values())
        fails = "crash" in route or "broken" in route
        assert total["errors"] == (total["requests"] if fails else 0), route
        assert minute is None or minute["requests"] <= total["requests"]


def test_queries_of_a_request_are_counted_and_belong_to_no_other(routes, requests):
    """MET-41: the threads and their connections stay, and serve other requests after it."""
    route = "/test/query/<int:count>/"
    counts = (3, 0, 7, 1, 0, 5)
    for count in counts:
        requests.send("GET", f"/test/query/{count}/", route, 200)
    routes.read_until(lambda: ("GET", route) in routes.rows)
    key = ("GET", route)
    routes.read_until(lambda: routes.rows[key]["total"]["requests"] == len(counts))
    total = routes.rows[key]["total"]
    assert total["queries"] == sum(counts)
    assert 0 < total["query_ms"] < total["time_ms"]
    slowest = [entry for entry in routes.parts["slowest"] if entry["route"] == route]
    assert {entry["queries"] for entry in slowest} <= set(counts)
    assert all(entry["user"] is None for entry in slowest)  # these views ask for no user


def test_exceptions_are_counted_by_type_and_route_without_their_text(routes, requests):
    """MET-42"""
    before = {row["kind"]: row["count"] for row in routes.parts["exceptions"]}
    for number in range(3):
        requests.send("GET", f"/test/crash/{number}/", "/test/crash/<int:number>/", 500)
    requests.send("GET", "/test/broken-stream/", "/test/broken-stream/", 500)
    newest = requests.client.get("/test/crash/9/").headers["X-Request-ID"]

    def rows() -> dict[str, Any]:
        return {row["kind"]: row for row in routes.parts["exceptions"]}

    expected = {
        "LookupError": before.get("LookupError", 0) + 4,
        "RuntimeError": before.get("RuntimeError", 0) + 1,
    }
    routes.read_until(lambda: {kind: row["count"] for kind, row in rows().items()} == expected)
    assert rows()["LookupError"]["request_id"] == newest
    assert rows()["LookupError"]["route"] == "/test/crash/<int:number>/"
    assert rows()["LookupError"]["code"].startswith("tests.support.request_urls.crash:")
    assert SECRET not in str((routes.rows, routes.parts))


def test_request_in_flight_is_shown_until_it_ends(routes, requests, tmp_path):
    """MET-43"""
    until, route = tmp_path / "until", "/test/wait/"
    thread = threading.Thread(
        target=requests.send,
        args=("GET", "/test/wait/", route, 200),
        kwargs={"headers": {"X-Until": str(until)}},
    )
    thread.start()

    def waiting() -> list[dict[str, Any]]:
        return [entry for entry in routes.parts["in_flight"] if entry["route"] == route]

    routes.read_until(waiting)
    (entry,) = waiting()
    assert (entry["method"], entry["state"]) == ("GET", "running")
    assert routes.parts["in_flight_count"] >= 1
    routes.read_until(lambda: waiting()[0]["ms"] > entry["ms"])
    until.touch()
    thread.join(TIMEOUT)
    routes.read_until(lambda: not waiting())
    routes.read_until(lambda: routes.rows["GET", route]["total"]["statuses"] == {"200": 1})
    slowest = routes.parts["slowest"][0]
    assert (slowest["route"], slowest["ms"] > entry["ms"]) == (route, True)


def test_client_that_leaves_while_its_view_runs_is_counted_once(routes, requests, tmp_path):
    """MET-40: the view runs to its end, and its response has a status."""
    until = tmp_path / "until"
    before = routes.totals().get(("GET", "/test/wait/"), Counter())
    with requests.connect() as connection:
        head = f"GET /test/wait/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Until: {until}\r\n\r\n"
        connection.sendall(head.encode())
        routes.read_until(lambda: routes.parts["in_flight_count"] == 1)
    until.touch()
    routes.read_until(lambda: routes.parts["in_flight_count"] == 0)
    routes.read_until(lambda: routes.totals()["GET", "/test/wait/"].total() > before.total())
    outcome = routes.totals()["GET", "/test/wait/"] - before
    # daphne cancels the application of a client that has left; uvicorn does not.
    assert outcome.total() == 1
    assert set(outcome) <= {"200", "aborted"}


def test_ticker_has_each_request_once_while_it_is_watched(installation, requests):
    """MET-44"""
    url, token = installation.first_server.url, installation.fixtures["olga"]
    with WebSocketClient(url, token) as client:
        client.until("welcome")
        client.send(type="subscribe", topic="ops:ticker")
        client.until("ticker")
        client.until("ticker")  # every process has heard that it is watched
        ids = [
            requests.client.get(f"{LISTS}?secret=text", headers=bearer(requests)).headers[
                "X-Request-ID"
            ]
            for _ in range(4)
        ]
        entries: list[dict[str, Any]] = []
        while len(entries) < len(ids):
            entries += client.until("ticker")["requests"]
    assert sorted(entry["request_id"] for entry in entries) == sorted(ids)
    for entry in entries:
        assert (entry["method"], entry["route"], entry["status"]) == ("GET", LISTS, 200)
        assert (entry["user"], entry["queries"] > 0) == ("ana", True)
    assert "secret" not in str(entries)


def bearer(requests: Requests) -> dict[str, str]:
    return {"Authorization": f"Bearer {requests.token}"}


def test_throttled_and_failed_sign_ins_are_counted_by_network(tmp_path):
    """MET-45"""
    installation = StaffInstallation(
        tmp_path / "data", server="uvicorn", layer="memory", redis=None
    )
    try:
        installation.fixtures["olga"] = installation.staff_token()
        with RoutesClient(installation) as routes, Requests(installation) as requests:
            requests.client.get("/signin/")
            headers = {"X-CSRFToken": requests.client.cookies["trolley_csrftoken"]}
            wrong = {"username": "ana", "password": "not her password"}
            for _ in range(3):
                response = requests.client.post("/api/auth/login/", json=wrong, headers=headers)
                assert response.status_code == 400, response.text
            statuses = Counter(requests.client.get(LISTS).status_code for _ in range(230))
            assert statuses[429] > 0
            row = {"network": "127.0.0.1", "throttled": statuses[429], "failed_sign_ins": 3}

            def rows() -> list[dict[str, Any]]:
                return [
                    {name: value for name, value in each.items() if name != "newest"}
                    for each in routes.parts["networks"]
                ]

            routes.read_until(lambda: rows() == [row])
            routes.read_until(
                lambda: (
                    routes.totals()["GET", LISTS]
                    == Counter({str(status): count for status, count in statuses.items()})
                )
            )
    finally:
        installation.close()


def test_processes_are_added_up_and_one_that_is_killed_keeps_its_counts(tmp_path):
    """MET-40 and MET-43"""
    redis = RedisServer()
    installation = StaffInstallation(
        tmp_path / "data", server="uvicorn", layer="redis-pubsub", redis=redis
    )
    key, held = ("GET", "/test/query/<int:count>/"), tmp_path / "never"
    try:
        installation.fixtures["olga"] = installation.staff_token()
        second = installation.start_server("second")
        with (
            RoutesClient(installation) as routes,
            Requests(installation) as first,
            Requests(installation, second) as other,
        ):
            for requests, count in ((first, 3), (other, 5)):
                for _ in range(count):
                    requests.send("GET", "/test/query/2/", key[1], 200)
            routes.read_until(lambda: routes.totals().get(key) == Counter({"200": 8}))
            assert routes.rows[key]["total"]["queries"] == 16
            with other.connect() as connection:
                head = f"GET /test/wait/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Until: {held}\r\n\r\n"
                connection.sendall(head.encode())
                routes.read_until(lambda: routes.parts["in_flight_count"] == 1)
                second.stop(signal.SIGKILL)
                routes.read_until(lambda: routes.parts["in_flight_count"] == 0)
            first.send("GET", "/test/query/2/", key[1], 200)
            routes.read_until(lambda: routes.totals()[key] == Counter({"200": 9}))
    finally:
        installation.close()
        redis.kill()


def test_only_staff_may_follow_the_requests(installation):
    """MET-46"""
    with WebSocketClient(installation.first_server.url, installation.fixtures["ana"]) as client:
        client.until("welcome")
        for topic in ("ops:routes", "ops:ticker"):
            client.send(type="subscribe", topic=topic)
            assert client.until("error")["code"] == "not_found"
