"""Import and export over REST: permissions, exported files, and rejected input."""

from __future__ import annotations

import json
import uuid
from urllib.parse import unquote

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from accounts.models import ApiToken
from asgi_project.middleware.body_limit import BodyLimitMiddleware
from rest import body_limits
from rest.text import clean_text
from shopping_list.apps import MAX_IMPORT_BYTES
from shopping_list.import_export import json_format
from shopping_list.import_export.filename import filename
from shopping_list.import_export.formats import FORMATS
from shopping_list.models import Activity, Membership, ShoppingItem, ShoppingList
from shopping_list.parsing.item_names import comparison_key
from shopping_list.rows import ROLES
from tests.support.row_strategies import FORMULAS, MARKUP, XSS, item_rows, list_row, texts

pytestmark = pytest.mark.django_db
TEXT = {"format": "text", "content": "2 l milk, oat\nbread\n"}
EMPTY = json.dumps({"format": "trolley", "version": 1, "lists": []})
COLUMNS = ("name", "quantity", "note", "category", "purchased", "purchased_at", "purchased_by")
ALL_COLUMNS = (*COLUMNS, "created_at", "created_by")


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


def list_url(shopping_list, action):
    return f"/api/shopping-lists/{shopping_list.pk}/{action}/"


def export_content(client, shopping_list, name="json"):
    response = client.get(list_url(shopping_list, "export"), {"format": name})
    assert response.status_code == 200
    return response.content.decode()


def import_content(client, shopping_list, name, content, **fields):
    body = {"format": name, "content": content, **fields}
    return client.post(list_url(shopping_list, "import"), body)


def rows_of(shopping_list, *columns):
    return list(
        shopping_list.items.order_by("position", "id").values_list(*(columns or ALL_COLUMNS))
    )


def version_of(shopping_list):
    return ShoppingList.objects.values_list("version", flat=True).get(pk=shopping_list.pk)


def fill_with_special_items(shopping_list, ana, bob):
    """Fill a list with items that have special names and all combinations of fields."""
    special_texts = {comparison_key(text): clean_text(text) for text in (*FORMULAS, *MARKUP, *XSS)}
    for number, text in enumerate(special_texts.values()):
        fields = {"quantity": text[:50], "note": text, "category": text} if number % 3 else {}
        shopping_list.items.create(name=text, created_by=[ana, bob][number % 2], **fields)
    shopping_list.items.filter(name__in=XSS).update(purchased=True)
    shopping_list.items.filter(name=XSS[0]).update(purchased_by=bob)


# Permissions


OPERATIONS = {
    "export": ("get", "export", None, "viewer"),
    "import": ("post", "import", TEXT, "editor"),
    "preview": ("post", "import", {**TEXT, "dry_run": True}, "editor"),
}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("role", ROLES)
def test_import_and_export_require_their_roles(
    groceries, make_user, signed_in_client, role, operation
):
    """TRF-11"""
    method, action, body, min_role = OPERATIONS[operation]
    user = make_user(role)
    Membership.objects.create(shopping_list=groceries, user=user, role=role)
    before = version_of(groceries)
    response = getattr(signed_in_client(user), method)(list_url(groceries, action), body)
    allowed = ROLES.index(role) >= ROLES.index(min_role)
    assert response.status_code == (200 if allowed else 403)
    assert version_of(groceries) == before + (allowed and operation == "import")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_non_member_gets_the_response_of_an_unknown_list(
    groceries, mallory, signed_in_client, operation
):
    """TRF-11"""
    method, action, body, _ = OPERATIONS[operation]
    send = getattr(signed_in_client(mallory), method)
    foreign = send(list_url(groceries, action), body)
    unknown = send(f"/api/shopping-lists/{uuid.uuid4()}/{action}/", body)
    assert (foreign.status_code, unknown.status_code) == (404, 404)
    assert foreign.json() | {"request_id": ""} == unknown.json() | {"request_id": ""}


@pytest.mark.parametrize(
    ("method", "path"),
    [("get", "export/"), ("post", "import/"), ("get", "{}export/"), ("post", "{}import/")],
)
def test_request_without_credentials_returns_401(groceries, anonymous_client, method, path):
    """TRF-11"""
    path = f"/api/{path.format(f'shopping-lists/{groceries.pk}/')}"
    assert getattr(anonymous_client, method)(path).status_code == 401


