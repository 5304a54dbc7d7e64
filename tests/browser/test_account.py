"""Users manage their own account, and the browser keeps no data after sign-out."""

from __future__ import annotations

import json
import re
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import expect

from tests.support.installation import PASSWORD

pytestmark = pytest.mark.browser
OTHER = "another horse battery"


def account(session):
    """Open the account page from the lists, as users do."""
    session.page.goto("/")
    session.page.get_by_role("button", name="Account of").click()
    session.page.get_by_role("link", name="Account", exact=True).click()
    expect(session.page.get_by_role("heading", level=1, name="Account")).to_be_focused()
    return session.page


def sign_in(session, username, password=PASSWORD):
    page = session.page
    if page.url == "about:blank":
        page.goto("/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def section(page, title):
    return page.get_by_role("region", name=title, exact=True)


def signed_out(page):
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


@pytest.fixture(scope="module")
def spare_users(installation):
    """Users whose accounts the tests may change, all created in one step."""
    names = [f"dora{number}" for number in range(6)]
    installation.create_users(*names)
    return iter(names)


@pytest.fixture
def dora(spare_users):
    """A user whom no other test uses."""
    return next(spare_users)


def test_api_token_works_until_revoked(open_session, installation, groceries):
    """PAG-4: its secret is shown once; it can be restricted to one list and to reading."""
    page = account(open_session("ana"))
    tokens = section(page, "API tokens")
    name = f"Kitchen display {groceries.id[:4]}"
    tokens.get_by_label("What it is for").fill(name)
    tokens.get_by_label("Access").select_option("view only")
    tokens.get_by_label("Lists").select_option(f"Groceries {groceries.id[:4]}")
    tokens.get_by_role("button", name="Create token").click()
    secret = tokens.get_by_label(f"Token {name}").input_value()
    token_row = tokens.get_by_role("listitem").filter(has_text=name)
    expect(token_row).to_contain_text(
        f"Can view · only the list “Groceries {groceries.id[:4]}” · never used"
    )

    headers = {"Authorization": f"Bearer {secret}"}
    with httpx.Client(base_url=f"{installation.url}/api/", headers=headers, timeout=30) as api:
        items = f"shopping-lists/{groceries.id}/shopping-items/"
        assert api.get(items).status_code == 200
        assert api.post(items, json={"name": "Jam"}).status_code == 403
        assert [row["id"] for row in api.get("shopping-lists/").json()["results"]] == [groceries.id]
        page.reload()
        expect(token_row).to_contain_text("used just now")
        expect(page.get_by_text(secret)).to_have_count(0)
        token_row.get_by_role("button", name="Revoke").click()
        question = page.get_by_role("alertdialog")
        question.get_by_role("button", name="Cancel").click()
        expect(token_row).to_be_visible()
        token_row.get_by_role("button", name="Revoke").click()
        question.get_by_role("button", name="Revoke").click()
        expect(token_row).to_have_count(0)
        assert api.get(items).status_code == 401


def test_password_change_signs_out_every_other_device(open_session, dora):
    """PAG-5"""
    this_device, other_device = open_session(), open_session()
    sign_in(this_device, dora)
    sign_in(other_device, dora)
    for device in (this_device, other_device):
        device.wait_until_live()
    page = account(this_device)
    password = section(page, "Password")
    password.get_by_label("Current password").fill("wrong")
    password.get_by_label("New password").fill(OTHER)
    password.get_by_role("button", name="Change password").click()
    expect(password.get_by_label("Current password")).to_have_attribute("aria-invalid", "true")
    password.get_by_label("Current password").fill(PASSWORD)
    with page.expect_event("websocket"):  # the old socket is closed, and a new one opened
        password.get_by_role("button", name="Change password").click()
    expect(password.get_by_role("status")).to_contain_text("was changed")
    signed_out(other_device.page)
    expect(section(page, "Devices").get_by_role("listitem")).to_have_count(1)
    page.get_by_role("link", name="All lists").click()
    this_device.wait_until_live()
    assert this_device.loads == 2  # the sign-in page and the account page

    sign_in(other_device, dora, OTHER)
    other_device.wait_until_live()


def test_other_device_is_signed_out_at_once(open_session, dora):
    """PAG-5"""
    this_device, other_device = open_session(), open_session()
    for device in (this_device, other_device):
        sign_in(device, dora)
        device.wait_until_live()
    devices = section(account(this_device), "Devices")
    expect(devices.get_by_role("listitem")).to_have_count(2)
    expect(devices.get_by_role("listitem").first).to_contain_text("This device")
    devices.get_by_role("button", name="Sign out Chrome on Linux").click()
    signed_out(other_device.page)
    expect(other_device.page.get_by_role("status").first).to_have_text(
        "You were signed out from another device."
    )
    expect(devices.get_by_role("listitem")).to_have_count(1)
    sign_in(other_device, dora)
    other_device.wait_until_live()
    this_device.page.reload()
    devices.get_by_role("button", name="Sign out all other devices").click()
    signed_out(other_device.page)


def test_account_can_be_deleted_once_its_lists_have_owners(open_session, installation, dora):
    """PAG-6"""
    owned = str(uuid4())
    installation.shell(
        "from accounts.models import User\n"
        "from shopping_list.models import Membership, ShoppingList\n"
        f"dora = User.objects.get(username={dora!r})\n"
        f"shared = ShoppingList.objects.create(id={owned!r}, name='Ours', created_by=dora)\n"
        "Membership.objects.create(shopping_list=shared, user=dora, role='owner')\n"
        "bob = User.objects.get(username='bob')\n"
        "Membership.objects.create(shopping_list=shared, user=bob, role='editor')\n"
    )
    session = open_session(dora)
    page = account(session)
    deletion = section(page, "Delete my account")
    deletion.get_by_role("button", name="Delete my account").click()
    deletion.get_by_label("Your password").fill("wrong")
    deletion.get_by_role("button", name="Delete permanently").click()
    expect(deletion.get_by_label("Your password")).to_have_attribute("aria-invalid", "true")
    deletion.get_by_label("Your password").fill(PASSWORD)
    deletion.get_by_role("button", name="Delete permanently").click()
    expect(deletion.get_by_role("link", name="Ours")).to_have_attribute("href", f"/lists/{owned}/")
    installation.shell(
        "from shopping_list.models import Membership\n"
        f"Membership.objects.get(shopping_list={owned!r}, user__username='bob').delete()"
    )
    deletion.get_by_role("button", name="Delete permanently").click()
    signed_out(page)
    sign_in(session, dora)
    expect(page.get_by_role("alert")).to_be_visible()


def test_next_user_of_browser_sees_no_data_of_previous_user(open_session, installation, dora):
    """PAG-7: neither on the page, nor in its announcements, nor by going back."""
    secret_list = installation.create_list("Secret gin")
    secret_list.rename("Surprise party")
    # A separate session: signing out must not end the session of ana in other tests.
    ana = open_session()
    sign_in(ana, "ana")
    ana.wait_until_live()
    ana.open(secret_list.path)
    installation.shell(  # without a user, which the page announces
        "from shopping_list.models import ShoppingList\n"
        f"ShoppingList.objects.get(pk={secret_list.id!r}).items.create(name='Secret cake')"
    )
    ana.expect_item("Secret cake")
    expect(ana.page.get_by_role("status").filter(has_text="Secret cake")).to_have_count(1)
    ana.remove("Secret gin")  # shown in a toast
    expect(ana.page.get_by_label("Just now")).to_contain_text("Secret gin")
    ana.wait_until_live()
    ana.page.get_by_role("button", name="Account of ana").click()
    ana.page.get_by_role("button", name="Sign out").click()

    def expect_nothing_left():
        for word in ("Secret", "Surprise", "ana"):
            assert word not in ana.page.locator("body").inner_text()
            assert word not in ana.page.title()

    signed_out(ana.page)
    expect_nothing_left()
    ana.page.go_back()
    signed_out(ana.page)
    expect_nothing_left()
    ana.page.goto("/")
    sign_in(ana, dora)
    expect(ana.page.get_by_text("No lists yet")).to_be_visible()
    expect_nothing_left()
    assert ana.page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]


