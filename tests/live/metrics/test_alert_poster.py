"""Alerts are posted to a real HTTP server, repeated until it takes them, and never wait."""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Any

import pytest

from live.metrics.alert_plan import Alert
from live.metrics.alert_poster import MAX_WAITING, AlertPoster, Attempt
from live.metrics.verdict import Condition, Problem

SINCE = 1_795_000_000.0
LAYER = Problem(
    "layer",
    "warning",
    "Redis does not answer",
    "Edits are saved; screens catch up every 2 s.",
    "machine",
)
BEGAN = Alert("began", Condition(LAYER, SINCE))
ENDED = Alert("ended", Condition(LAYER, SINCE, SINCE + 240))


class Receiver:
    """An HTTP server that keeps what is posted to it and answers with the next status."""

    def __init__(self) -> None:
        self.received: Queue[tuple[str, dict[str, str], dict[str, Any]]] = Queue()
        self.statuses: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.received.put((self.path, dict(self.headers), json.loads(body)))
                status = receiver.statuses.pop(0) if receiver.statuses else 200
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Print nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/my-topic"

    def next(self) -> tuple[str, dict[str, str], dict[str, Any]]:
        return self.received.get(timeout=30)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def create_poster() -> Iterator[Any]:
    posters: list[AlertPoster] = []

    def create(url: str) -> AlertPoster:
        posters.append(AlertPoster(url, page_url="https://list.example.org", time_scale=0.001))
        return posters[-1]

    yield create
    for poster in posters:
        poster.stop()


def test_alert_says_what_began_and_what_ended(receiver, create_poster):
    """ALR-3"""
    poster = create_poster(receiver.url)
    poster.post(BEGAN)
    poster.post(ENDED)
    path, headers, body = receiver.next()
    assert path == "/my-topic"
    assert headers["Content-Type"] == "application/json"
    assert (headers["X-Template"], headers["X-Priority"]) == ("yes", "4")
    assert body == {
        "event": "began",
        "key": "layer",
        "severity": "warning",
        "title": "Trolley: Redis does not answer",
        "message": "Redis does not answer since 11:06 UTC. "
        "Edits are saved; screens catch up every 2 s.",
        "text": body["text"],
        "content": body["text"],
        "priority": 4,
        "tags": ["warning"],
        "since": "2026-11-18T11:06:40+00:00",
        "until": None,
        "url": "https://list.example.org/dashboard/machine/",
    }
    _, _, body = receiver.next()
    assert (body["event"], body["message"]) == ("ended", "It lasted 4 min.")
    assert body["title"] == "Trolley: over: Redis does not answer"
    assert body["until"] is not None


def test_alert_is_repeated_until_it_is_taken(receiver, create_poster):
    """ALR-4"""
    receiver.statuses = [500, 429, 503]
    poster = create_poster(receiver.url)
    poster.post(BEGAN)
    poster.post(ENDED)
    events = [receiver.next()[2]["event"] for _ in range(5)]
    assert events == ["began"] * 4 + ["ended"]


@pytest.mark.parametrize("status", [400, 404, 302])
def test_refused_alert_is_not_repeated(receiver, create_poster, status):
    """ALR-4"""
    receiver.statuses = [status]
    poster = create_poster(receiver.url)
    poster.post(BEGAN)
    poster.post(ENDED)
    events = [receiver.next() for _ in range(2)]
    assert [(path, body["event"]) for path, _, body in events] == [
        ("/my-topic", "began"),
        ("/my-topic", "ended"),
    ]


def test_address_that_does_not_answer_holds_up_no_caller(create_poster):
    """ALR-4: it accepts connections and never answers, and the queue is bounded."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        poster = create_poster(f"http://127.0.0.1:{silent.getsockname()[1]}/")
        poster.post(BEGAN)
        connection, _ = silent.accept()  # an attempt is running
        for _ in range(MAX_WAITING * 2):
            poster.post(ENDED)
        assert len(poster._waiting) == MAX_WAITING
        connection.close()


def test_password_of_the_address_is_sent_as_a_header_and_not_logged(
    receiver, create_poster, caplog
):
    """ALR-5"""
    receiver.statuses = [500]
    url = receiver.url.replace("http://", "http://ana:s3cr%40t@")
    with caplog.at_level(logging.DEBUG):
        create_poster(f"{url}?auth=abcdef").post(BEGAN)
        first, second = receiver.next(), receiver.next()
    assert first[1]["Authorization"] == second[1]["Authorization"] == "Basic YW5hOnMzY3JAdA=="
    assert first[0] == "/my-topic?auth=abcdef"
    text = caplog.text
    assert "answered an alert with 500" in text
    assert "s3cr" not in text
    assert "abcdef" not in text


@pytest.mark.parametrize(
    ("status", "attempt"),
    [
        (204, Attempt("delivered", 204)),
        (503, Attempt("failed", 503)),
        (403, Attempt("refused", 403)),
        (302, Attempt("refused", 302)),
    ],
)
def test_test_is_posted_once_and_its_outcome_is_returned(
    receiver: Receiver, status: int, attempt: Attempt
) -> None:
    """ALR-6"""
    receiver.statuses = [status]
    poster = AlertPoster(receiver.url, page_url="https://list.example.org")
    assert poster.post_test(SINCE) == attempt
    _, _, body = receiver.next()
    assert (body["event"], body["until"]) == ("test", None)
    assert body["url"] == "https://list.example.org/dashboard/machine/"
    assert receiver.received.empty()


def test_test_of_an_address_that_does_not_answer_names_what_failed() -> None:
    """ALR-6"""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        poster = AlertPoster(f"http://127.0.0.1:{unused.getsockname()[1]}/")
        assert poster.post_test(SINCE) == Attempt("failed", error="URLError")
