"""Pages and sheets that need the server offer nothing that needs it while it is away."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

pytestmark = pytest.mark.browser


def user_sheet(session: Any, _groceries: Any) -> Locator:
    session.page.goto("/")
    session.wait_until_loaded()
    session.page.get_by_role("button", name="Account of").click()
    return session.page.get_by_role("button", name="Sign out")


def wall_panel(session: Any, groceries: Any) -> Locator:
    session.page.goto(f"/dashboard/lists/?list={groceries.id}")
    session.page.locator("summary", has_text="Wall screen").click()
    return session.page.get_by_role("button", name="Create the link")


def join_page(session: Any, groceries: Any) -> Locator:
    session.page.goto(groceries.invite())
    return session.page.get_by_role("button", name=re.compile("[Jj]oin"))


def setup_page(session: Any, _groceries: Any) -> Locator:
    session.page.goto("/setup/#secret")
    return session.page.get_by_role("button", name="Create account")


def sign_in_page(session: Any, _groceries: Any) -> Locator:
    session.page.goto("/")
    return session.page.get_by_role("button", name="Sign in")


def reset_page(session: Any, _groceries: Any) -> Locator:
    session.page.goto("/reset/#secret")
    return session.page.get_by_role("button", name="Set password")


@pytest.fixture(scope="module", autouse=True)
def emil(installation: Any) -> None:
    """Create a user who is a member of no list."""
    installation.create_users("emil")


@pytest.mark.parametrize(
    ("who", "opened"),
    [
        ("ana", user_sheet),
        ("ana", wall_panel),
        ("emil", join_page),
        (None, join_page),
        (None, setup_page),
        (None, sign_in_page),
        (None, reset_page),
    ],
)
def test_button_is_offered_again_when_server_answers(
    who: str | None, opened: Callable[[Any, Any], Locator], open_session: Any, groceries: Any
) -> None:
    """PAG-43"""
    session = open_session(who)
    button = opened(session, groceries)
    expect(button).to_be_enabled()
    session.page.wait_for_load_state("networkidle")  # a part on its way would fail, and say so
    session.context.set_offline(True)
    expect(button).to_be_disabled()
    expect(button).to_have_accessible_description(re.compile("^No connection"))
    expect(session.page.get_by_text("No connection to the server.")).to_have_count(1)
    expect(session.page.get_by_role("alert")).to_have_count(0)
    session.context.set_offline(False)
    expect(button).to_be_enabled()
    expect(session.page.get_by_text("No connection to the server.")).to_have_count(0)
