"""Importing and exporting over REST: who may, what comes out, what is refused."""

from __future__ import annotations

import json
import uuid
from urllib.parse import unquote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from accounts.models import ApiToken
from asgi_project import asgi
from asgi_project.middleware.body_limit import BodyLimit
from rest.text import clean_text
from shopping_list.api.import_export import LONGEST_BODY
from shopping_list.import_export import json_format
from shopping_list.import_export.filename import filename
from shopping_list.import_export.formats import FORMATS
from shopping_list.models import Activity, Membership, ShoppingItem, ShoppingList
from shopping_list.parsing.item_names import comparison_key
from shopping_list.rows import ROLES
from tests.support.row_strategies import FORMULAS, MARKUP, XSS, item_rows, list_row, texts

pytestmark = [pytest.mark.database, pytest.mark.django_db]
TEXT = {"format": "text", "content": "2 l milk, oat\nbread\n"}
EMPTY = json.dumps({"format": "trolley", "version": 1, "lists": []})
COLUMNS = ("name", "quantity", "note", "category", "purchased", "purchased_at", "purchased_by")
ALL = (*COLUMNS, "created_at", "created_by")


@pytest.fixture
def ana_client(ana, signed_in_client):
    return signed_in_client(ana)


@pytest.fixture
def token_client():
    def present(user, **fields):
        _, secret = ApiToken.objects.create(user=user, name="script", **fields)
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
        return client

    return present


def at(one, what):
    return f"/api/shopping-lists/{one.pk}/{what}/"


def exported(client, one, name="json"):
    answer = client.get(at(one, "export"), {"format": name})
    assert answer.status_code == 200
    return answer.content.decode()


def imported(client, one, name, content, **fields):
    body = {"format": name, "content": content, **fields}
    return client.post(at(one, "import"), body)


def rows_of(one, *columns):
    return list(one.items.order_by("position", "id").values_list(*(columns or ALL)))


def version_of(one):
    return ShoppingList.objects.values_list("version", flat=True).get(pk=one.pk)


def shopped(one, ana, bob):
    """Fill a list with everything that an item can be."""
    texts = {comparison_key(text): clean_text(text) for text in (*FORMULAS, *MARKUP, *XSS)}
    for number, text in enumerate(texts.values()):
        with_all = {"quantity": text[:50], "note": text, "category": text} if number % 3 else {}
        one.items.create(name=text, created_by=[ana, bob][number % 2], **with_all)
    one.items.filter(name__in=XSS).update(purchased=True)
    one.items.filter(name=XSS[0]).update(purchased_by=bob)


# who may