def test_exported_lists_can_be_imported(open_session, installation, dora):
    """PAG-8"""
    source = installation.create_list("Milk", "Bread")
    source.rename("Holiday")
    page = account(open_session("ana"))
    data = section(page, "My data")
    with page.expect_download() as downloading:
        data.get_by_role("link", name="Export my personal data").click()
    assert json.loads(Path(downloading.value.path()).read_text())["profile"]["username"] == "ana"
    with page.expect_download() as downloading:
        data.get_by_role("link", name="Export all my lists").click()
    file = json.loads(Path(downloading.value.path()).read_text())
    file["lists"] = [entry for entry in file["lists"] if entry["name"] == "Holiday"]

    other = open_session(dora)
    page = account(other)
    data = section(page, "My data")
    data.get_by_text("Import lists").click()
    data.get_by_label("Choose a file").set_input_files(
        {"name": "mine.json", "mimeType": "application/json", "buffer": json.dumps(file).encode()}
    )
    expect(data.get_by_role("list", name="Import preview")).to_contain_text("Holiday")
    expect(data.get_by_role("list", name="Import preview")).to_contain_text("2 items")
    data.get_by_role("button", name="Import 1 list").click()
    expect(data.get_by_role("status")).to_have_text("Imported 1 list.")
    page.get_by_role("link", name="All lists").click()
    page.get_by_role("link", name="Holiday").click()
    other.expect_item("Milk")