def test_token_needs_write_scope_to_import(groceries, ana, token_client):
    """TRF-11"""
    for scope, status in (("read", 403), ("tick", 403), ("write", 200)):
        client = token_client(ana, scope=scope)
        assert client.get(list_url(groceries, "export")).status_code == 200
        assert client.post(list_url(groceries, "import"), TEXT).status_code == status
        assert client.post("/api/import/", {"content": EMPTY}).status_code == status


def test_token_restricted_to_a_list_exports_only_that_list(groceries, hardware, ana, token_client):
    """TRF-11"""
    client = token_client(ana, list_id=groceries.pk)
    assert client.get(list_url(hardware, "export")).status_code == 404
    lists = client.get("/api/export/").json()["lists"]
    assert [row["name"] for row in lists] == ["Groceries"]
    assert client.post("/api/import/", {"content": EMPTY}).status_code == 403


def test_guest_cannot_import_lists(groceries, make_user, signed_in_client):
    """TRF-11"""
    guest = make_user("gus", is_guest=True)
    assert signed_in_client(guest).post("/api/import/", {"content": EMPTY}).status_code == 403


def test_deleted_list_is_not_exported(groceries, ana, ana_client):
    """TRF-11"""
    assert ana_client.delete(f"/api/shopping-lists/{groceries.pk}/").status_code == 204
    assert ana_client.get(list_url(groceries, "export")).status_code == 404
    assert ana_client.get("/api/export/").json()["lists"] == []


# Export


@pytest.mark.parametrize("name", FORMATS)
def test_export_is_sent_as_a_download(groceries, ana, bob, ana_client, name):
    """TRF-12"""
    fill_with_special_items(groceries, ana, bob)
    response = ana_client.get(list_url(groceries, "export"), {"format": name})
    assert response["Content-Type"] == FORMATS[name].content_type
    extension = FORMATS[name].extension
    assert response["Content-Disposition"] == f'attachment; filename="Groceries.{extension}"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "no-store"
    assert response["Content-Security-Policy"].startswith("default-src 'none'")
    assert response.content.startswith(b"\xef\xbb\xbf") == (name == "csv")


def test_export_format_defaults_to_json(groceries, ana_client):
    """TRF-12"""
    for accepted in ("text/csv", "text/html", "*/*"):
        response = ana_client.get(list_url(groceries, "export"), headers={"Accept": accepted})
        assert response["Content-Type"] == "application/json"
    response = ana_client.get(list_url(groceries, "export"), {"format": "xml"})
    assert (response.status_code, list(response.json()["errors"])) == (400, ["format"])
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("title", "expected"),
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
def test_list_name_cannot_inject_into_the_content_disposition_header(
    groceries, ana_client, title, expected
):
    """TRF-12"""
    assert filename(title, "csv") == expected
    groceries.name = title.replace("\ud800", "").replace("\0", "")
    groceries.save()
    response = ana_client.get(list_url(groceries, "export"), {"format": "csv"})
    disposition = response["Content-Disposition"]
    if expected.isascii():
        assert disposition == f'attachment; filename="{expected}"'
    else:
        assert unquote(disposition) == f"attachment; filename*=utf-8''{expected}"
        assert disposition.isascii()


@pytest.mark.parametrize("name", ["json", "csv"])
def test_exported_json_and_csv_can_be_imported_unchanged(
    groceries, hardware, bob, ana_client, name
):
    """TRF-1, TRF-9: including the names of users who are members of both lists."""
    Membership.objects.create(shopping_list=hardware, user=bob)
    fill_with_special_items(groceries, groceries.created_by, bob)
    content = export_content(ana_client, groceries, name)
    assert import_content(ana_client, hardware, name, content).status_code == 200
    assert rows_of(hardware) == rows_of(groceries)


def test_exported_markdown_can_be_imported_unchanged(groceries, hardware, ana, bob, ana_client):
    """TRF-1"""
    fill_with_special_items(groceries, ana, bob)
    response = import_content(
        ana_client, hardware, "markdown", export_content(ana_client, groceries, "markdown")
    )
    assert response.status_code == 200
    assert sorted(rows_of(hardware, *COLUMNS[:5])) == sorted(rows_of(groceries, *COLUMNS[:5]))


def test_export_query_count_does_not_depend_on_the_number_of_items(groceries, ana, ana_client):
    """TRF-10"""

    def count_queries():
        with CaptureQueriesContext(connection) as captured:
            export_content(ana_client, groceries)
        return len(captured)

    query_count = count_queries()
    ShoppingItem.objects.bulk_create(
        ShoppingItem(shopping_list=groceries, name=f"{n}") for n in range(300)
    )
    assert count_queries() == query_count


