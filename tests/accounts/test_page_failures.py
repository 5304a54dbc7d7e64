"""`POST /api/page-failures/`: one line of the log for a part of a page that failed."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs

pytestmark = pytest.mark.database

URL = "/api/page-failures/"
FAILURE = {
    "page": "/lists/:id/",
    "part": "ActivityPanel",
    "name": "TypeError",
    "message": "x is undefined",
    "stack": "at f (/static/assets/a.js:1:2) at g (/static/assets/a.js:3:4)",
    "build": "lists-CbX1.js",
}


@pytest.fixture
def browser(open_browser, ana):
    return open_browser("ana")


def post(client: Any, **fields: Any) -> Any:
    return client.post(URL, {**FAILURE, **fields}, format="json")


def test_failure_of_a_page_is_one_line_of_the_log(browser, ana):
    """PAG-40"""
    with capture_logs() as lines:
        response = post(browser)
    assert (response.status_code, response.content) == (204, b"")
    assert lines == [
        {"event": "page_failed", "log_level": "warning", "user": ana.pk, **FAILURE},
    ]


def test_user_can_cause_a_limited_number_of_lines(browser, open_browser, mallory):
    """PAG-40, SEC-18"""
    with capture_logs() as lines:
        assert {post(browser).status_code for _ in range(15)} == {204}
        assert post(open_browser("mallory")).status_code == 204
    assert len(lines) == 11
    assert [line.get("left_out") for line in lines] == [*[None] * 10, 5]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("page", "/lists/ a"),
        ("page", ""),
        ("part", "x" * 101),
        ("name", "<b>"),
        ("name", None),
        ("message", "a\n2026-11-22T19:42:37Z [info] olga signed in"),
        ("message", "x" * 301),
        ("stack", "x" * 501),
        ("stack", "a\x1b[2J"),
        ("build", {}),
        ("user", 1),
    ],
)
def test_bad_field_is_named_and_nothing_is_logged(browser, field, value):
    """PAG-40, SEC-18"""
    with capture_logs() as lines:
        response = post(browser, **{field: value})
    assert response.status_code == 400
    assert list(response.json()["errors"]) == [field]
    assert lines == []


def test_failure_is_taken_from_a_signed_in_page_only(browser, open_browser, ana, token_client):
    """PAG-40"""
    with capture_logs() as lines:
        statuses = [post(client).status_code for client in (open_browser(), token_client(ana))]
        browser.credentials()
        statuses.append(post(browser).status_code)
    assert statuses == [401, 403, 403]
    assert lines == []
