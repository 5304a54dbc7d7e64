"""`manage.py serve` with real processes and real sockets."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import time

import httpx
import psutil
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.support.frame_schema import server_frames
from tests.support.processes import TIMEOUT, ServerProcess, run_failing_start

pytestmark = pytest.mark.system
ME = "/api/auth/me/"
PASSWORD = "correct horse battery"


@pytest.fixture
def data(tmp_path):
    return tmp_path / "data"


def workers(serving):
    return psutil.Process(serving.process.pid).children()


def read_until_closed(ws):
    """Read until the server closes; return the frames and the close code."""
    frames = []
    try:
        while True:
            frames += server_frames(ws.recv(timeout=20))
    except ConnectionClosed as closed:
        return frames, closed.rcvd.code


@pytest.fixture(params=["uvicorn", "daphne"])
def server(request):
    return request.param


def test_server_serves_and_stops_cleanly(data, server):
    with ServerProcess(data, "--server", server) as serving:
        assert serving.get(ME).status_code == 401
        assert serving.get("/").headers["content-security-policy"]
        assert serving.stop() == 0
        assert "Traceback" not in serving.output()


def test_printed_setup_link_creates_the_owner(data):
    with ServerProcess(data) as serving:
        link = serving.wait_for_output(r"http://\S+/setup/#\S+")
        with httpx.Client(base_url=serving.url) as browser:
            browser.get("/setup/")
            browser.headers["X-CSRFToken"] = browser.cookies["trolley_csrftoken"]
            body = {"username": "olga", "password": PASSWORD, "token": link.split("#")[1]}
            assert browser.post("/api/auth/register/", json=body).status_code == 201
            assert browser.get(ME).json()["is_staff"] is True
        serving.stop()
        assert PASSWORD not in serving.output()
    with ServerProcess(data) as serving:
        serving.get(ME)
        assert "/setup/" not in serving.output()


def test_owner_named_by_the_environment_is_created(data):
    owner = {"DJANGO_SUPERUSER_USERNAME": "olga", "DJANGO_SUPERUSER_PASSWORD": PASSWORD}
    with ServerProcess(data, **owner) as serving:
        assert "/setup/" not in serving.output()
        body = {"username": "olga", "password": PASSWORD}
        assert httpx.post(serving.url + "/api/api-token-auth/", json=body).json()["token"]


def test_secret_key_is_private_and_not_printed(data):
    """SEC-25"""
    with ServerProcess(data):
        assert (data / "secret_key").stat().st_mode & 0o777 == 0o600


def test_port_in_use_is_the_only_message(data):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run_failing_start(data, "--port", str(port))
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.strip() == (
        f"CommandError: port {port} is in use: stop what uses it, or choose another with --port"
    )


def test_unwritable_data_directory_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    result = run_failing_start(tmp_path / "file" / "data")
    assert result.returncode == 2
    assert re.fullmatch(r"trolley: TROLLEY_DATA: cannot write to \S+: .+\n", result.stderr)


def test_second_process_on_the_same_data_is_an_error(data):
    with ServerProcess(data):
        result = run_failing_start(data)
    assert result.returncode == 1
    assert result.stderr.startswith("CommandError: another Trolley is serving from ")


def test_server_starts_again_after_it_was_killed(data):
    with ServerProcess(data) as serving:
        serving.stop(signal.SIGKILL)
    with ServerProcess(data) as serving:
        assert serving.get(ME).status_code == 401


def test_database_newer_than_the_code_is_an_error(data):
    with ServerProcess(data) as serving:
        serving.stop()
    with sqlite3.connect(data / "trolley.sqlite3") as database:
        database.execute(
            "INSERT INTO django_migrations (app, name, applied)"
            " VALUES ('shopping_list', '0999_future', CURRENT_TIMESTAMP)"
        )
    result = run_failing_start(data)
    assert result.returncode == 1
    assert result.stderr.startswith("CommandError: the database is newer than this code")
    assert "shopping_list.0999_future" in result.stderr
    assert result.stderr.count("\n") == 1


def test_unreachable_database_is_an_error(data):
    result = run_failing_start(data, DATABASE_URL="postgres://nobody@127.0.0.1:1/none")
    assert result.returncode == 1
    assert result.stderr.startswith("CommandError: cannot use the database")
    assert "Traceback" not in result.stderr


def test_several_workers_without_redis_are_an_error(data):
    result = run_failing_start(data, "--workers", "2")
    assert result.stderr == "CommandError: more than one worker needs Redis: set REDIS_URL\n"


@pytest.mark.redis
def test_supervisor_replaces_a_dead_worker_and_stops_all_workers(data, redis_url):
    with ServerProcess(data, "--workers", "2", REDIS_URL=redis_url) as serving:
        assert serving.get(ME).status_code == 401
        first, second = workers(serving)
        time.sleep(2.1)  # younger ones are not replaced at once
        os.kill(first.pid, signal.SIGKILL)
        deadline = time.monotonic() + TIMEOUT
        while len({w.pid for w in workers(serving)} - {first.pid}) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        everyone = workers(serving)
        assert serving.stop() == 0
        assert not any(worker.is_running() for worker in everyone)
        assert second in everyone


@pytest.mark.redis
def test_workers_stop_when_the_supervisor_is_killed(data, redis_url):
    with ServerProcess(data, "--workers", "2", REDIS_URL=redis_url) as serving:
        assert serving.get(ME).status_code == 401
        everyone = workers(serving)
        serving.stop(signal.SIGKILL)
        assert not psutil.wait_procs(everyone, timeout=60)[1]


@pytest.mark.postgres
def test_concurrent_starts_migrate_postgresql_once(tmp_path, postgres_url):
    import psycopg

    name = f"trolley_serve_{os.getpid()}"
    url = f"{postgres_url.rpartition('/')[0]}/{name}"
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        try:
            first = ServerProcess(tmp_path / "one", DATABASE_URL=url)
            other = ServerProcess(tmp_path / "other", DATABASE_URL=url)
            with first, other:
                assert first.get(ME).status_code == other.get(ME).status_code == 401
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_forwarded_headers_are_ignored_by_default(data):
    """SEC-19"""
    with ServerProcess(data) as serving:
        forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
        body = {"username": "nobody", "password": "wrong wrong"}
        url = serving.url + "/api/api-token-auth/"
        answers = [
            httpx.post(url, json=body, headers=forwarded | {"X-Forwarded-For": f"203.0.113.{n}"})
            for n in range(10)
        ]
        assert answers[-1].status_code == 429


def test_plain_http_is_redirected_unless_the_proxy_had_https(data):
    with ServerProcess(data, TROLLEY_HTTPS="true", ALLOWED_HOSTS="127.0.0.1") as serving:
        assert serving.get("/").status_code == 301
        through = serving.get("/", headers={"X-Forwarded-Proto": "https"})
        assert through.status_code == 200
        assert through.headers["strict-transport-security"] == "max-age=31536000"
        cookie = through.headers["set-cookie"]
        assert cookie.startswith("__Host-trolley_csrftoken=")
        assert "Secure" in cookie


def test_endless_chunked_body_is_rejected(data):
    with ServerProcess(data) as serving:
        host, port = serving.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=20) as peer:
            peer.sendall(
                b"POST /api/api-token-auth/ HTTP/1.1\r\nHost: localhost\r\n"
                b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
            chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
            for _ in range(5):
                peer.sendall(chunk)
            assert b" 413 " in peer.recv(4096).split(b"\r\n")[0]
        assert serving.get(ME).status_code == 401


def test_slow_clients_do_not_delay_other_requests(data):
    with ServerProcess(data) as serving:
        host, port = serving.url.removeprefix("http://").split(":")
        peers = [socket.create_connection((host, int(port))) for _ in range(20)]
        for peer in peers:
            peer.sendall(
                b"POST /api/api-token-auth/ HTTP/1.1\r\nHost: localhost\r\n"
                b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
            )
        for _ in range(20):
            reader = socket.create_connection((host, int(port)))
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
            swagger = b"/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js"
            reader.sendall(b"GET " + swagger + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
            peers.append(reader)
        time.sleep(0.5)
        assert serving.get(ME).status_code == 401
        for peer in peers:
            peer.close()


def test_stopping_server_tells_open_sockets_when_to_reconnect(data, server):
    owner = {"DJANGO_SUPERUSER_USERNAME": "olga", "DJANGO_SUPERUSER_PASSWORD": PASSWORD}
    with ServerProcess(data, "--server", server, **owner) as serving:
        body = {"username": "olga", "password": PASSWORD}
        token = httpx.post(serving.url + "/api/api-token-auth/", json=body).json()["token"]
        with connect(
            serving.url.replace("http", "ws") + "/ws/",
            additional_headers={"Authorization": f"Bearer {token}"},
        ) as ws:
            (welcome,) = server_frames(ws.recv(timeout=20))
            assert welcome["type"] == "welcome"
            assert serving.stop() == 0
            frames, code = read_until_closed(ws)
            assert (frames[-1]["type"], frames[-1]["code"]) == ("bye", 4000)
            assert frames[-1]["retry_in"] > 0
        assert code == 4000
        assert token not in serving.output()