def test_deleted_list_can_be_restored(open_session, groceries):
    """PAG-11"""
    groceries.rename("Garden party")
    groceries.delete()
    ana = open_session("ana")
    deleted = section(account(ana), "Deleted lists")
    deleted.get_by_role("button", name="Restore Garden party").click()
    expect(deleted.get_by_text("Garden party")).to_have_count(0)
    ana.page.get_by_role("link", name="All lists").click()
    ana.page.get_by_role("link", name="Garden party").click()
    ana.expect_item("Milk")


def test_reset_link_sets_password_once(open_session, installation, dora):
    """PAG-9"""
    link = installation.reset_link(dora)
    assert "#" in link
    first_use = open_session()
    first_use.page.goto(link)
    first_use.page.get_by_label("New password").fill(OTHER)
    assert link.split("#")[1] not in first_use.page.url
    first_use.page.get_by_role("button", name="Set password").click()
    first_use.wait_until_live()
    second_use = open_session()
    second_use.page.goto(link)
    second_use.page.get_by_label("New password").fill(PASSWORD)
    second_use.page.get_by_role("button", name="Set password").click()
    expect(second_use.page.get_by_role("alert")).to_contain_text("does not work any more")


def test_guest_sees_only_guest_sections_on_account_page(open_session, groceries):
    """PAG-10"""
    guest = open_session()
    guest.page.goto(groceries.invite(guest=True))
    guest.page.get_by_label("Your name").fill("Gus")
    guest.page.get_by_role("button", name="Join as a guest").click()
    guest.expect_item("Milk")
    page = account(guest)
    titles = page.get_by_role("main").get_by_role("heading", level=2)
    expect(titles).to_have_text(["Profile", "Language", "Create an account", "Delete my account"])
    profile = section(page, "Profile")
    profile.get_by_label("Name").fill("Gustav")
    profile.get_by_role("button", name="Save").click()
    expect(profile.get_by_role("status")).to_have_text("Saved")
    deletion = section(page, "Delete my account")
    deletion.get_by_role("button", name="Delete my account").click()
    deletion.get_by_role("button", name="Delete permanently").click()
    signed_out(page)


def test_account_page_offers_only_what_works_while_server_is_away(open_session, groceries):
    """PAG-43: what was typed stays, and all is offered again when the server answers."""
    groceries.delete()
    session = open_session("ana")
    page = account(session)
    session.wait_until_loaded()
    main, profile = page.get_by_role("main"), section(page, "Profile")
    profile.get_by_label("Name").fill("Ana Maria")
    page.route("**/api/auth/me/", lambda route: route.abort())
    profile.get_by_role("button", name="Save").click()
    expect(profile.get_by_role("alert")).to_be_visible()
    page.unroute("**/api/auth/me/")
    section(page, "API tokens").get_by_label("What it is for").fill("Kitchen")
    page.get_by_text("Import lists").click()
    page.get_by_label("Paste text here").fill("[]")
    page.get_by_role("button", name="Delete my account").click()
    page.get_by_label("Your password").fill("correct")
    needs_server = main.locator("button:visible").filter(has_not_text="Cancel")
    names = [name.strip() for name in needs_server.all_inner_texts()]
    assert {"Save", "Change password", "Create token", "Restore", "Preview"} < set(names)
    downloads = main.locator("a[download]")
    expect(downloads).to_have_count(2)

    session.context.set_offline(True)
    expect(page.get_by_text("No connection to the server.")).to_be_visible()
    expect(downloads).to_have_count(0)
    expect(page.get_by_role("alert")).to_have_count(0)
    for control in (*needs_server.all(), page.get_by_label("Language of the app")):
        expect(control).to_be_disabled()
        expect(control).to_have_accessible_description(re.compile("^No connection"))
    expect(needs_server).to_have_count(len(names) + 2)
    page.get_by_label("New password").fill("horse")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(page.get_by_text("No connection to the server.")).to_be_in_viewport()

    session.context.set_offline(False)
    expect(page.get_by_text("No connection to the server.")).to_have_count(0)
    for control in (*needs_server.all(), page.get_by_label("Language of the app")):
        expect(control).to_be_enabled()
    expect(downloads).to_have_count(2)
    expect(page.get_by_role("alert")).to_have_count(0)
    for label, text in {
        "What it is for": "Kitchen",
        "Paste text here": "[]",
        "Your password": "correct",
        "New password": "horse",
    }.items():
        expect(page.get_by_label(label)).to_have_value(text)
    expect(profile.get_by_label("Name")).to_have_value("Ana Maria")
