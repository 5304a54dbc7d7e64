"""The link of a mail program that has encoded its `#` leads to its page."""

from __future__ import annotations

import logging

import pytest
from django.test import Client

from asgi_project.log_config import StripQueryFilter

SECRET = "aB3_-" * 8 + "xyz"


@pytest.mark.parametrize("page", ["join", "setup", "reset"])
@pytest.mark.parametrize(
    "link", ["/{}/%23{}", "/{}%23{}", "/{}/%23{}/", "/{}/%2523{}", "/{}/%23{}.", "/{}/%23{}%3E%29"]
)
def test_link_with_an_encoded_fragment_leads_to_its_page(
    page: str, link: str, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    """INV-13, SEC-2, case AE1"""
    response = client.get(link.format(page, SECRET))
    assert (response.status_code, response["Location"]) == (302, f"/{page}/#{SECRET}")
    assert response["Cache-Control"] == "no-store"
    assert SECRET not in caplog.text


def test_damaged_link_leads_to_the_page_without_a_secret(client: Client) -> None:
    """INV-13, case AE1: the page says that the link is not good."""
    assert client.get("/join/%23%C3%BCSet-Cookie:x")["Location"] == "/join/#"


@pytest.mark.parametrize("link", ["/join/%23{}", "/join%23{}?x=1", "/reset/%2523{}", "/?q={}"])
def test_access_log_has_no_encoded_fragment(link: str) -> None:
    """SEC-2, case AE1"""
    arguments = ("127.0.0.1:1", "GET", link.format(SECRET), "1.1", 302)
    record = logging.LogRecord("uvicorn.access", 20, "", 1, "%s %s %s %s %d", arguments, None)
    assert StripQueryFilter().filter(record)
    assert SECRET not in record.getMessage()