ACTS = {
    "export": ("get", "export", None, "viewer"),
    "import": ("post", "import", TEXT, "editor"),
    "preview": ("post", "import", {**TEXT, "dry_run": True}, "editor"),
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_do_its_part(groceries, make_user, signed_in_client, role, act):
    """TRF-11"""
    method, what, body, least = ACTS[act]
    person = make_user(role)
    Membership.objects.create(shopping_list=groceries, user=person, role=role)
    before = version_of(groceries)
    answer = getattr(signed_in_client(person), method)(at(groceries, what), body)
    allowed = ROLES.index(role) >= ROLES.index(least)
    assert answer.status_code == (200 if allowed else 403)
    assert version_of(groceries) == before + (allowed and act == "import")


@pytest.mark.parametrize("act", ACTS)
def test_a_list_of_others_is_nowhere(groceries, mallory, signed_in_client, act):
    """TRF-11"""
    method, what, body, _ = ACTS[act]
    ask = getattr(signed_in_client(mallory), method)
    foreign = ask(at(groceries, what), body)
    unknown = ask(f"/api/shopping-lists/{uuid.uuid4()}/{what}/", body)
    assert (foreign.status_code, unknown.status_code) == (404, 404)
    assert foreign.json() | {"request_id": ""} == unknown.json() | {"request_id": ""}


@pytest.mark.parametrize(
    ("method", "path"),
    [("get", "export/"), ("post", "import/"), ("get", "{}export/"), ("post", "{}import/")],
)
def test_nobody_gets_anything_without_an_identity(groceries, anonymous_client, method, path):
    """TRF-11"""
    path = f"/api/{path.format(f'shopping-lists/{groceries.pk}/')}"
    assert getattr(anonymous_client, method)(path).status_code == 401


def test_a_token_may_do_what_its_scope_says(groceries, ana, token_client):
    """TRF-11"""
    for scope, status in (("read", 403), ("tick", 403), ("write", 200)):
        client = token_client(ana, scope=scope)
        assert client.get(at(groceries, "export")).status_code == 200
        assert client.post(at(groceries, "import"), TEXT).status_code == status
        assert client.post("/api/import/", {"content": EMPTY}).status_code == status


def test_a_token_for_one_list_exports_that_list_and_makes_none(
    groceries, hardware, ana, token_client
):
    """TRF-11"""
    client = token_client(ana, list_id=groceries.pk)
    assert client.get(at(hardware, "export")).status_code == 404
    shown = client.get("/api/export/").json()["lists"]
    assert [one["name"] for one in shown] == ["Groceries"]
    assert client.post("/api/import/", {"content": EMPTY}).status_code == 403


def test_a_guest_makes_no_lists(groceries, make_user, signed_in_client):
    """TRF-11"""
    guest = make_user("gus", is_guest=True)
    assert signed_in_client(guest).post("/api/import/", {"content": EMPTY}).status_code == 403


def test_a_list_in_the_trash_is_not_exported(groceries, ana, ana_client):
    """TRF-11"""
    assert ana_client.delete(f"/api/shopping-lists/{groceries.pk}/").status_code == 204
    assert ana_client.get(at(groceries, "export")).status_code == 404
    assert ana_client.get("/api/export/").json()["lists"] == []


# out


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_is_a_file_to_every_browser(groceries, ana, bob, ana_client, name):
    """TRF-12"""
    shopped(groceries, ana, bob)
    answer = ana_client.get(at(groceries, "export"), {"format": name})
    assert answer["Content-Type"] == FORMATS[name].content_type
    extension = FORMATS[name].extension
    assert answer["Content-Disposition"] == f'attachment; filename="Groceries.{extension}"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "no-store"
    assert answer["Content-Security-Policy"].startswith("default-src 'none'")
    assert answer.content.startswith(b"\xef\xbb\xbf") == (name == "csv")


def test_the_format_is_json_unless_the_query_says_otherwise(groceries, ana_client):
    """TRF-12"""
    for accepted in ("text/csv", "text/html", "*/*"):
        answer = ana_client.get(at(groceries, "export"), headers={"Accept": accepted})
        assert answer["Content-Type"] == "application/json"
    answer = ana_client.get(at(groceries, "export"), {"format": "xml"})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["format"])
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("title", "named"),
    [
        ("Groceries", "Groceries.csv"),
        ("K\u00e4se & Wurst", "K\u00e4se & Wurst.csv"),
        ('a"; filename="b.exe', "a-- filename=-b.exe.csv"),
        ("../../etc/passwd", "etc-passwd.csv"),
        ("a\r\nSet-Cookie: x=1", "a--Set-Cookie- x=1.csv"),
        ("\u202egnp.exe", "gnp.exe.csv"),
        ("\ud800\0", "list.csv"),
        ("...", "list.csv"),
        ("\u725b\u5976", "\u725b\u5976.csv"),
        ("x" * 200, "x" * 100 + ".csv"),
        ("100%`$x`", "100---x.csv"),
    ],
)
def test_no_title_breaks_out_of_its_header(groceries, ana_client, title, named):
    """TRF-12"""
    assert filename(title, "csv") == named
    groceries.name = title.replace("\ud800", "").replace("\0", "")
    groceries.save()
    answer = ana_client.get(at(groceries, "export"), {"format": "csv"})
    disposition = answer["Content-Disposition"]
    if named.isascii():
        assert disposition == f'attachment; filename="{named}"'
    else:
        assert unquote(disposition) == f"attachment; filename*=utf-8''{named}"
        assert disposition.isascii()


@pytest.mark.parametrize("name", ["json", "csv"])
def test_a_list_comes_back_as_it_was(groceries, hardware, bob, ana_client, name):
    """TRF-1, TRF-9: with everyone who is a member of both."""
    Membership.objects.create(shopping_list=hardware, user=bob)
    shopped(groceries, groceries.created_by, bob)
    content = exported(ana_client, groceries, name)
    assert imported(ana_client, hardware, name, content).status_code == 200
    assert rows_of(hardware) == rows_of(groceries)


def test_a_list_comes_back_as_markdown(groceries, hardware, ana, bob, ana_client):
    """TRF-1"""
    shopped(groceries, ana, bob)
    answer = imported(ana_client, hardware, "markdown", exported(ana_client, groceries, "markdown"))
    assert answer.status_code == 200
    assert sorted(rows_of(hardware, *COLUMNS[:5])) == sorted(rows_of(groceries, *COLUMNS[:5]))


