"""Every name is rendered as text, and the content security policy is never violated."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.support.websocket_client import WebSocketClient

pytestmark = pytest.mark.browser
HOSTILE_NAME = "<img src=x onerror=\"globalThis.run='it'\">"
HOSTILE_USER_NAME = "<svg/onload=\"globalThis.run='who'\">"
MORE_HOSTILE_NAMES = (
    "<script>run=1</script>",
    "{@html '<b>'}",
    "javascript:run=1",
    "</title><svg onload=run=1>",
    '"><img src=x onerror=run=1>',
    "'-run-'",
    "${run=1}",
    "{{run=1}}",
    "</script><script>run=1</script>",
    '<a href="javascript:run=1">x</a>',
    "<math><mtext></mtext><style><img src=x onerror=run=1>",
    "&lt;img src=x onerror=run=1&gt;",
    "<!--<img src=x onerror=run=1>-->",
    "\\x3cscript\\x3e",
)


def expect_no_script_ran(session):
    """Check that the text created no element and ran no script."""
    assert session.page.locator("img, script:not([src]), [onerror], [onload]").count() == 0
    assert session.page.evaluate("typeof globalThis.run") == "undefined"


def test_hostile_names_are_rendered_as_text_on_every_page(open_session, installation):
    """SEC-17: names and notes of items and lists, also in the timeline."""
    groceries = installation.create_list("Milk", *MORE_HOSTILE_NAMES)
    ana = open_session("ana").open(groceries.path)
    groceries.add(HOSTILE_NAME, note=HOSTILE_NAME)
    ana.expect_item(HOSTILE_NAME)
    groceries.rename(f"{HOSTILE_NAME} list")
    expect(ana.page.get_by_role("heading", name=f"{HOSTILE_NAME} list")).to_be_visible()
    ana.remove(HOSTILE_NAME)
    expect(ana.page.get_by_label("Just now")).to_contain_text(f"Removed {HOSTILE_NAME}")
    expect_no_script_ran(ana)
    ana.page.goto("/")
    expect(ana.page.get_by_text(f"{HOSTILE_NAME} list")).to_be_visible()
    expect_no_script_ran(ana)
    ana.page.goto("/dashboard/")
    expect(ana.page.get_by_text(f"removed {HOSTILE_NAME}")).to_be_visible()
    expect_no_script_ran(ana)


def test_hostile_user_name_is_rendered_as_text_on_every_page(open_session, installation, groceries):
    """SEC-17: in the presence line, in the timeline, and among the members."""
    output = installation.shell(
        "from accounts.models import ApiToken, User\n"
        "from shopping_list.models import Membership\n"
        f"eve = User.objects.create_user('eve', name={HOSTILE_USER_NAME!r})\n"
        f"Membership.objects.create(shopping_list_id={groceries.id!r}, user=eve, role='editor')\n"
        "print('TOKEN', ApiToken.objects.create(user=eve, name='eve')[1])"
    )
    installation.fixtures["eve"] = next(
        x.split()[1] for x in output.splitlines() if x.startswith("TOKEN")
    )
    ana = open_session("ana").open(groceries.path)
    with (
        WebSocketClient(installation.url, installation.fixtures["eve"]) as eve,
        installation.api("eve") as api,
    ):
        topic = f"list:{groceries.id}"
        eve.send(type="subscribe", topic=topic)
        eve.send(type="presence", topic=topic, state="shopping")
        path = f"shopping-lists/{groceries.id}/shopping-items/"
        assert api.post(path, json={"name": "Poison"}).status_code == 201
        ana.expect_item("Poison")
        expect(ana.page.get_by_text(HOSTILE_USER_NAME).first).to_be_visible()
        ana.page.get_by_role("button", name="Members and invites").click()
        expect(ana.page.get_by_role("dialog").get_by_text(HOSTILE_USER_NAME).first).to_be_visible()
        expect_no_script_ran(ana)
        ana.page.goto("/dashboard/")
        expect(ana.page.get_by_text(HOSTILE_USER_NAME).first).to_be_visible()
        expect_no_script_ran(ana)


def test_long_name_of_a_list_has_two_lines_in_the_title_of_a_dialog(open_session, installation):
    """PAG-24"""
    groceries = installation.create_list("Milk")
    groceries.rename("Donaudampfschifffahrtsgesellschaft" * 5)
    page = open_session("bob", viewport={"width": 320, "height": 568}).open(groceries.path).page
    for button in ("Members and invites", "List menu"):
        page.get_by_role("button", name=button).click()
        dialog = page.get_by_role("dialog")
        title = dialog.get_by_role("heading").first
        expect(title).to_contain_text("Donaudampf")
        assert title.evaluate(
            "h2 => h2.clientHeight <= 2.5 * parseFloat(getComputedStyle(h2).lineHeight)"
        )
        assert dialog.evaluate("dialog => dialog.scrollWidth <= dialog.clientWidth")
        expect(dialog.get_by_role("button", name="Close")).to_be_in_viewport(ratio=1)
        dialog.get_by_role("button", name="Close").click()