# Import


def test_import_returns_the_outcome_of_every_line(groceries, milk, ana, ana_client):
    """TRF-7"""
    groceries.items.create(name="Tea", purchased=True)
    body = {"format": "markdown", "content": "# x\n- [ ] 2 l milk\n- [ ] tea\n\n- [x] oil, olive"}
    response = ana_client.post(list_url(groceries, "import"), body).json()
    tea = groceries.items.get(name="Tea")
    oil = groceries.items.get(name="oil")
    defaults = {"quantity": "", "note": "", "category": "", "purchased": False}
    assert response == {
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
                "item": {**defaults, "id": str(milk.pk), "name": "Milk", "quantity": "1 l"},
            },
            {
                "line": 3,
                "outcome": "put_back",
                "item": {**defaults, "id": str(tea.pk), "name": "Tea"},
            },
            {
                "line": 5,
                "outcome": "added",
                "item": {
                    **defaults,
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
def test_import_preview_returns_the_same_result_and_writes_nothing(
    groceries, hardware, milk, ana_client, name
):
    """TRF-13"""
    for other in ("milk", "Bread", "Tea"):
        hardware.items.create(name=other, quantity="2")
    content = export_content(ana_client, hardware, name)
    before = version_of(groceries)
    preview = import_content(ana_client, groceries, name, content, dry_run=True).json()
    assert (preview["version"], version_of(groceries)) == (before, before)
    result = import_content(ana_client, groceries, name, content).json()
    assert result["version"] == before + 1
    for expected, actual in zip(preview.pop("results"), result.pop("results"), strict=True):
        is_new = actual["outcome"] == "added"
        assert expected["item"].pop("id") == (None if is_new else actual["item"]["id"])
        del actual["item"]["id"]
        assert expected == actual
    assert {**preview, "dry_run": False, "version": before + 1} == result


def test_import_is_one_change_and_can_be_undone(groceries, milk, ana_client):
    """TRF-14"""
    tea = groceries.items.create(name="Tea", purchased=True)
    before = rows_of(groceries)
    response = import_content(ana_client, groceries, "text", "3 bread\ntea\nmilk\n2 kg salt")
    version = response.json()["version"]
    activity = Activity.objects.get(list_id=groceries.pk, version=version)
    assert Activity.objects.filter(list_id=groceries.pk).latest("pk") == activity
    assert (len(activity.changes), activity.actor.username) == (3, "ana")
    undo_response = ana_client.post(f"{list_url(groceries, 'activities')}{version}/undo/")
    assert undo_response.status_code == 200
    assert rows_of(groceries) == before
    assert groceries.items.get(pk=tea.pk).purchased


def test_import_without_new_items_changes_no_version(groceries, milk, ana_client):
    """TRF-14"""
    before = version_of(groceries)
    for content in ("", "\n \n", "milk"):
        response = import_content(ana_client, groceries, "text", content)
        assert (response.status_code, response.json()["version"]) == (200, before)
    assert version_of(groceries) == before


def test_import_is_rejected_as_a_whole_when_a_line_is_invalid(groceries, ana_client):
    """TRF-4"""
    before = version_of(groceries)
    response = import_content(ana_client, groceries, "text", "milk\n\u202ebread\ntea\ta")
    assert (response.status_code, response.json()["code"]) == (400, "invalid")
    assert response.json()["errors"] == {
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
def test_invalid_import_field_is_reported(groceries, ana_client, body, field):
    """TRF-4"""
    response = ana_client.post(list_url(groceries, "import"), body)
    assert (response.status_code, list(response.json()["errors"])) == (400, [field])


def test_name_on_any_list_of_the_user_is_not_split(groceries, hardware, bob, signed_in_client):
    """QTY-3, TRF-2: names on lists that the user cannot see are split."""
    groceries.items.create(name="21 Seasoning Salute")
    hardware.items.create(name="7 Up")
    own_list = ShoppingList.objects.create(name="Mine")
    Membership.objects.create(shopping_list=own_list, user=bob, role="owner")
    import_content(signed_in_client(bob), own_list, "text", "21 seasoning salute\n7 Up\n2 l milk")
    assert rows_of(own_list, "quantity", "name") == [
        ("", "21 seasoning salute"),
        ("7", "Up"),
        ("2 l", "milk"),
    ]


def test_only_an_owner_can_import_names_of_other_users(groceries, ana, bob, signed_in_client):
    """TRF-9"""
    purchase = {"purchased": True, "purchased_at": "2026-01-01T00:00:00Z", "purchased_by": "Ana"}
    items = [{"name": "Milk", "created_by": "Ana", **purchase}]
    content = {"format": "trolley", "version": 1, "list": {"name": "x", "items": items}}
    import_content(signed_in_client(bob), groceries, "json", json.dumps(content))
    assert rows_of(groceries, "created_by", "purchased_by") == [(bob.pk, None)]
    groceries.items.all().delete()
    import_content(signed_in_client(ana), groceries, "json", json.dumps(content))
    assert rows_of(groceries, "created_by", "purchased_by") == [(ana.pk, ana.pk)]


def test_ambiguous_member_name_is_not_imported(groceries, ana, make_user, ana_client):
    """TRF-9"""
    other = make_user("ana2", name="Ana")
    Membership.objects.create(shopping_list=groceries, user=other)
    purchase = {"name": "Milk", "purchased": True, "purchased_at": "2026-01-01T00:00:00Z"}
    items = [{**purchase, "purchased_by": "Ana"}]
    content = {"format": "trolley", "version": 1, "list": {"name": "x", "items": items}}
    import_content(ana_client, groceries, "json", json.dumps(content))
    assert rows_of(groceries, "created_by", "purchased_by") == [(ana.pk, None)]


def test_repeated_idempotency_key_imports_once(groceries, ana_client):
    """TRF-14"""
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    first, second = (
        ana_client.post(list_url(groceries, "import"), TEXT, headers=headers) for _ in range(2)
    )
    assert first.json() == second.json()
    assert groceries.items.count() == 2
    assert ana_client.post(
        list_url(groceries, "import"), {**TEXT, "dry_run": True}, headers=headers
    ).status_code


def test_import_of_5000_lines_takes_few_queries(groceries, ana_client):
    """TRF-10"""
    content = "".join(f"{n} l drink {n:x}\n" for n in range(1, 5001))
    with CaptureQueriesContext(connection) as captured:
        response = import_content(ana_client, groceries, "text", content)
    assert response.json()["added"] == 5000
    assert len(captured) < 250
    too_many = import_content(ana_client, groceries, "text", content + "milk")
    assert too_many.json()["errors"]["content"] == [
        "more than 5,000 lines: import at most 5,000 at once."
    ]


# All lists


def test_full_export_is_imported_as_new_lists(groceries, hardware, ana, bob, ana_client):
    """TRF-15"""
    fill_with_special_items(groceries, ana, bob)
    hardware.items.create(name="Nails", quantity="100", created_by=ana)
    content = ana_client.get("/api/export/").content.decode()
    preview = ana_client.post("/api/import/", {"content": content, "dry_run": True}).json()
    total = groceries.items.count()
    assert preview["lists"] == [
        {"id": None, "name": "Groceries", "items": total},
        {"id": None, "name": "Hardware", "items": 1},
    ]
    assert ShoppingList.objects.count() == 2
    imported = ana_client.post("/api/import/", {"content": content}).json()["lists"]
    groceries_copy, hardware_copy = (ShoppingList.objects.get(pk=one["id"]) for one in imported)
    assert rows_of(groceries_copy, *COLUMNS[:6]) == rows_of(groceries, *COLUMNS[:6])
    assert rows_of(hardware_copy) == rows_of(hardware)
    assert [member.user for member in groceries_copy.memberships.all()] == [ana]
    assert [a.verb for a in Activity.objects.filter(list_id=groceries_copy.pk)] == ["list.created"]
    assert (version_of(groceries_copy), groceries_copy.created_by) == (1, ana)


VOLATILE_FIELDS = {"id", "version", "position", "updated_at", "last_interaction", "members"}


def stable_export(client):
    """Return a full export without ids and other values that differ between copies."""
    lists = client.get("/api/export/").json()["lists"]
    for exported_list in lists:
        del exported_list["created_at"]  # the time of the import
        for row in (exported_list, *exported_list["items"]):
            for name in VOLATILE_FIELDS & row.keys():
                del row[name]
    return lists


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(texts(200, blank=False), st.lists(item_rows(), max_size=4)), max_size=3))
def test_export_imported_into_an_empty_account_exports_the_same(make_user, signed_in_client, lists):
    """TRF-1, TRF-15: two users with the same name stand for two installations."""
    ana, other_ana = (make_user(f"ana-{uuid.uuid4().hex[:12]}", name="Ana") for _ in range(2))
    content = json_format.write_all([(list_row(name), items) for name, items in lists])
    client, other_client = signed_in_client(ana), signed_in_client(other_ana)
    assert client.post("/api/import/", {"content": content}).status_code == 200
    exported = client.get("/api/export/").content.decode()
    assert other_client.post("/api/import/", {"content": exported}).status_code == 200
    assert stable_export(other_client) == stable_export(client)
    assert [row["name"] for row in stable_export(client)] == [name for name, _ in lists]


def test_export_of_one_list_is_imported_as_a_new_list(groceries, milk, ana_client):
    """TRF-15"""
    imported = ana_client.post(
        "/api/import/", {"content": export_content(ana_client, groceries)}
    ).json()["lists"]
    assert [(row["name"], row["items"]) for row in imported] == [("Groceries", 1)]


def test_invalid_full_export_creates_no_list(ana, ana_client):
    """TRF-4, TRF-15"""
    valid_list, invalid_list = {"name": "a", "items": []}, {"name": "b", "items": [{"name": ""}]}
    content = json.dumps({"format": "trolley", "version": 1, "lists": [valid_list, invalid_list]})
    response = ana_client.post("/api/import/", {"content": content})
    assert response.status_code == 400
    assert response.json()["errors"] == {"content": ["list 2, item 1: name: May not be blank."]}
    assert not ShoppingList.objects.exists()


# Request bodies


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_byte_order_mark_and_any_line_endings_are_read(
    groceries, hardware, ana_client, name, newline, mark
):
    """TRF-2"""
    for other in ("Bread", "Tea", "Rote Gr\u00fctze"):
        hardware.items.create(name=other, quantity="2", note="a, b")
    content = export_content(ana_client, hardware, name).removeprefix("\ufeff")
    plain = content.replace("\r\n", "\n").replace("\n", newline)
    assert import_content(ana_client, groceries, name, mark + plain).status_code == 200
    assert rows_of(groceries, "name", "quantity", "note") == rows_of(
        hardware, "name", "quantity", "note"
    )


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "latin-1"])
def test_file_in_another_encoding_is_rejected(groceries, ana_client, name, encoding):
    """TRF-4: sent as raw bytes, and decoded with the wrong encoding."""
    before = version_of(groceries)
    file = "name\nR\u00f6sti".encode(encoding)
    body = b'{"format": "%s", "content": "%s"}' % (name.encode(), file)
    response = ana_client.post(list_url(groceries, "import"), body, content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (400, "bad_json")
    if encoding != "latin-1":  # whose bytes are all letters
        response = import_content(ana_client, groceries, name, file.decode("latin-1"))
        assert (response.status_code, list(response.json()["errors"])) == (400, ["content"])
    assert version_of(groceries) == before


def test_two_mebibyte_body_is_accepted_only_by_imports(groceries, ana_client):
    """TRF-3, SEC-13"""
    content = "x" * (MAX_IMPORT_BYTES - 100)
    response = import_content(ana_client, groceries, "text", content)
    assert (response.status_code, response.json()["errors"]) == (
        400,
        {"content": ["line 1: At most 4,000 characters."]},
    )
    assert import_content(ana_client, groceries, "text", content + "x" * 100).status_code == 413
    item_response = ana_client.post(list_url(groceries, "shopping-items"), {"name": content})
    assert item_response.status_code == 413


async def test_body_limit_is_higher_only_for_imports():
    """TRF-3"""
    events = []

    async def app(scope, receive, send):
        events.append(len((await receive())["body"]))

    async def send(event):
        events.append(event.get("status"))

    for path, size in (("/api/x/import/", 20), ("/api/x/import/", 21), ("/api/x/", 11)):

        async def receive(size=size):
            return {"type": "http.request", "body": b"x" * size, "more_body": False}

        scope = {"type": "http", "path": path, "headers": []}
        limit_for = {"/api/x/import/": 20, "/api/x/": 10}.__getitem__
        await BodyLimitMiddleware(app, limit_for)(scope, receive, send)
    assert events == [20, 413, None, 413, None]
    assert body_limits.limit_for("/api/x/import/") == 2 * 1024 * 1024
    assert body_limits.limit_for("/api/x/") == django_settings.DATA_UPLOAD_MAX_MEMORY_SIZE