def test_exporting_costs_no_query_for_each_item(groceries, ana, ana_client):
    """TRF-10"""

    def queries():
        with CaptureQueriesContext(connection) as captured:
            exported(ana_client, groceries)
        return len(captured)

    few = queries()
    ShoppingItem.objects.bulk_create(
        ShoppingItem(shopping_list=groceries, name=f"{n}") for n in range(300)
    )
    assert queries() == few


# in


def test_an_import_answers_line_by_line(groceries, milk, ana, ana_client):
    """TRF-7"""
    groceries.items.create(name="Tea", purchased=True)
    body = {"format": "markdown", "content": "# x\n- [ ] 2 l milk\n- [ ] tea\n\n- [x] oil, olive"}
    answer = ana_client.post(at(groceries, "import"), body).json()
    tea = groceries.items.get(name="Tea")
    oil = groceries.items.get(name="oil")
    shown = {"quantity": "", "note": "", "category": "", "purchased": False}
    assert answer == {
        "version": version_of(groceries),
        "dry_run": False,
        "added": 1,
        "merged": 0,
        "put_back": 1,
        "unchanged": 1,
        "results": [
            {
                "line": 2,
                "outcome": "unchanged",
                "item": {**shown, "id": str(milk.pk), "name": "Milk", "quantity": "1 l"},
            },
            {"line": 3, "outcome": "put_back", "item": {**shown, "id": str(tea.pk), "name": "Tea"}},
            {
                "line": 5,
                "outcome": "added",
                "item": {
                    **shown,
                    "id": str(oil.pk),
                    "name": "oil",
                    "note": "olive",
                    "purchased": True,
                },
            },
        ],
    }
    assert oil.created_by == ana


@pytest.mark.parametrize("name", FORMATS)
def test_a_preview_tells_the_same_and_writes_nothing(groceries, hardware, milk, ana_client, name):
    """TRF-13"""
    for other in ("milk", "Bread", "Tea"):
        hardware.items.create(name=other, quantity="2")
    content = exported(ana_client, hardware, name)
    before = version_of(groceries)
    preview = imported(ana_client, groceries, name, content, dry_run=True).json()
    assert (preview["version"], version_of(groceries)) == (before, before)
    done = imported(ana_client, groceries, name, content).json()
    assert done["version"] == before + 1
    for shown, real in zip(preview.pop("results"), done.pop("results"), strict=True):
        new = real["outcome"] == "added"
        assert shown["item"].pop("id") == (None if new else real["item"]["id"])
        del real["item"]["id"]
        assert shown == real
    assert {**preview, "dry_run": False, "version": before + 1} == done


def test_an_import_is_one_change_and_one_undo(groceries, milk, ana_client):
    """TRF-14"""
    tea = groceries.items.create(name="Tea", purchased=True)
    before = rows_of(groceries)
    answer = imported(ana_client, groceries, "text", "3 bread\ntea\nmilk\n2 kg salt")
    version = answer.json()["version"]
    activity = Activity.objects.get(list_id=groceries.pk, version=version)
    assert Activity.objects.filter(list_id=groceries.pk).latest("pk") == activity
    assert (len(activity.changes), activity.actor.username) == (3, "ana")
    undo = ana_client.post(f"{at(groceries, 'activities')}{version}/undo/")
    assert undo.status_code == 200
    assert rows_of(groceries) == before
    assert groceries.items.get(pk=tea.pk).purchased


def test_nothing_to_do_is_no_change(groceries, milk, ana_client):
    """TRF-14"""
    before = version_of(groceries)
    for content in ("", "\n \n", "milk"):
        answer = imported(ana_client, groceries, "text", content)
        assert (answer.status_code, answer.json()["version"]) == (200, before)
    assert version_of(groceries) == before


def test_what_cannot_be_read_is_refused_whole(groceries, ana_client):
    """TRF-4"""
    before = version_of(groceries)
    answer = imported(ana_client, groceries, "text", "milk\n\u202ebread\ntea\ta")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert answer.json()["errors"] == {
        "content": [
            "line 2: Characters that override the writing direction are not allowed.",
            "line 3: Control characters and line breaks are not allowed.",
        ]
    }
    assert version_of(groceries) == before


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"format": "text"}, "content"),
        ({"content": "milk"}, "format"),
        ({"format": "xml", "content": "milk"}, "format"),
        ({"format": ["text"], "content": "milk"}, "format"),
        ({"format": "text", "content": 1}, "content"),
        ({"format": "text", "content": None}, "content"),
        ({"format": "text", "content": ["milk"]}, "content"),
        ({"format": "text", "content": "milk", "dry_run": "yes"}, "dry_run"),
        ({"format": "text", "content": "milk", "dryrun": True}, "dryrun"),
    ],
)
def test_a_wrong_body_is_refused_by_its_field(groceries, ana_client, body, field):
    """TRF-4"""
    answer = ana_client.post(at(groceries, "import"), body)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


