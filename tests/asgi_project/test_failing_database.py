"""A database that cannot be written, or that was restarted: what requests are answered."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.sessions.backends.base import UpdateError
from django.db import DatabaseError, connection, connections
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import tokens
from accounts.models import ApiToken, Session
from accounts.sessions import SessionStore
from asgi_project.serving.threaded_handler import ThreadedHandler
from live.metrics import health
from rest.database_errors import database_trouble
from shopping_list.models import Activity, ShoppingItem
from tests.support import failing_database

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
LISTS = "/api/shopping-lists/"
only_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="a fault of SQLite")
only_postgres = pytest.mark.skipif(connection.vendor != "postgresql", reason="a server")
UNUSABLE = [
    pytest.param("read_only"),
    pytest.param("locked", marks=[only_sqlite, pytest.mark.sqlite_only]),
]


@pytest.fixture(autouse=True)
def _short_waits() -> Iterator[None]:
    if connection.vendor != "sqlite":
        yield
        return
    options = connection.settings_dict["OPTIONS"]
    before, options["timeout"] = options["timeout"], 0.05
    connections["default"]._timeout = 0.05
    try:
        yield
    finally:
        options["timeout"] = connections["default"]._timeout = before


@pytest.fixture(autouse=True)
def _forget_last_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the health check write again: the attempt of an earlier test counts for seconds."""
    monkeypatch.setattr(health, "_last_attempt", health._WriteAttempt())


@pytest.fixture
def unwritable(request: pytest.FixtureRequest) -> Callable[[], AbstractContextManager[None]]:
    """Return the context in which the database has the fault of the parameter."""
    if request.param == "locked":
        return lambda: failing_database.locked(connection.settings_dict["NAME"])
    fault: Callable[[], AbstractContextManager[None]] = getattr(failing_database, request.param)
    return fault


@pytest.fixture
def secret(ana: Any) -> str:
    """The secret of a token of ana that was used long ago."""
    _, secret = tokens.create(ana, name="script")
    ApiToken.objects.update(last_used_at=timezone.now() - timedelta(days=1))
    return secret


@pytest.fixture
def script(secret: str) -> APIClient:
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


@pytest.mark.parametrize("unwritable", UNUSABLE, indirect=True)
class TestUnwritable:
    """Cases R1, R2, S1: reading goes on, and a change gets a 503."""

    def test_reading_with_a_token_that_is_due_for_a_stamp(self, unwritable, script, groceries):
        """FDB-1: the stamp is written later."""
        long_ago = ApiToken.objects.get().last_used_at
        with unwritable():
            assert script.get(LISTS).status_code == 200
            assert script.get(f"{LISTS}{groceries.pk}/").status_code == 200
            assert ApiToken.objects.get().last_used_at == long_ago
        assert script.get(LISTS).status_code == 200
        assert ApiToken.objects.get().last_used_at > long_ago

    def test_reading_with_a_session_that_is_due_for_its_renewal(
        self, unwritable, signed_in_client, ana
    ):
        """FDB-1"""
        browser = signed_in_client(ana)
        Session.objects.update(
            last_seen_at=timezone.now() - timedelta(days=2),
            expire_date=timezone.now() + timedelta(days=2),
        )
        with unwritable():
            response = browser.get("/api/auth/me/")
            assert (response.status_code, settings.SESSION_COOKIE_NAME in response.cookies) == (
                200,
                False,
            )
            assert browser.get("/").status_code == 200
        assert settings.SESSION_COOKIE_NAME in browser.get("/api/auth/me/").cookies

    def test_change_gets_503_and_commits_nothing(self, unwritable, script, groceries):
        """FDB-2: and its repetition with the same key has one effect."""
        key, url = str(uuid4()), f"{LISTS}{groceries.pk}/shopping-items/"
        body = {"name": "Milk", "note": "x" * 900}
        script.get(LISTS)
        logged = Activity.objects.count()
        with unwritable():
            response = script.post(url, body, headers={"Idempotency-Key": key})
            assert (response.status_code, response.json()["code"]) == (503, "database_unavailable")
            assert int(response["Retry-After"]) >= 1
            assert "database" in response.json()["detail"]
            assert (ShoppingItem.objects.count(), Activity.objects.count()) == (0, logged)
        statuses = {
            script.post(url, body, headers={"Idempotency-Key": key}).status_code for _ in range(2)
        }
        assert statuses == {201}
        assert (ShoppingItem.objects.count(), Activity.objects.count()) == (1, logged + 1)

    def test_page_outside_of_the_api_says_it_in_words(self, unwritable, olga, caplog):
        """FDB-2: the admin pages, with one line in the log and no traceback."""
        client = APIClient(raise_request_exception=False)
        body = {"username": "olga", "password": "correct horse battery", "next": "/admin/"}
        with unwritable():
            response = client.post("/admin/login/", body, format="multipart")
        assert (response.status_code, response["Content-Type"][:9]) == (503, "text/html")
        assert "Retry-After" in response
        assert "database" in response.content.decode()
        assert [record.levelname for record in caplog.records] == ["WARNING"]

    def test_sign_in_gets_503(self, unwritable, ana):
        """FDB-2"""
        body = {"username": "ana", "password": "correct horse battery"}
        client = APIClient(raise_request_exception=False)
        with unwritable():
            response = client.post("/api/api-token-auth/", body)
        assert (response.status_code, response.json()["code"]) == (503, "database_unavailable")

    def test_health_check_says_that_it_cannot_write(self, unwritable, monkeypatch):
        """FDB-3"""
        monkeypatch.setattr(health, "MAX_WRITE_WAIT", 0.05)
        with unwritable():
            state = health.check_database(max_age=0)
        assert (state.reachable, state.migrated, state.writable) == (True, True, False)
        assert health.check_database(max_age=0).writable


