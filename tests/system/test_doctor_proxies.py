"""`manage.py doctor` through real proxies that are configured wrong, and after its repair.

The lines that the command prints are put into the configuration as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command

from live.doctor import findings, way
from live.doctor.catalogue import catalogue
from tests.support.processes import ServerProcess
from tests.support.proxies import Apache, Caddy, Nginx, Proxy

pytestmark = pytest.mark.system
SILENCE = 1.8
"""Seconds. The idle timeout of the proxies is 1 s, and this server sends something every 4 s."""
GOOD = {
    "version": "proxy_http_version 1.1;",
    "host": "proxy_set_header Host $http_host;",
    "for": "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
    "proto": "proxy_set_header X-Forwarded-Proto $scheme;",
    "upgrade": "proxy_set_header Upgrade $http_upgrade;",
    "connection": "proxy_set_header Connection $connection_upgrade;",
}
"""What docs/operating.md says for nginx."""


def nginx_site(**changes: str) -> str:
    return "\n".join({**GOOD, **changes}.values())


NGINX = {
    "good": nginx_site(),
    "no_upgrade": nginx_site(upgrade="", connection=""),
    "http10": nginx_site(version="proxy_http_version 1.0;"),
    "http10_no_upgrade": nginx_site(version="", upgrade="", connection=""),
    "host_changed": nginx_site(host="proxy_set_header Host $proxy_host;"),
    "scheme_not_sent": nginx_site(proto=""),
    "scheme_wrong": nginx_site(proto="proxy_set_header X-Forwarded-Proto http;"),
    "address_not_sent": nginx_site(**{"for": ""}),
    "buffered": nginx_site(more="proxy_ignore_headers X-Accel-Buffering;"),
    "idle_timeout": nginx_site(more="proxy_read_timeout 1s;"),
    "origin_changed": nginx_site(more="proxy_set_header Origin https://other.example;"),
    "origin_removed": nginx_site(more='proxy_set_header Origin "";'),
    "cookies_removed": nginx_site(more='proxy_set_header Cookie "";'),
}
"""Each site by the finding that names its mistake."""
CADDY = {
    "good": "",
    "no_upgrade": "header_up -Upgrade",
    "host_changed": "header_up Host {upstream_hostport}",
    "scheme_wrong": "header_up X-Forwarded-Proto http",
    "buffered": "buffer_responses",
    "idle_timeout": "transport http {\nread_timeout 1s\n}",
    "origin_changed": "header_up Origin https://other.example",
    "cookies_removed": "header_up -Cookie",
}
"""Caddy always speaks HTTP/1.1 and sends X-Forwarded-*: these mistakes cannot be made."""
PASS = "ProxyPass / http://{upstream}/ upgrade=websocket"
APACHE = {
    "good": f"{PASS}\n{{host}}\n{{proto}}",
    "no_upgrade": "ProxyPass / http://{upstream}/\n{host}\n{proto}",
    "host_changed": f"{PASS}\n{{proto}}",
    "scheme_not_sent": f"{PASS}\n{{host}}",
    "scheme_wrong": f"{PASS}\n{{host}}\nRequestHeader set X-Forwarded-Proto http",
    "address_not_sent": f"{PASS}\n{{host}}\n{{proto}}\nProxyAddHeaders Off",
    "idle_timeout": f"{PASS}\n{{host}}\n{{proto}}\nTimeout 1\nProxyTimeout 1",
    "origin_changed": f"{PASS}\n{{host}}\n{{proto}}\nRequestHeader set Origin https://other.example",
    "origin_removed": f"{PASS}\n{{host}}\n{{proto}}\nRequestHeader unset Origin",
    "cookies_removed": f"{PASS}\n{{host}}\n{{proto}}\nRequestHeader unset Cookie",
    "http10_no_upgrade": f"{PASS}\n{{host}}\n{{proto}}\nSetEnv force-proxy-request-1.0 1",
}
"""Apache sends each piece of a response at once, so it cannot buffer."""
APACHE_LINES = {
    "host": "ProxyPreserveHost On",
    "proto": "RequestHeader set X-Forwarded-Proto https",
}
CHECKS = {
    "no_upgrade": "WebSocket upgrade",
    "http10": "WebSocket upgrade",
    "http10_no_upgrade": "WebSocket upgrade",
    "host_changed": "Host",
    "scheme_not_sent": "Forwarded protocol",
    "scheme_wrong": "Forwarded protocol",
    "address_not_sent": "Forwarded address",
    "buffered": "Buffering",
    "idle_timeout": "Silence",
    "origin_changed": "Origin",
    "origin_removed": "Origin",
    "cookies_removed": "Cookies",
}
"""The check that fails by each mistake."""


PROGRAMS: dict[type[Proxy], str] = {Nginx: "nginx", Caddy: "caddy", Apache: "apache"}
"""Their names for the command."""


class Result(NamedTuple):
    """How the command ended: its exit code, the failed checks, and what it printed to apply."""

    code: int
    failed: list[str]
    fix: str
    report: str


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    data = tmp_path_factory.mktemp("doctor") / "data"
    with ServerProcess(data, TROLLEY_HTTPS="true") as running:
        yield running


@pytest.fixture
def upstream(server: ServerProcess, settings) -> str:
    """The address of the server, for which the command prints its lines."""
    port = urlsplit(server.url).port
    settings.LISTEN_HOST, settings.LISTEN_PORT = "127.0.0.1", port
    return f"127.0.0.1:{port}"


def run_doctor(proxy: Proxy, site: str) -> Result:
    fix, report, code = StringIO(), StringIO(), 0
    silence = SILENCE if site in {"good", "idle_timeout"} else 0
    try:
        call_command(
            *("doctor", proxy.url(site)),
            silence=silence,
            print_fix=PROGRAMS[type(proxy)],
            stdout=fix,
            stderr=report,
        )
    except SystemExit as end:
        code = int(end.code or 0)
    failed = re.findall(r"^✕ (.+?)  ", report.getvalue(), re.MULTILINE)
    return Result(code, failed, fix.getvalue(), report.getvalue())


def run_doctor_on_all(proxy: Proxy) -> dict[str, Result]:
    """Run the command for all sites, a few at the same time.

    On the fast clock a socket without a user is closed after a second: more of them at once
    would not get an answer in that time.
    """
    with proxy, ThreadPoolExecutor(2) as pool:
        results = pool.map(lambda site: run_doctor(proxy, site), proxy.sites)
        return dict(zip(proxy.sites, results, strict=True))


def trial(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each mistake is named, and nothing else; the printed lines repair it."""
    monkeypatch.setenv("SSL_CERT_FILE", str(proxy.certificate.path))
    # Caddy answers no handshake while it buffers responses.
    monkeypatch.setattr(way, "TIMEOUT", 6.0)
    # Other tests keep this machine busy, which is no mistake of a proxy.
    monkeypatch.setattr(findings, "SLOW_ROUND_TRIP_MS", float("inf"))
    before = run_doctor_on_all(proxy)
    assert {site: result.failed for site, result in before.items()} == {
        site: [CHECKS[site]] if site != "good" else [] for site in proxy.sites
    }
    for site, result in before.items():
        if site == "good":
            assert (result.code, result.fix) == (0, "")
        else:
            assert result.code == 1
            assert catalogue().findings[site].text.partition("{")[0] in result.report
            proxy.write(site, result.fix)
    monkeypatch.setattr(way, "TIMEOUT", 20.0)
    after = run_doctor_on_all(proxy)
    assert {site: result.report for site, result in after.items() if result.code} == {}
    assert all(result.report.endswith("All is well.\n") for result in after.values())


