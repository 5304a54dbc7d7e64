"""Every view: no axe violation, no horizontal scrolling, and screenshots for review."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.test_wall_screen import create_link
from tests.support.browser.installation import BrowserInstallation, SharedList
from tests.support.browser.session import BrowserSession
from tests.support.processes import ROOT

pytestmark = pytest.mark.browser
ARTEFACTS = ROOT / "tests" / "artefacts"
SIZES = {390: 844, 1440: 900}
NARROWEST = {"width": 320, "height": 568}
VIOLATIONS = """async (rules) => {
  const only = rules ? { runOnly: rules } : {};
  const { violations } = await axe.run({ resultTypes: ['violations'], ...only });
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} ${target} ${failureSummary}`));
}"""
RULES = {"light": None, "dark": ["color-contrast"]}
"""The rules of axe: all of them, and in dark those that depend on the colours."""
WEAK_BORDERS = """() => {
  const channels = (color) => {
    const [red, green, blue, alpha = 1] = color.match(/[\\d.]+/g).map(Number);
    return color.startsWith('color(') ? [red * 255, green * 255, blue * 255, alpha]
      : [red, green, blue, alpha];
  };
  const over = (color, behind) => {
    const [, , , alpha] = channels(color);
    return channels(color).slice(0, 3).map((value, at) => value * alpha + behind[at] * (1 - alpha));
  };
  const background = (element) => {
    if (element === null) return [255, 255, 255];
    return over(getComputedStyle(element).backgroundColor, background(element.parentElement));
  };
  const luminance = (color) => {
    const [red, green, blue] = color.map((value) =>
      value <= 10 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (one, other) => {
    const [darker, lighter] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (lighter + 0.05) / (darker + 0.05);
  };
  const weak = [];
  const alpha = (color) => channels(color)[3];
  for (const control of document.querySelectorAll('button, .button, input, select, textarea')) {
    if (control.matches(':disabled, .sr-only, [type=range]')) continue;
    if (!control.checkVisibility()) continue;
    const { borderBottomStyle, borderBottomColor, appearance } = getComputedStyle(control);
    const isBox = control.matches('[type=checkbox]');
    const hasBorder = borderBottomStyle !== 'none' && alpha(borderBottomColor) > 0;
    if (!hasBorder && !isBox) continue;
    const behind = background(control.parentElement);
    const ratios = [hasBorder ? contrast(over(borderBottomColor, behind), behind) : 0];
    if (isBox) ratios.push(contrast(background(control), behind));
    // A box that the browser draws has colours that do not belong to the theme.
    const ratio = isBox && appearance !== 'none' ? 0 : Math.max(...ratios);
    if (ratio < 3) weak.push(`${control.outerHTML.slice(0, 160)} ${ratio.toFixed(2)}`);
  }
  return weak;
}"""
"""The controls that can be used and whose border is hard to see (WCAG 1.4.11)."""
OpenSession = Callable[..., BrowserSession]


def sign_in(open_session: OpenSession, **_: object) -> Page:
    page = open_session().page
    page.goto("/")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    return page


def sign_in_rejected(open_session: OpenSession, **_: object) -> Page:
    page = sign_in(open_session)
    page.get_by_label("Username").fill("ana")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    return page


def setup(open_session: OpenSession, **_: object) -> Page:
    page = open_session().page
    page.goto("/setup/#secret")
    expect(page.get_by_role("button", name="Create account")).to_be_visible()
    return page


def server_unreachable(open_session: OpenSession, **_: object) -> Page:
    page = open_session("ana").page
    page.route("**/api/**", lambda route: route.abort())
    page.goto("/")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    return page


def lists(open_session: OpenSession, **_: object) -> Page:
    page = open_session("ana").page
    page.goto("/")
    expect(page.get_by_role("link", name="Groceries").first).to_be_visible()
    return page


def no_lists(open_session: OpenSession, installation: BrowserInstallation, **_: object) -> Page:
    username = f"carol-{uuid4().hex[:6]}"
    installation.create_users(username)
    page = open_session(username).page
    page.goto("/")
    expect(page.get_by_text("No lists yet")).to_be_visible()
    return page


def first_steps(open_session: OpenSession, installation: BrowserInstallation, **_: object) -> Page:
    installation.ensure_staff("nora")
    page = open_session("nora").page
    page.goto("/")
    expect(page.locator(".lists section ol")).to_be_visible()
    return page


def one_list(open_session: OpenSession, stocked_list: SharedList, **_: object) -> Page:
    ana = open_session("ana").open(stocked_list.path)
    ana.expect_item("Rice", ticked=True)
    return ana.page


def two_users(open_session: OpenSession, stocked_list: SharedList, **_: object) -> Page:
    open_session("bob").open(stocked_list.path)
    page = one_list(open_session, stocked_list)
    expect(page.get_by_text("Here now: bob")).to_have_count(1)
    return page


def empty_list(open_session: OpenSession, **_: object) -> Page:
    page = open_session("ana").page
    page.goto("/")
    page.get_by_label("New list").fill("Hardware store")
    page.get_by_label("New list").press("Enter")
    expect(page.get_by_text("Nothing to buy yet.")).to_be_visible()
    return page


def cart(open_session: OpenSession, stocked_list: SharedList, **_: object) -> Page:
    page = one_list(open_session, stocked_list)
    page.get_by_text("In the cart (2)").click()
    return page


def editor(open_session: OpenSession, stocked_list: SharedList, **_: object) -> Page:
    page = one_list(open_session, stocked_list)
    page.get_by_role("button", name="Edit Milk").click()
    expect(page.get_by_label("Quantity")).to_be_visible()
    return page


def item_history(open_session: OpenSession, stocked_list: SharedList, **_: object) -> Page:
    stocked_list.patch("Milk", quantity="3 l")
    page = editor(open_session, stocked_list)
    page.get_by_role("button", name="History").click()
    expect(page.get_by_role("list", name="History")).to_contain_text("changed Milk from 2 l to 3 l")
    return page


def menu(open_session: OpenSession, stocked_list: SharedList, **_: object) -> Page:
    page = one_list(open_session, stocked_list)
    page.get_by_role("button", name="List menu").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    return page


def share(open_session: OpenSession, stocked_list: SharedList, **_: object) -> Page:
    page = one_list(open_session, stocked_list)
    page.get_by_role("button", name="Members and invites").click()
    page.get_by_role("button", name="Change", exact=True).click()
    page.get_by_role("button", name="QR code").click()
    expect(page.get_by_label("QR code of the link")).to_be_visible()
    return page


def join(open_session: OpenSession, stocked_list: SharedList, **_: object) -> Page:
    page = open_session().page
    page.goto(stocked_list.invite(guest=True))
    expect(page.get_by_role("button", name="Join as a guest")).to_be_visible()
    return page


def join_with_used_link(open_session: OpenSession, **_: object) -> Page:
    page = open_session().page
    page.goto("/join/#used-up")
    expect(page.get_by_text("This link does not work")).to_be_visible()
    return page


def activity(open_session: OpenSession, stocked_list: SharedList, **_: object) -> Page:
    ana = open_session("ana", viewport=NARROWEST).open(stocked_list.path)
    ana.page.get_by_role("button", name="List menu").click()
    ana.page.get_by_role("button", name="Activity").click()
    ana.page.get_by_role("dialog").locator("summary").first.click()
    expect(ana.page.get_by_role("button", name="Undo: ana ticked Rice")).to_be_visible()
    return ana.page


def people(open_session: OpenSession, stocked_list: SharedList, **_: object) -> Page:
    bob = open_session("bob").open(stocked_list.path)
    ana = open_session("ana").open(stocked_list.path)
    bob.main.get_by_role("button", name="Edit Milk").click()
    ana.main.get_by_role("button", name="Here now: bob").click()
    sheet = ana.page.get_by_role("dialog")
    expect(sheet.get_by_text("edits Milk")).to_be_visible()
    sheet.get_by_role("button", name="I leave in 20 min").click()
    ana.main.get_by_role("button", name="Here now: bob").click()
    expect(ana.page.get_by_text("You leave in 20 min. The others see it.")).to_be_visible()
    return ana.page


def news(open_session: OpenSession, installation: BrowserInstallation, **_: object) -> Page:
    changed = installation.create_list("Milk", "Bread")
    before = open_session("ana").open(changed.path)
    before.tick("Bread")
    before.wait_until_live()
    before.close()
    open_session("bob").open(changed.path).add("Something with a name that needs two lines here")
    ana = open_session("ana").open(changed.path)
    line = ana.main.get_by_role("group", name="On this list now")
    expect(line.get_by_role("button", name="Close")).to_be_visible()
    return ana.page


def shop_mode(open_session: OpenSession, installation: BrowserInstallation, **_: object) -> Page:
    groceries = shop_list(installation)
    ana, bob = (open_session(who).open(groceries.path) for who in ("ana", "bob"))
    for session in (ana, bob):
        session.page.get_by_role("button", name="Go shopping").click()
    bob.page.locator(".shop h2 button").first.click()
    expect(ana.page.get_by_text("bob has this")).to_be_visible()
    ana.page.locator(".shop h2 button").first.click()
    ana.page.get_by_role("button", name="Not found: Rice").click()
    expect(ana.page.get_by_role("heading", name="Not found today")).to_be_visible()
    return ana.page


def shop_end(open_session: OpenSession, installation: BrowserInstallation, **_: object) -> Page:
    page = shop_mode(open_session, installation)
    page.locator(".shop").get_by_role("checkbox", name="Milk").click()
    page.get_by_role("button", name="End", exact=True).click()
    expect(page.get_by_text("1 bought in 1 min with bob")).to_be_visible()
    return page


def shop_order(open_session: OpenSession, installation: BrowserInstallation, **_: object) -> Page:
    groceries = shop_list(installation)
    page = open_session("ana").open(groceries.path).page
    page.evaluate(KEEP_TRIPS, [groceries.id, ["Dairy", "Bakery"]])
    page.get_by_role("button", name="Go shopping").click()
    for name in ("Milk", "Bread"):
        page.locator(".shop").get_by_role("checkbox", name=name).click()
    page.get_by_role("button", name="End", exact=True).click()
    expect(page.get_by_text("You walk Dairy, Bakery.")).to_be_visible()
    return page


KEEP_TRIPS = """([list, aisles]) => {
  const trips = [1, 2].map((number) => ({ list, id: `${number}`, shop: '', endedAt: 1, aisles }));
  localStorage.setItem('trolley_past_trips', JSON.stringify({ trips, declined: [] }));
}"""


def shop_list(installation: BrowserInstallation) -> SharedList:
    """Create a list with aisles."""
    groceries = installation.create_list("Rice", "Something with a rather long name to be broken")
    for name, aisle in {"Milk": "Dairy", "Butter": "Dairy", "Bread": "Bakery"}.items():
        groceries.add(name, category=aisle, quantity="2", note="the one with the blue cap")
    return groceries


def paste(open_session: OpenSession, stocked_list: SharedList, **_: object) -> Page:
    ana = open_session("ana").open(stocked_list.path)
    ana.paste("Jam\nMilk\nRice\n3 lemons\nSomething with a rather long name that is new here")
    expect(ana.page.get_by_role("button", name="Add 4 items")).to_be_visible()
    return ana.page


def typed_line(open_session: OpenSession, stocked_list: SharedList, **_: object) -> Page:
    ana = open_session("ana").open(stocked_list.path)
    ana.item_field.fill("2 l oat milk, the cold one from the fridge")
    expect(ana.page.get_by_role("button", name="keep as typed")).to_be_visible()
    return ana.page


def suggestions(open_session: OpenSession, stocked_list: SharedList, **_: object) -> Page:
    ana = open_session("ana").open(stocked_list.path)
    ana.item_field.press_sequentially("mi")
    expect(ana.page.get_by_role("option", name="Milk").first).to_be_visible()
    ana.item_field.press("ArrowDown")
    ana.item_field.press("ContextMenu")
    expect(ana.page.get_by_role("group", name="Milk")).to_be_visible()
    return ana.page


def account_menu(open_session: OpenSession, **_: object) -> Page:
    page = lists(open_session)
    page.get_by_role("button", name="Account of ana").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    return page


def import_preview(open_session: OpenSession, stocked_list: SharedList, **_: object) -> Page:
    page = menu(open_session, stocked_list)
    page.get_by_role("button", name="Export and import").click()
    page.get_by_label("Paste text here").fill("- [ ] 2 l oat milk, cold\n- [x] Jam\n- [ ] Rice")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("button", name="Import:")).to_be_visible()
    return page


def import_rejected(open_session: OpenSession, stocked_list: SharedList, **_: object) -> Page:
    page = menu(open_session, stocked_list)
    page.get_by_role("button", name="Export and import").click()
    page.get_by_label("Paste text here").fill("name,purchased\nJam,no\nTea,perhaps\n,yes\n")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("button", name=re.compile("without 2 lines"))).to_be_visible()
    return page


def account(open_session: OpenSession, **_: object) -> Page:
    page = open_session("ana").page
    page.goto("/account/")
    tokens = page.get_by_role("region", name="API tokens")
    tokens.get_by_label("What it is for").fill("Kitchen display")
    tokens.get_by_role("button", name="Create token").click()
    expect(tokens.get_by_label("It is shown only once")).to_be_visible()
    page.get_by_text("Import lists").click()
    page.get_by_role("button", name="Delete my account").click()
    page.evaluate("scrollTo(0, 0)")
    return page


def guest_account(open_session: OpenSession, stocked_list: SharedList, **_: object) -> Page:
    guest = open_session()
    guest.page.goto(stocked_list.invite(guest=True))
    guest.page.get_by_label("Your name").fill("Gus")
    guest.page.get_by_role("button", name="Join as a guest").click()
    guest.expect_item("Milk")
    guest.page.goto("/account/")
    expect(guest.page.get_by_role("button", name="Create account")).to_be_visible()
    return guest.page


def forgotten_names(
    open_session: OpenSession, installation: BrowserInstallation, **_: object
) -> Page:
    shared = installation.create_list()
    name = f"Marzipan {shared.id[:4]}"
    shared.add(name)
    ana = open_session("ana").open(shared.path)
    ana.item_field.press_sequentially(name.lower())
    ana.page.get_by_role("option", name=name).first.click(button="right")
    with ana.page.expect_response("**/suggestions/forget/"):
        ana.page.get_by_role("button", name="Do not suggest again").click()
    ana.page.goto("/account/")
    restore = ana.page.get_by_role("button", name=f"Suggest again: {name}")
    restore.scroll_into_view_if_needed()
    expect(restore).to_be_visible()
    return ana.page


def reset(open_session: OpenSession, **_: object) -> Page:
    page = open_session().page
    page.goto("/reset/#used-up")
    expect(page.get_by_role("button", name="Set password")).to_be_visible()
    return page


def removed_item(open_session: OpenSession, stocked_list: SharedList, **_: object) -> Page:
    ana = open_session("ana").open(stocked_list.path)
    ana.page.route("**/shopping-items/**", lambda route: route.abort())
    ana.remove("Butter")
    expect(ana.page.get_by_label("Just now")).to_be_visible()
    return ana.page


def offline(open_session: OpenSession, stocked_list: SharedList, **_: object) -> Page:
    ana = open_session("ana").open(stocked_list.path)
    ana.wait_until_loaded()  # axe reads the styles, also of a part that is on its way
    ana.context.set_offline(True)
    ana.add("Jam")
    ana.tick("Bread")
    expect(ana.page.get_by_text("2 changes wait").first).to_be_visible()
    return ana.page


def rejected_edit(open_session: OpenSession, stocked_list: SharedList, **_: object) -> Page:
    ana = open_session("ana").open(stocked_list.path)
    reason = {"status": 400, "code": "invalid", "detail": "The server would rather not."}
    ana.page.route(
        "**/shopping-items/**",
        lambda route: route.fulfill(
            status=400, json=reason, headers={"Content-Type": "application/problem+json"}
        ),
    )
    # Not `tick`, which waits for the ticked row: the rejection may be faster than its check.
    ana.checkbox("Milk").click()
    expect(ana.page.get_by_role("button", name="Discard: Milk")).to_be_visible()
    return ana.page


def rejected_group(open_session: OpenSession, stocked_list: SharedList, **_: object) -> Page:
    page = rejected_edit(open_session, stocked_list)
    for name in ("Bread", "Apples"):
        page.get_by_role("checkbox", name=name, exact=True).click()
    expect(page.get_by_role("button", name="Discard: Milk, Bread, Apples")).to_be_visible()
    return page


def added_item(open_session: OpenSession, stocked_list: SharedList, **_: object) -> Page:
    ana = open_session("ana").open(stocked_list.path)
    ana.add("milk")
    message = ana.page.get_by_label("Last added item")
    expect(message.get_by_role("button", name="Show")).to_be_visible()
    message.hover()  # so that it stays
    return ana.page


def finished_list(
    open_session: OpenSession, installation: BrowserInstallation, **_: object
) -> Page:
    finished = installation.create_list("Milk")
    finished.tick_all()
    ana = open_session("ana").open(finished.path)
    expect(ana.main.get_by_text("Everything is in the cart.")).to_be_visible()
    return ana.page


def keys(open_session: OpenSession, stocked_list: SharedList, **_: object) -> Page:
    ana = open_session("ana").open(stocked_list.path)
    ana.page.get_by_role("button", name="List menu").click()
    ana.page.get_by_role("button", name="Keyboard shortcuts").click()
    expect(ana.page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    return ana.page


def find(open_session: OpenSession, stocked_list: SharedList, **_: object) -> Page:
    ana = open_session("ana").open(stocked_list.path)
    ana.expect_item("Milk")
    ana.open_by_key("Control+k", "Find")
    ana.page.keyboard.type("mi")
    expect(ana.page.get_by_role("option").first).to_contain_text(re.compile(r"Milk · \d l"))
    return ana.page


def find_missing_lists(
    open_session: OpenSession, installation: BrowserInstallation, **_: object
) -> Page:
    """Find without the server, in lists that this browser has no copy of."""
    for name in ("Milk", "Bread"):
        installation.create_list(name)
    ana = open_session("ana")
    ana.page.goto("/")
    ana.wait_until_loaded()
    ana.page.route("**/snapshot/", lambda route: route.abort())
    ana.open_by_key("Control+k", "Find")
    ana.page.keyboard.type("quinoa")
    expect(ana.page.get_by_text(re.compile(r"\d+ lists? (is|are) not searched"))).to_be_visible()
    return ana.page


def share_offline(open_session: OpenSession, stocked_list: SharedList, **_: object) -> Page:
    ana = open_session("ana").open(stocked_list.path)
    ana.wait_until_loaded()
    ana.context.set_offline(True)
    ana.page.get_by_role("button", name="Members and invites").click()
    sheet = ana.page.get_by_role("dialog")
    expect(sheet.get_by_text("No connection to the server.")).to_be_visible()
    return ana.page


def offline_sheet(open_session: OpenSession, shared: SharedList, *buttons: str) -> Page:
    """What a button of the list's menu opens, on a device that is offline."""
    ana = open_session("ana").open(shared.path)
    ana.wait_until_loaded()
    ana.page.get_by_role("button", name="List menu").click()
    ana.context.set_offline(True)
    for button in buttons:
        ana.page.get_by_role("button", name=button).click()
    sheet = ana.page.get_by_role("dialog")
    expect(sheet.get_by_text("No connection to the server.")).to_be_visible()
    return ana.page


def menu_offline(open_session: OpenSession, stocked_list: SharedList, **_: object) -> Page:
    page = offline_sheet(open_session, stocked_list)
    expect(page.get_by_role("button", name="Delete the list")).to_be_disabled()
    return page


def transfer_offline(open_session: OpenSession, stocked_list: SharedList, **_: object) -> Page:
    page = offline_sheet(open_session, stocked_list, "Export and import")
    page.get_by_label("Paste text here").fill("Jam")
    expect(page.get_by_role("button", name="Preview")).to_be_disabled()
    return page


def activity_offline(open_session: OpenSession, stocked_list: SharedList, **_: object) -> Page:
    def open_narrow(username: str | None = None, **options: object) -> BrowserSession:
        return open_session(username, viewport=NARROWEST, **options)

    return offline_sheet(open_narrow, stocked_list, "Activity")


def account_offline(open_session: OpenSession, **_: object) -> Page:
    ana = open_session("ana")
    ana.page.goto("/account/")
    ana.wait_until_loaded()
    expect(ana.page.get_by_role("heading", name="Devices")).to_be_visible()
    ana.context.set_offline(True)
    expect(ana.page.get_by_text("No connection to the server.")).to_be_visible()
    return ana.page


def clash(open_session: OpenSession, installation: BrowserInstallation, **_: object) -> Page:
    """Three texts of ana that bob has replaced at the same time."""
    shared = installation.create_list("Milk", "Bread", "Apples")
    ana = open_session("ana").open(shared.path)
    ana.wait_until_loaded()
    note = "the one with the blue cap, or the green one if that costs less"
    for name, fields in {"Milk": {"Quantity": "2 l", "Note": note}, "Bread": {}}.items():
        ana.main.get_by_role("button", name=f"Edit {name}").click()
        for label, text in (fields or {"Name": "Spelt"}).items():
            ana.main.get_by_label(label).fill(text)
        ana.main.get_by_role("button", name="Save", exact=True).click()
        ana.wait_until_live()
    ids = {row["name"]: row["id"] for row in shared.items.values()}
    with installation.api("bob") as api:
        for name, fields in {
            "Milk": {"quantity": "5 l", "note": "any"},
            "Spelt": {"name": "Rye"},
        }.items():
            path = f"shopping-lists/{shared.id}/shopping-items/{ids[name]}/"
            api.patch(path, json=fields).raise_for_status()
    expect(ana.page.get_by_text("bob's “Rye” replaced your “Spelt”")).to_be_visible()
    return ana.page


def choose_in_list_menu(page: Page, button: str) -> None:
    page.get_by_role("button", name="List menu").click()
    page.get_by_role("dialog").get_by_role("button", name=button).click()


def sorting(open_session: OpenSession, stocked_list: SharedList, **_: object) -> Page:
    page = one_list(open_session, stocked_list)
    choose_in_list_menu(page, "Sort the list")
    expect(page.get_by_role("button", name="Move Milk")).to_be_visible()
    return page


def selecting(open_session: OpenSession, stocked_list: SharedList, **_: object) -> Page:
    page = one_list(open_session, stocked_list)
    choose_in_list_menu(page, "Select items")
    page.get_by_role("checkbox", name="Milk", exact=True).click()
    expect(page.get_by_text("1 selected")).to_be_visible()
    return page


def aisle_menu(open_session: OpenSession, stocked_list: SharedList, **_: object) -> Page:
    page = one_list(open_session, stocked_list)
    page.get_by_role("button", name="Menu of Dairy").click()
    expect(page.get_by_role("dialog", name="Dairy")).to_be_visible()
    return page


def aisle_choice(open_session: OpenSession, stocked_list: SharedList, **_: object) -> Page:
    page = sorting(open_session, stocked_list)
    page.get_by_role("button", name="Move Milk").click()
    page.get_by_role("button", name="To another aisle…").click()
    expect(page.get_by_role("dialog", name="Aisle for Milk")).to_be_visible()
    return page


def one_shop(open_session: OpenSession, installation: BrowserInstallation, **_: object) -> Page:
    shops = ["Corner shop", "Hardware store with a long name", "Lidl", "Market"]
    shared = installation.create_list()
    for name, shop in zip(("Milk", "Nails", "Rice", "Apples"), shops, strict=True):
        shared.add(name, category="Things", shops=[shop])
    ana = open_session("ana").open(shared.path)
    ana.page.get_by_role("button", name="Lidl").click()
    expect(ana.page.get_by_text("3 more for other shops")).to_be_visible()
    return ana.page


def shop_rename(open_session: OpenSession, installation: BrowserInstallation, **_: object) -> Page:
    page = one_shop(open_session, installation)
    page.get_by_role("button", name="List menu").click()
    page.get_by_role("button", name="Rename Lidl…").click()
    expect(page.get_by_role("dialog", name="Lidl")).to_be_visible()
    return page


def question(open_session: OpenSession, stocked_list: SharedList, **_: object) -> Page:
    ana = open_session("ana").open(stocked_list.path)
    ana.page.get_by_role("button", name="Members and invites").click()
    ana.page.get_by_role("button", name="Remove bob").click()
    expect(ana.page.get_by_role("alertdialog")).to_be_visible()
    return ana.page


def missing_list(open_session: OpenSession, stocked_list: SharedList, **_: object) -> Page:
    page = open_session("ana").page
    page.goto("/lists/00000000-0000-4000-8000-000000000000/")
    expect(page.get_by_role("link", name="Back to my lists")).to_be_visible()
    return page


def dashboard(open_session: OpenSession, stocked_list: SharedList, **_: object) -> Page:
    page = open_session("ana").page
    page.goto("/dashboard/")
    expect(page.get_by_text("Everybody up to date", exact=True)).to_be_visible()
    # A different quantity: an edit that changes nothing is not recorded.
    entries = page.get_by_role("listitem").filter(has_text="ana changed Apples")
    before = entries.count()
    other = {"1 kg": "2 kg", "2 kg": "1 kg"}[stocked_list.items["Apples"]["quantity"]]
    stocked_list.patch("Apples", quantity=other)
    expect(entries).not_to_have_count(before)
    return page


def dashboard_tables(open_session: OpenSession, stocked_list: SharedList, **_: object) -> Page:
    page = dashboard(open_session, stocked_list)
    page.get_by_role("button", name="What Requests shows").click()
    page.keyboard.press("t")
    expect(page.get_by_role("region", name="Table: Requests")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Pause the figures").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    return page


def dashboard_help(open_session: OpenSession, stocked_list: SharedList, **_: object) -> Page:
    page = dashboard(open_session, stocked_list)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys of the dashboard")).to_be_visible()
    return page


def signals(open_session: OpenSession, stocked_list: SharedList, **_: object) -> Page:
    page = open_session("ana").page
    page.goto("/dashboard/")
    page.get_by_role("link", name="Signals").click()
    expect(page).to_have_url(re.compile(r"/dashboard/signals/$"))
    page.get_by_role("button", name="request_started").click()
    expect(page.get_by_text("live.receivers.count_started_request")).to_be_visible()
    return page


def requests(
    open_session: OpenSession,
    installation: BrowserInstallation,
    stocked_list: SharedList,
    **_: object,
) -> Page:
    installation.ensure_staff("olga")
    page = open_session("olga").page
    page.goto("/dashboard/requests/")
    stocked_list.items  # noqa: B018  (a request)
    items = "GET /api/shopping-lists/<list_id>/shopping-items/"
    page.get_by_role("button", name=items, exact=True).click()
    expect(page.get_by_label("Slowest requests of this route")).to_be_visible()
    return page


def requests_for_members(open_session: OpenSession, **_: object) -> Page:
    page = open_session("ana").page
    page.goto("/dashboard/requests/")
    expect(page.get_by_text("shown to staff only")).to_be_visible()
    return page


def delivery_for_members(open_session: OpenSession, stocked_list: SharedList, **_: object) -> Page:
    open_session("ana").open(stocked_list.path).expect_item("Milk")
    page = open_session("bob").page
    page.goto("/dashboard/delivery/")
    expect(page.get_by_role("table", name="Screens of my lists")).to_be_visible()
    return page


def delivery(
    open_session: OpenSession,
    installation: BrowserInstallation,
    stocked_list: SharedList,
    **_: object,
) -> Page:
    installation.ensure_staff("olga")
    open_session("bob").open(stocked_list.path).expect_item("Milk")
    page = open_session("olga").page
    page.goto("/dashboard/delivery/")
    way = page.get_by_label("The way of this change, in time after its commit")
    while not way.is_visible():  # the processes learn after a second that the page is open
        stocked_list.patch("Milk", purchased=True)
        stocked_list.patch("Milk", purchased=False)
        page.wait_for_timeout(500)
    expect(page.get_by_role("row").filter(has_text="bob").first).to_be_visible()
    return page


def list_cards(open_session: OpenSession, stocked_list: SharedList, **_: object) -> Page:
    open_session("bob").open(stocked_list.path)
    page = open_session("ana").page
    page.goto("/dashboard/lists/")
    expect(page.get_by_text("bob looking").first).to_be_visible()
    return page


def list_as_it_was(open_session: OpenSession, stocked_list: SharedList, **_: object) -> Page:
    page = open_session("ana").page
    page.goto(f"/dashboard/lists/?list={stocked_list.id}")
    expect(page.get_by_text("Washing powder").first).to_be_visible()
    put_back = page.get_by_role("button", name="Restore this state")
    for _number in range(20):  # of some moments the rows are those of now
        page.get_by_role("button", name="Previous change").click()
        expect(page.get_by_role("button", name="Previous change")).to_be_enabled()
        expect(put_back).to_be_visible()
        if put_back.is_enabled():
            break
    expect(put_back).to_be_enabled()
    page.get_by_role("button", name="Table", exact=True).click()
    return page


def wall_screen(open_session: OpenSession, stocked_list: SharedList, **_: object) -> Page:
    link = create_link(open_session("ana").page, stocked_list.id)
    page = open_session().page
    page.goto(link)
    expect(page.get_by_text("Washing powder").first).to_be_visible()
    return page


def wall_screen_without_link(open_session: OpenSession, **_: object) -> Page:
    page = open_session().page
    page.goto("/wall/")
    expect(page.get_by_role("heading", name="Wall screen")).to_be_visible()
    return page


def doctor(open_session: OpenSession, **_: object) -> Page:
    page = open_session("ana").page
    page.goto("/dashboard/doctor/")
    page.get_by_role("button", name="Test the connection").click()
    expect(page.get_by_text("All is well: ")).to_be_visible()
    page.get_by_text("Report for an issue").click()
    page.get_by_role("button", name="Test 70 s of silence").click()
    expect(page.get_by_role("timer")).to_be_visible()
    return page


def doctor_with_fault(open_session: OpenSession, **_: object) -> Page:
    """Without a sign-in, and with the lines of a proxy: the Host is changed on the way."""
    page = open_session().page
    page.route("**/api/live/connection/", change_host)
    page.goto("/dashboard/doctor/")
    page.get_by_role("button", name="Test the connection").click()
    expect(page.get_by_text("1 check failed: Host.")).to_be_visible()
    return page


def change_host(route: Route) -> None:
    response = route.fetch()
    answer = response.json()
    answer["received"]["host"] = "127.0.0.1:8000"
    route.fulfill(response=response, json=answer)


def machine(open_session: OpenSession, installation: BrowserInstallation, **_: object) -> Page:
    installation.ensure_staff("olga")
    page = open_session("olga").page
    page.goto("/dashboard/machine/")
    expect(page.get_by_label("Figures of the database")).to_contain_text("Wait to write")
    return page


VIEWS = [
    *(sign_in, sign_in_rejected, setup, server_unreachable, lists, no_lists, first_steps),
    two_users,
    *(empty_list, cart, editor, item_history, menu, share, join, join_with_used_link),
    *(activity, people, news, shop_mode, shop_end, shop_order, paste),
    *(typed_line, suggestions, account_menu, import_preview, import_rejected),
    *(account, guest_account, reset),
    *(removed_item, offline, rejected_edit, missing_list, dashboard, dashboard_tables),
    *(added_item, finished_list, keys, find, find_missing_lists, question),
    *(share_offline, clash),
    *(menu_offline, transfer_offline, activity_offline, account_offline),
    *(rejected_group, shop_rename, forgotten_names),
    *(sorting, selecting, aisle_menu, aisle_choice, one_shop),
    *(dashboard_help, signals),
    *(requests, requests_for_members, delivery, delivery_for_members),
    *(list_cards, list_as_it_was, wall_screen, wall_screen_without_link),
    *(doctor, doctor_with_fault),
    machine,
]


# Pages that scroll: their screenshots show the full page.
FULL_PAGE = [
    account,
    account_offline,
    forgotten_names,
    guest_account,
    delivery,
    list_as_it_was,
    machine,
]


def take_picture(page: Page, view: Callable[..., Page], look: str) -> None:
    """Store a picture in tests/artefacts, if TROLLEY_TEST_PICTURES is set."""
    if os.environ.get("TROLLEY_TEST_PICTURES"):
        ARTEFACTS.mkdir(exist_ok=True)
        path = ARTEFACTS / f"{view.__name__}-{look}.png"
        page.screenshot(path=path, full_page=view in FULL_PAGE)


def take_pictures(page: Page, view: Callable[..., Page], look: str) -> None:
    """Store a picture in light and one in dark; the page stays light."""
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        take_picture(page, view, f"{look}-{scheme}")


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.__name__)
def test_view_is_accessible_and_fits_small_screens(
    view, open_session, installation, stocked_list, axe
):
    """PAG-44"""

    def open_without_motion(username=None, **options):
        return open_session(username, reduced_motion="reduce", **options)

    page = view(
        open_session=open_without_motion, installation=installation, stocked_list=stocked_list
    )
    page.evaluate(axe)
    violations = {}
    for width, height in SIZES.items():
        for scheme, rules in RULES.items():
            page.set_viewport_size({"width": width, "height": height})
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            take_picture(page, view, f"{width}-{scheme}")
            violations[width, scheme] = [
                *page.evaluate(VIOLATIONS, rules),
                *page.evaluate(WEAK_BORDERS),
            ]
    page.set_viewport_size(NARROWEST)
    take_pictures(page, view, "320")
    assert {
        configuration: problems for configuration, problems in violations.items() if problems
    } == {}
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROWEST["width"]


def test_first_rows_of_the_three_panes_have_one_height(open_session, stocked_list):
    stocked_list.rename("The shopping for the whole weekend with all of the neighbours")
    open_session("bob").open(stocked_list.path)
    page = open_session("ana", viewport={"width": 1440, "height": 900}).open(stocked_list.path).page
    expect(page.get_by_text("Here now: bob")).to_have_count(1)
    heads = [*page.locator(".top").all(), page.get_by_role("heading", name="Activity")]
    assert [head.bounding_box()["height"] for head in heads] == [56, 56, 56]
    assert [head.bounding_box()["y"] for head in heads] == [0, 0, 0]
