"""The section Doctor tests the way from a real browser, also through a real nginx."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.browser.session import BrowserSession
from tests.support.proxies import Nginx

pytestmark = pytest.mark.browser
UPGRADE = 'proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";'
HOST = "proxy_http_version 1.1; proxy_set_header Host $http_host;"


def check(page: Page, label: str) -> Locator:
    """Find the row of a check."""
    return page.get_by_role("listitem").filter(has=page.get_by_role("heading", name=f"{label} :"))


def run_checks(page: Page) -> Locator:
    """Start the test, and return the sentence about all checks."""
    page.get_by_role("button", name="Test the connection").click()
    summary = page.get_by_role("main").get_by_role("status").first
    expect(summary).not_to_have_text("Testing…")
    return summary


def test_way_without_a_proxy_is_well(open_session):
    """DOC-8: and nothing is sent before the user asks for it."""
    page = open_session("ana").page
    page.goto("/dashboard/doctor/?silence=1")
    button = page.get_by_role("button", name="Test the connection")
    expect(button).to_be_visible()
    page.wait_for_load_state("networkidle")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    expect(run_checks(page)).to_have_text("All is well: 13 checks passed.")
    assert sent
    assert all("/api/live/connection/" in url for url in sent)
    for label in ("Host", "WebSocket upgrade", "Origin", "Cookies", "Sign-in", "Buffering"):
        expect(check(page, label)).to_contain_text("passed")
    expect(check(page, "Silence")).to_contain_text("Not checked yet: it takes 1 s.")
    page.get_by_role("button", name="Test 1 s of silence").click()
    expect(check(page, "Silence")).to_contain_text("nothing is sent for 1 s stays open")
    expect(page.get_by_text("All is well: 14 checks passed.")).to_be_visible()


def test_silence_is_counted_down_and_cancelled(open_session):
    page = open_session("ana").page
    page.goto("/dashboard/doctor/")
    run_checks(page)
    page.get_by_role("button", name="Test 70 s of silence").click()
    expect(page.get_by_role("timer")).to_contain_text("6")  # 69 s or less
    expect(page.get_by_role("progressbar")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("timer")).to_have_count(0)
    expect(check(page, "Silence")).to_contain_text("Not checked yet: it takes 70 s.")


def test_user_who_cannot_sign_in_finds_it(open_session):
    """DOC-8"""
    page = open_session().page
    page.goto("/")
    page.get_by_role("link", name="Test the connection").click()
    expect(page).to_have_title("Doctor · Dashboard · Trolley")
    expect(run_checks(page)).to_contain_text("All is well")
    expect(check(page, "Sign-in")).to_contain_text("this test is not signed in")
    expect(check(page, "Round trip")).to_contain_text("the median of 5")


@pytest.fixture
def nginx(installation, tmp_path: Path):
    """Sites of nginx that each make a mistake."""
    if not Nginx.is_installed():
        pytest.skip(f"nginx is missing: apt install {Nginx.package}")
    sites = {
        "no_upgrade": HOST,
        "host": UPGRADE + "proxy_http_version 1.1;",
        "cookies": HOST + UPGRADE + 'proxy_set_header Cookie "";',
        "origin": HOST + UPGRADE + "proxy_set_header Origin http://other.example;",
    }
    upstream = installation.url.removeprefix("http://")
    with Nginx(tmp_path, upstream, sites, has_tls=False) as proxy:
        yield proxy


@pytest.mark.parametrize(
    ("site", "label", "text"),
    [
        ("no_upgrade", "WebSocket upgrade", "removes the headers Upgrade and Connection"),
        ("host", "Host", "The server sees the host 127.0.0.1:"),
        ("cookies", "Cookies", "The proxy removes cookies from requests."),
        ("origin", "Origin", "changes the header Origin from http://localhost:"),
    ],
)
def test_mistake_of_a_proxy_is_named_with_what_repairs_it(
    chromium, nginx: Nginx, site: str, label: str, text: str
) -> None:
    """DOC-1, DOC-8: the browser itself does not say why its socket fails."""
    context = chromium.new_context(base_url=nginx.url(site))
    session = BrowserSession(context, nginx.url(site))
    page = session.page
    page.goto("/dashboard/doctor/")
    run_checks(page)
    row = check(page, label)
    expect(row).to_contain_text(text)
    expect(row).to_contain_text("failed")
    # nginx sends no X-Forwarded-For here, which is a fault of its own.
    failed = {label, "Forwarded address"}
    rows = page.get_by_role("listitem").filter(has_text=": failed.")
    expect(rows).to_have_count(len(failed))
    lines = page.get_by_role("textbox").first
    expect(page.get_by_label("Configuration for").first).to_have_value("nginx")
    assert "proxy_set_header Upgrade $http_upgrade;" in lines.input_value().split("\n")
    page.get_by_label("Configuration for").first.select_option("Caddy")
    expect(lines).to_have_value("reverse_proxy 127.0.0.1:8000")
    # The lines are shown once, at the first failure that they repair.
    page.get_by_role("button", name="Copy").first.click()
    expect(page.get_by_text("Copied")).to_be_visible()
    page.get_by_text("Report for an issue").click()
    report = page.get_by_label("What the checks said").input_value()
    assert f"✕ {label}: " in report
    assert "localhost" not in report
    assert "127.0.0.1" not in report
    assert session.errors == []
    session.close()
