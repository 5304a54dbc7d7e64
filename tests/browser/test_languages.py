"""The app in German: every view, the main job, and the choice of the language."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser import test_views as views
from tests.support.browser.german import english_texts, in_german, speak_german
from tests.support.installation import PASSWORD

pytestmark = pytest.mark.browser
GERMAN_SIZES = {320: 568, 390: 844, 1440: 900}
GERMAN_VIEWS = [
    *(views.sign_in, views.sign_in_rejected, views.setup, views.server_unreachable, views.lists),
    *(views.no_lists, views.first_steps, views.two_users, views.empty_list, views.cart),
    *(views.editor, views.menu),
    *(views.share, views.join, views.join_with_used_link, views.activity, views.paste),
    *(views.people, views.news, views.shop_mode, views.shop_end, views.shop_order),
    *(
        views.typed_line,
        views.suggestions,
        views.account_menu,
        views.import_preview,
        views.import_rejected,
    ),
    *(views.account, views.guest_account, views.reset, views.removed_item, views.offline),
    *(views.sorting, views.selecting, views.aisle_menu, views.aisle_choice, views.one_shop),
    *(views.rejected_edit, views.missing_list, views.wall_screen, views.wall_screen_without_link),
    *(views.added_item, views.finished_list, views.keys, views.find),
    *(views.question, views.share_offline, views.clash, views.menu_offline),
    *(views.transfer_offline, views.activity_offline, views.account_offline),
    *(views.rejected_group, views.shop_rename, views.forgotten_names),
]


@pytest.fixture
def open_german(open_session):
    """Open a session in a browser whose user reads German."""

    def open_german_session(username=None, **options):
        options = {"locale": "de-DE", "reduced_motion": "reduce", **options}
        return open_session(username, **options)

    return open_german_session


@pytest.mark.parametrize("view", GERMAN_VIEWS, ids=lambda view: view.__name__)
def test_view_is_german_accessible_and_fits(
    view, open_german, installation, stocked_list, axe, monkeypatch
):
    """LANG-1, LANG-2"""
    speak_german(monkeypatch)
    page = view(open_session=open_german, installation=installation, stocked_list=stocked_list)
    assert page.evaluate("document.documentElement.lang") == "de"
    for width, height in GERMAN_SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        views.take_pictures(page, view, f"{width}-de")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate(axe)
    assert page.evaluate(views.VIOLATIONS) == []
    assert list(english_texts(page)) == []


def test_english_texts_are_noticed(open_session):
    """LANG-1: the check of the test above, on a page that is in English."""
    page = open_session("ana").page
    page.goto("/account/")
    expect(page.get_by_role("heading", name="Devices")).to_be_visible()
    noticed = set(english_texts(page))
    assert {"Devices", "Your username is ana.", "All lists", "Export all my lists"} <= noticed


def test_main_job_in_german(open_german, installation):
    """LANG-1, LANG-2: add with a quantity, tick, see the other user tick, undo."""
    shared = installation.create_list("Milch")
    page = open_german("ana").page
    page.goto(shared.path)
    field = page.get_by_role("combobox", name="Artikel hinzufügen")
    field.fill("2 Dosen Tomaten")
    field.press("Enter")
    expect(page.get_by_role("checkbox", name="Tomaten")).to_be_visible()
    expect(page.get_by_text("2 Dosen", exact=True)).to_be_visible()
    bob = open_german("bob").page
    bob.goto(shared.path)
    bob.get_by_role("checkbox", name="Milch").check()
    expect(page.get_by_role("status").filter(has_text="bob hat Milch abgehakt")).to_have_count(1)
    page.get_by_role("button", name="Tomaten entfernen").click()
    expect(page.get_by_text("Tomaten entfernt")).to_be_visible()
    page.get_by_label("Gerade eben").get_by_role("button", name="Rückgängig").click()
    expect(page.get_by_role("checkbox", name="Tomaten")).to_be_visible()


def test_language_is_chosen_in_the_account(open_session, installation):
    """LANG-2, LANG-3: it holds in every browser of the user, whatever that prefers."""
    installation.create_users("dora")
    page = open_session("dora").page
    page.goto("/account/")
    page.get_by_label("Language of the app").select_option(label="Deutsch")
    expect(page.get_by_role("heading", name="Konto", exact=True)).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    other = open_session("dora", locale="fr-FR").page
    other.goto("/")
    expect(other.get_by_role("heading", name="Listen")).to_be_visible()
    page.get_by_label("Sprache der App").select_option(label="Wie der Browser")
    expect(page.get_by_role("heading", name="Account", exact=True)).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_language_cannot_be_changed_while_edits_wait(open_session, installation):
    """LANG-3: the page would be loaded again, and lose them."""
    shared = installation.create_list("Milk")
    ana = open_session("ana").open(shared.path)
    ana.page.route("**/shopping-items/**", lambda route: route.abort())
    ana.tick("Milk")
    ana.page.get_by_role("button", name="Account of ana").click()
    ana.page.get_by_role("link", name="Account", exact=True).click()
    choice = ana.page.get_by_label("Language of the app")
    expect(choice).to_be_disabled()
    expect(ana.page.get_by_text("Some changes are not saved yet.")).to_be_visible()
    ana.page.unroute("**/shopping-items/**")
    expect(choice).to_be_enabled()


def test_language_is_chosen_before_the_sign_in(open_session, installation):
    """LANG-2: the choice stays, and the user's own is stronger."""
    installation.create_users("emil")
    page = open_session().page
    page.goto("/signin/")
    page.get_by_role("button", name="Deutsch").click()
    expect(page.get_by_role("heading", name="Anmelden")).to_be_visible()
    page.get_by_label("Benutzername").fill("emil")
    page.get_by_label("Passwort").fill("falsch")
    page.get_by_role("button", name="Anmelden").click()
    expect(page.get_by_role("alert")).to_have_text("Benutzername oder Passwort ist falsch.")
    page.get_by_label("Passwort").fill(PASSWORD)
    page.get_by_role("button", name="Anmelden").click()
    expect(page.get_by_text("Noch keine Listen.")).to_be_visible()
    installation.shell(
        "from accounts.models import User\n"
        "User.objects.filter(username='emil').update(language='en')"
    )
    page.reload()
    expect(page.get_by_text("No lists yet.")).to_be_visible()


