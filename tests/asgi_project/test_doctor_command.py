"""`manage.py doctor`: this installation, and the way to a server without a proxy."""

from __future__ import annotations

import os
import time
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from asgi_project import machine_facts
from live.doctor.machine_findings import MachineFacts, machine_findings_of
from tests.support.installation import Installation
from tests.support.processes import ServerProcess
from tests.support.proxies import Nginx

FREE = 10**11
SITE = """
proxy_http_version 1.1;
proxy_set_header Host $http_host;
proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
proxy_set_header Upgrade $http_upgrade;
proxy_set_header Connection "upgrade";
"""
"""A proxy with http that does what it should."""


def run_doctor(*arguments: str, **options: Any) -> tuple[int, str]:
    """Return the exit code and what was printed."""
    output, code = StringIO(), 0
    try:
        call_command("doctor", *arguments, stdout=output, stderr=output, **options)
    except SystemExit as end:
        code = int(end.code or 0)
    return code, output.getvalue()


@pytest.mark.parametrize(
    ("facts", "wrong"),
    [
        ({}, []),
        ({"warnings": ["TROLLEY_URL: it begins with http"]}, ["settings_doubtful"]),
        ({"database_error": "connection refused"}, ["database_unreachable"]),
        ({"is_writable": False}, ["database_read_only"]),
        ({"missing_migrations": 2}, ["migrations_missing"]),
        ({"unknown_migrations": ["live.0099_new"]}, ["migrations_newer"]),
        ({"uses_redis": True, "redis_error": "no answer"}, ["redis_unreachable"]),
        ({"uses_redis": True, "redis_ms": 0.4}, []),
        ({"free_bytes": 499_999_999}, ["disk_low"]),
        ({"is_data_writable": False}, ["disk_read_only"]),
        ({"backup_age": 8 * 86_400.0}, []),
        ({"backup_age": 8 * 86_400.0 + 1}, ["backup_old"]),
    ],
)
def test_machine_findings_name_what_is_wrong(facts: dict[str, Any], wrong: list[str]) -> None:
    """DOC-1"""
    findings = machine_findings_of(MachineFacts(**{"free_bytes": FREE, **facts}))
    assert [each.key for each in findings if each.state == "wrong"] == wrong
    assert [each.check for each in findings] == [
        *("settings", "database", "migrations", "redis", "disk", "backup", "running")
    ]


def test_facts_of_this_machine_are_measured(db: None, tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR = tmp_path
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    facts = machine_facts.measure(url="http://127.0.0.1:9", is_running=False)
    assert facts.database in {"SQLite", "PostgreSQL"}
    assert (facts.database_error, facts.is_writable, facts.missing_migrations) == (None, True, 0)
    assert facts.uses_redis
    assert facts.redis_ms is None
    assert "refused" in (facts.redis_error or "")
    assert facts.free_bytes > 0
    assert facts.backup_age is None
    backup = tmp_path / "backups" / "copy.sqlite3"
    backup.parent.mkdir()
    backup.touch()
    os.utime(backup, (0, time.time() - 3600))
    age = machine_facts.measure(url="", is_running=False).backup_age
    assert age is not None
    assert 3600 <= age < 3700


@pytest.mark.redis
def test_redis_that_answers_is_measured(db: None, redis_url: str, settings: Any) -> None:
    settings.REDIS_URL = redis_url
    assert machine_facts.measure(url="", is_running=False).redis_ms is not None


def test_server_that_does_not_run_is_no_fault(db: None, tmp_path: Path, settings: Any) -> None:
    """DOC-7: of the way nothing is said then."""
    settings.DATA_DIR, settings.LISTEN_HOST, settings.LISTEN_PORT = tmp_path, "127.0.0.1", 9
    code, text = run_doctor()
    assert code == 0, text
    assert "Nothing answers at http://127.0.0.1:9, so the way to it is not checked" in text
    assert "The way to" not in text
    assert text.endswith("All is well.\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("http://127.0.0.1:9", "Nothing answers at this address: the connection is refused."),
        ("http://no-such-host.invalid", "Nothing answers at this address: the host name is not"),
    ],
)
def test_address_where_nothing_answers_is_a_fault(url: str, text: str) -> None:
    """DOC-7"""
    code, output = run_doctor(url)
    assert code == 1
    assert text in output
    assert output.count("\n") == 4


def test_text_that_is_no_url_is_one_line() -> None:
    with pytest.raises(CommandError, match=r"^https://a/b is not a URL such as"):
        call_command("doctor", "https://a/b")


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Any:
    data = tmp_path_factory.mktemp("doctor") / "data"
    installation = Installation(data, server="uvicorn", layer="memory", redis=None)
    yield installation
    installation.close()


@pytest.mark.system
def test_way_without_a_proxy_is_well(installation: Installation, tmp_path: Path) -> None:
    """DOC-7: without an account, and with a token."""
    url = installation.first_server.url
    code, text = run_doctor(url, silence=1)
    assert code == 0, text
    assert "No proxy is in front" in text
    assert "A socket on which nothing is sent for 1 s stays open." in text
    assert "Not checked: this test is not signed in." in text
    token = tmp_path / "token"
    token.write_text(installation.fixtures["ana"])
    code, text = run_doctor(url, silence=0, token_file=token)
    assert code == 0, text
    assert "✓ Sign-in             The socket knows you." in text
    assert installation.fixtures["ana"] not in text


@pytest.mark.system
def test_way_to_daphne_is_well(tmp_path: Path) -> None:
    """It cannot leave out its pings, which the finding says."""
    with ServerProcess(tmp_path / "data", "--server", "daphne") as server:
        code, text = run_doctor(server.url, silence=1)
    assert code == 0, text
    assert "A socket stays open for 1 s. This server cannot leave out its pings" in text
    assert "The pieces of a response arrive one by one." in text


@pytest.mark.system
def test_variables_are_not_among_the_lines_of_a_proxy(
    installation: Installation, tmp_path: Path
) -> None:
    """A proxy that sends the headers, from an address that is not trusted."""
    skip_without_nginx()
    upstream = installation.first_server.url.removeprefix("http://")
    lines, report = StringIO(), StringIO()
    with Nginx(tmp_path, upstream, {"site": SITE}, has_tls=False) as proxy:
        url = proxy.url("site")
        with pytest.raises(SystemExit):
            call_command("doctor", url, silence=0, print_fix="nginx", stdout=lines, stderr=report)
    assert lines.getvalue() == ""
    assert "    TROLLEY_TRUSTED_PROXIES=127.0.0.1\n" in report.getvalue()


def skip_without_nginx() -> None:
    if not Nginx.is_installed():
        pytest.skip(f"nginx is missing: apt install {Nginx.package}")


@pytest.mark.system
def test_token_that_is_not_valid_is_a_fault(installation: Installation, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("trl_" + "0" * 40)
    code, text = run_doctor(installation.first_server.url, silence=0, token_file=token)
    assert code == 1
    assert "✕ Sign-in             The server does not accept the session" in text


@pytest.mark.system
def test_another_program_is_a_fault(installation: Installation) -> None:
    """A path of the server that is no Trolley is what another program would answer."""
    import http.server
    from threading import Thread

    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), http.server.BaseHTTPRequestHandler
    ) as other:
        thread = Thread(target=other.serve_forever)
        thread.start()
        code, text = run_doctor(f"http://127.0.0.1:{other.server_address[1]}", silence=0)
        other.shutdown()
        thread.join()
    assert code == 1
    assert "Another program answers, with status 501." in text
    assert all(name in text for name in ("nginx:", "Caddy:", "Traefik:", "Apache:"))