def test_a_known_name_of_any_list_of_mine_is_not_taken_apart(
    groceries, hardware, bob, signed_in_client
):
    """QTY-3, TRF-2: and no name of a list that I do not see."""
    groceries.items.create(name="21 Seasoning Salute")
    hardware.items.create(name="7 Up")
    mine = ShoppingList.objects.create(name="Mine")
    Membership.objects.create(shopping_list=mine, user=bob, role="owner")
    imported(signed_in_client(bob), mine, "text", "21 seasoning salute\n7 Up\n2 l milk")
    assert rows_of(mine, "quantity", "name") == [
        ("", "21 seasoning salute"),
        ("7", "Up"),
        ("2 l", "milk"),
    ]


def test_only_an_owner_speaks_for_others(groceries, ana, bob, signed_in_client):
    """TRF-9"""
    item = {"purchased": True, "purchased_at": "2026-01-01T00:00:00Z", "purchased_by": "Ana"}
    items = [{"name": "Milk", "created_by": "Ana", **item}]
    content = {"format": "trolley", "version": 1, "list": {"name": "x", "items": items}}
    imported(signed_in_client(bob), groceries, "json", json.dumps(content))
    assert rows_of(groceries, "created_by", "purchased_by") == [(bob.pk, None)]
    groceries.items.all().delete()
    imported(signed_in_client(ana), groceries, "json", json.dumps(content))
    assert rows_of(groceries, "created_by", "purchased_by") == [(ana.pk, ana.pk)]


def test_two_members_of_one_name_are_nobody(groceries, ana, make_user, ana_client):
    """TRF-9"""
    other = make_user("ana2", name="Ana")
    Membership.objects.create(shopping_list=groceries, user=other)
    item = {"name": "Milk", "purchased": True, "purchased_at": "2026-01-01T00:00:00Z"}
    items = [{**item, "purchased_by": "Ana"}]
    content = {"format": "trolley", "version": 1, "list": {"name": "x", "items": items}}
    imported(ana_client, groceries, "json", json.dumps(content))
    assert rows_of(groceries, "created_by", "purchased_by") == [(ana.pk, None)]


def test_the_same_request_twice_is_one_import(groceries, ana_client):
    """TRF-14"""
    key = {"Idempotency-Key": str(uuid.uuid4())}
    once, twice = (ana_client.post(at(groceries, "import"), TEXT, headers=key) for _ in range(2))
    assert once.json() == twice.json()
    assert groceries.items.count() == 2
    assert ana_client.post(
        at(groceries, "import"), {**TEXT, "dry_run": True}, headers=key
    ).status_code


@pytest.mark.slow
def test_five_thousand_lines_take_few_queries(groceries, ana_client):
    """TRF-10"""
    content = "".join(f"{n} l drink {n:x}\n" for n in range(1, 5001))
    with CaptureQueriesContext(connection) as captured:
        answer = imported(ana_client, groceries, "text", content)
    assert answer.json()["added"] == 5000
    assert len(captured) < 250
    many = imported(ana_client, groceries, "text", content + "milk")
    assert many.json()["errors"]["content"] == [
        "more than 5,000 lines: import at most 5,000 at once."
    ]


# everything


def test_everything_of_mine_comes_back_as_lists_of_mine(groceries, hardware, ana, bob, ana_client):
    """TRF-15"""
    shopped(groceries, ana, bob)
    hardware.items.create(name="Nails", quantity="100", created_by=ana)
    content = ana_client.get("/api/export/").content.decode()
    preview = ana_client.post("/api/import/", {"content": content, "dry_run": True}).json()
    total = groceries.items.count()
    assert preview["lists"] == [
        {"id": None, "name": "Groceries", "items": total},
        {"id": None, "name": "Hardware", "items": 1},
    ]
    assert ShoppingList.objects.count() == 2
    done = ana_client.post("/api/import/", {"content": content}).json()["lists"]
    again, nails = (ShoppingList.objects.get(pk=one["id"]) for one in done)
    assert rows_of(again, *COLUMNS[:6]) == rows_of(groceries, *COLUMNS[:6])
    assert rows_of(nails) == rows_of(hardware)
    assert [member.user for member in again.memberships.all()] == [ana]
    assert [a.verb for a in Activity.objects.filter(list_id=again.pk)] == ["list.created"]
    assert (version_of(again), again.created_by) == (1, ana)


COUNTED = {"id", "version", "position", "updated_at", "last_interaction", "members"}