@pytest.mark.parametrize("unwritable", UNUSABLE, indirect=True)
def test_session_that_cannot_be_stored_now_was_not_deleted(unwritable):
    """FDB-2: Django answers a session that was deleted meanwhile with 400."""
    session = SessionStore()
    session.create()
    session["language"] = "de"
    with unwritable(), pytest.raises(DatabaseError) as failure:
        session.save()
    assert database_trouble(failure.value) is not None
    session.save()
    Session.objects.all().delete()
    with pytest.raises(UpdateError):
        session.save()


@only_sqlite
@pytest.mark.sqlite_only
def test_full_disk_forbids_changes_only(script, groceries):
    """FDB-1, FDB-2, case R2: nothing is half done, and it works again by itself."""
    url = f"{LISTS}{groceries.pk}/shopping-items/bulk/"
    items = [{"name": f"Milk {number}", "note": "x" * 500} for number in range(100)]
    assert script.get(LISTS).status_code == 200
    logged = Activity.objects.count()
    with failing_database.disk_full():
        response = script.post(url, {"items": items})
        assert (response.status_code, response["Retry-After"]) == (503, "10")
        assert "disk" in response.json()["detail"]
        assert script.get(f"{LISTS}{groceries.pk}/shopping-items/").json()["results"] == []
        assert Activity.objects.count() == logged
    assert script.post(url, {"items": items}).status_code in {200, 201}
    assert (ShoppingItem.objects.count(), Activity.objects.count()) == (100, logged + 1)


@only_sqlite
@pytest.mark.sqlite_only
def test_health_check_needs_room_on_the_disk(monkeypatch):
    """FDB-3: a small write fits into pages that exist, but the next change does not."""
    assert health.check_database(max_age=0).writable
    monkeypatch.setattr(health, "MIN_FREE_BYTES", 1 << 60)
    assert not health.check_database(max_age=0).writable


def test_health_check_writes_at_most_once_in_its_interval(django_assert_num_queries):
    """FDB-3: anybody may ask for /readyz."""
    health.check_database()
    with django_assert_num_queries(1):
        assert health.check_database().writable


async def _answer(handler: Any, method: str, path: str, secret: str, body: Any = None) -> Any:
    events: list[Any] = []
    headers = [
        (b"authorization", f"Bearer {secret}".encode()),
        (b"content-type", b"application/json"),
    ]
    scope = {"type": "http", "method": method, "path": path, "headers": headers}
    content = json.dumps(body).encode() if body is not None else b""
    scope["headers"] = [*headers, (b"content-length", str(len(content)).encode())]

    async def receive() -> Any:
        return {"type": "http.request", "body": content}

    async def send(event: Any) -> None:
        events.append(event)

    await handler({**scope, "query_string": b""}, receive, send)
    return events[0]["status"], json.loads(events[1]["body"] or b"null"), dict(events[0]["headers"])


interruptions: list[Callable[[], None]] = []
"""What the database meets at the next query with this word in it."""


def _interrupting(word: str, act: Callable[[], Any]) -> Callable[..., Any]:
    """Return an execute wrapper that acts once, before the first statement with this word."""

    def wrapper(execute: Any, sql: str, *rest: Any) -> Any:
        if word in sql and not interruptions:
            interruptions.append(act)
            act()
        return execute(sql, *rest)

    return wrapper