def skip_without(proxy: type[Proxy]) -> None:
    if not proxy.is_installed():
        pytest.skip(f"{proxy.program} is missing: apt install {proxy.package}")


def test_nginx_is_repaired_by_what_doctor_prints(
    upstream: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DOC-3"""
    skip_without(Nginx)
    trial(Nginx(tmp_path, upstream, NGINX), monkeypatch)


def test_caddy_is_repaired_by_what_doctor_prints(
    upstream: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DOC-3"""
    skip_without(Caddy)
    sites = {name: f"reverse_proxy {upstream} {{\n{text}\n}}" for name, text in CADDY.items()}
    trial(Caddy(tmp_path, upstream, sites), monkeypatch)


def test_apache_is_repaired_by_what_doctor_prints(
    upstream: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DOC-3"""
    skip_without(Apache)
    values = {"upstream": upstream, **APACHE_LINES}
    sites = {name: text.format(**values) for name, text in APACHE.items()}
    trial(Apache(tmp_path, upstream, sites), monkeypatch)


def test_redirect_to_https_is_checked_where_the_ports_are_the_usual_ones(
    upstream: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here one port takes both: nginx answers http on a port of https with its status 497."""
    skip_without(Nginx)
    sites = {
        "redirects": nginx_site(more="error_page 497 =301 https://$http_host$request_uri;"),
        "refuses": nginx_site(),
    }
    proxy = Nginx(tmp_path, upstream, sites)
    monkeypatch.setenv("SSL_CERT_FILE", str(proxy.certificate.path))
    monkeypatch.setattr(way, "DEFAULT_PORTS", (None, *proxy.ports.values()))
    results = run_doctor_on_all(proxy)
    assert (results["redirects"].code, results["redirects"].failed) == (0, [])
    assert "Requests with http are sent to https." in results["redirects"].report
    assert results["refuses"].failed == ["https"]
    assert "return 301 https://$host$request_uri;" in results["refuses"].fix