def told_by(client):
    """Return an export of everything without ids and what is counted."""
    lists = client.get("/api/export/").json()["lists"]
    for one in lists:
        del one["created_at"]  # a list is made when it is imported
        for row in (one, *one["items"]):
            for name in COUNTED & row.keys():
                del row[name]
    return lists


@pytest.mark.sqlite_only
@pytest.mark.slow
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(texts(200, blank=False), st.lists(item_rows(), max_size=4)), max_size=3))
def test_an_export_into_an_empty_account_is_the_same_export(make_user, signed_in_client, lists):
    """TRF-1, TRF-15: of two people of one name, as on two installations."""
    ana, elsewhere = (make_user(f"ana-{uuid.uuid4().hex[:12]}", name="Ana") for _ in range(2))
    content = json_format.write_all([(list_row(name), items) for name, items in lists])
    first, second = signed_in_client(ana), signed_in_client(elsewhere)
    assert first.post("/api/import/", {"content": content}).status_code == 200
    taken_along = first.get("/api/export/").content.decode()
    assert second.post("/api/import/", {"content": taken_along}).status_code == 200
    assert told_by(second) == told_by(first)
    assert [one["name"] for one in told_by(first)] == [name for name, _ in lists]


def test_one_list_makes_a_list(groceries, milk, ana_client):
    """TRF-15"""
    done = ana_client.post("/api/import/", {"content": exported(ana_client, groceries)}).json()[
        "lists"
    ]
    assert [(one["name"], one["items"]) for one in done] == [("Groceries", 1)]


def test_of_an_export_with_a_mistake_no_list_is_made(ana, ana_client):
    """TRF-4, TRF-15"""
    good, bad = {"name": "a", "items": []}, {"name": "b", "items": [{"name": ""}]}
    content = json.dumps({"format": "trolley", "version": 1, "lists": [good, bad]})
    answer = ana_client.post("/api/import/", {"content": content})
    assert answer.status_code == 400
    assert answer.json()["errors"] == {"content": ["list 2, item 1: name: May not be blank."]}
    assert not ShoppingList.objects.exists()


# bodies


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_marks_of_the_byte_order_and_any_line_ends_are_read(
    groceries, hardware, ana_client, name, newline, mark
):
    """TRF-2"""
    for other in ("Bread", "Tea", "Rote Gr\u00fctze"):
        hardware.items.create(name=other, quantity="2", note="a, b")
    content = exported(ana_client, hardware, name).removeprefix("\ufeff")
    plain = content.replace("\r\n", "\n").replace("\n", newline)
    assert imported(ana_client, groceries, name, mark + plain).status_code == 200
    assert rows_of(groceries, "name", "quantity", "note") == rows_of(
        hardware, "name", "quantity", "note"
    )


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "latin-1"])
def test_a_file_in_another_encoding_is_refused_and_nothing_is_written(
    groceries, ana_client, name, encoding
):
    """TRF-4: as its own bytes, and read as if it were the right one."""
    before = version_of(groceries)
    file = "name\nR\u00f6sti".encode(encoding)
    body = b'{"format": "%s", "content": "%s"}' % (name.encode(), file)
    answer = ana_client.post(at(groceries, "import"), body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_json")
    if encoding != "latin-1":  # whose bytes are all letters
        answer = imported(ana_client, groceries, name, file.decode("latin-1"))
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["content"])
    assert version_of(groceries) == before


def test_a_body_of_two_mebibytes_is_read_here_and_nowhere_else(groceries, ana_client):
    """TRF-3, SEC-13"""
    content = "x" * (LONGEST_BODY - 100)
    answer = imported(ana_client, groceries, "text", content)
    assert (answer.status_code, answer.json()["errors"]) == (
        400,
        {"content": ["line 1: At most 4,000 characters."]},
    )
    assert imported(ana_client, groceries, "text", content + "x" * 100).status_code == 413
    elsewhere = ana_client.post(at(groceries, "shopping-items"), {"name": content})
    assert elsewhere.status_code == 413


async def test_the_server_lets_long_bodies_through_to_imports_only():
    """TRF-3"""
    seen = []

    async def app(scope, receive, send):
        seen.append(len((await receive())["body"]))

    async def send(event):
        seen.append(event.get("status"))

    for path, size in (("/api/x/import/", 20), ("/api/x/import/", 21), ("/api/x/", 11)):

        async def receive(size=size):
            return {"type": "http.request", "body": b"x" * size, "more_body": False}

        scope = {"type": "http", "path": path, "headers": []}
        await BodyLimit(app, 10, {"/import/": 20})(scope, receive, send)
    assert seen == [20, 413, None, 413, None]
    assert asgi.LONGEST_BODY == 2 * 1024 * 1024