@pytest.fixture
def make_handler() -> Iterator[Callable[[], ThreadedHandler]]:
    """Return a handler whose thread keeps its connection, as in an installation."""
    handlers: list[ThreadedHandler] = []
    settings = connection.settings_dict
    before, settings["CONN_MAX_AGE"] = settings["CONN_MAX_AGE"], None
    connection.close()

    def make() -> ThreadedHandler:
        handlers.append(ThreadedHandler(1))
        return handlers[-1]

    yield make
    settings["CONN_MAX_AGE"] = before
    for handler in handlers:
        handler.executor.submit(connections.close_all).result()
        handler.executor.shutdown()


@only_postgres
class TestLostConnections:
    """Case T1, C9: connections that the server ended."""

    def test_ended_connection_is_not_used_by_a_request(self, secret, groceries, make_handler):
        """FDB-4"""
        handler = make_handler()

        async def ask() -> list[int]:
            return [(await _answer(handler, "GET", LISTS, secret))[0] for _ in range(4)]

        async def scenario() -> list[int]:
            first = await ask()
            await asyncio.to_thread(failing_database.terminate_others)
            return first + await ask()

        connection.close()
        assert asyncio.run(scenario()) == [200] * 8

    def test_change_after_ended_connection_succeeds(self, secret, groceries, make_handler):
        """FDB-4"""
        handler = make_handler()
        path = f"{LISTS}{groceries.pk}/shopping-items/"

        async def scenario() -> list[int]:
            statuses = []
            for name in ("Milk", "Bread", "Eggs"):
                await asyncio.to_thread(failing_database.terminate_others)
                statuses.append((await _answer(handler, "POST", path, secret, {"name": name}))[0])
            return statuses

        connection.close()
        assert asyncio.run(scenario()) == [201] * 3

    @pytest.mark.parametrize(
        ("method", "word", "status"),
        [
            ("GET", "shopping_list_membership", 200),
            ("GET", "accounts_apitoken", 200),
            ("POST", "INSERT", 503),
            ("POST", "accounts_apitoken", 503),
        ],
    )
    def test_connection_that_ends_during_a_request(
        self, secret, groceries, method, word, status, monkeypatch, make_handler
    ):
        """FDB-4: a reading is repeated; a change gets its 503 and commits nothing."""
        interruptions.clear()
        handler = make_handler()
        path = LISTS if method == "GET" else f"{LISTS}{groceries.pk}/shopping-items/"
        wrapper = _interrupting(word, failing_database.terminate_others)
        get_response = handler.get_response

        def watched(request: Any) -> Any:
            with connection.execute_wrapper(wrapper):
                return get_response(request)

        monkeypatch.setattr(handler, "get_response", watched)
        logged = Activity.objects.count()
        body = {"name": "Milk"} if method == "POST" else None
        connection.close()
        answered, problem, headers = asyncio.run(_answer(handler, method, path, secret, body))
        assert interruptions
        assert answered == status, problem
        if status == 503:
            assert problem["code"] == "database_unavailable"
            assert headers[b"Retry-After"] == b"2"
        assert Activity.objects.count() == logged

    @pytest.mark.parametrize("is_stored", [False, True])
    def test_connection_that_ends_during_commit(self, secret, groceries, is_stored, monkeypatch):
        """FDB-5: the outcome is unknown to the server; the key tells it at the repetition."""
        path, key = f"{LISTS}{groceries.pk}/shopping-items/", str(uuid4())
        client = APIClient(raise_request_exception=False)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}", HTTP_IDEMPOTENCY_KEY=key)
        client.get(LISTS)
        driver = connection.connection
        commit = driver.commit

        def interrupted() -> None:
            if is_stored:
                commit()
            failing_database.terminate_others()
            driver.execute("SELECT 1")

        monkeypatch.setattr(driver, "commit", interrupted)
        response = client.post(path, {"name": "Milk"})
        assert (response.status_code, response.json()["code"]) == (503, "database_unavailable")
        assert "may be stored or not" in response.json()["detail"]
        connection.close()
        assert ShoppingItem.objects.count() == int(is_stored)
        assert client.post(path, {"name": "Milk"}).status_code == 201
        assert ShoppingItem.objects.count() == 1

    def test_connection_is_asked_only_after_it_was_idle_for_long(self, ana, monkeypatch):
        """FDB-4: the usual check costs no query."""
        checks: list[str] = []
        monkeypatch.setattr(connection, "is_usable", lambda: not checks.append("asked"))
        connection.ensure_connection()
        outcomes = []
        for checked_at in (time.monotonic(), time.monotonic(), 0.0, time.monotonic()):
            connection.health_check_done, connection._checked_at = False, checked_at
            ana.refresh_from_db()
            outcomes.append(len(checks))
        assert outcomes == [0, 0, 1, 1]