def test_sign_in_leads_to_the_language_of_the_user(open_session, installation):
    """LANG-2"""
    installation.create_users("frida")
    installation.shell(
        "from accounts.models import User\n"
        "User.objects.filter(username='frida').update(language='de')"
    )
    page = open_session().page
    page.goto("/")
    page.get_by_label("Username").fill("frida")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Noch keine Listen.")).to_be_visible()


def test_texts_of_tests_are_translated():
    assert in_german("Undo: ana ticked Rice") == "Rückgängig machen: ana hat Rice abgehakt"
    assert in_german("Here now: bob") == "Jetzt hier: bob"
    assert in_german("Add 4 items") == "4 Artikel hinzufügen"
    assert in_german("1 more for other shops") == "1 weiterer für andere Läden"
    assert in_german("3 more for other shops") == "3 weitere für andere Läden"
    assert in_german("Washing powder") == "Washing powder"


@pytest.mark.parametrize("width", [390, 1440])
def test_message_about_an_added_item_is_not_cut_off(open_german, installation, width):
    """LANG-2, PAG-13"""
    size = {"width": width, "height": 844}
    page = open_german("ana", viewport=size).page
    page.goto(installation.create_list().path)
    field = page.get_by_label("Artikel hinzufügen")
    field.fill("Zitronen")
    field.press("Enter")
    status = page.get_by_label("Zuletzt hinzugefügt").get_by_role("status")
    expect(status).to_have_text("Zitronen zu Obst & Gemüse hinzugefügt")
    assert status.evaluate(
        "e => [e.scrollWidth - e.clientWidth, e.scrollHeight - e.clientHeight]"
    ) == [0, 0]


@pytest.mark.parametrize("width", [320, 390, 1440])
def test_roles_of_members_are_not_cut_off(open_german, installation, width):
    """LANG-2"""
    size = {"width": width, "height": 844}
    page = open_german("ana", viewport=size).page
    page.goto(installation.create_list().path)
    page.get_by_role("button", name="Mitglieder").click()
    role = page.get_by_label("bob").first
    expect(role).to_have_value("editor")
    shown = role.bounding_box()["width"]
    role.evaluate("role => { role.style.width = 'max-content' }")
    assert shown >= role.bounding_box()["width"]
    name = page.get_by_role("dialog").get_by_text("bob", exact=True)
    assert name.bounding_box()["width"] >= 64
