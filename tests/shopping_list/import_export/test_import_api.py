"""Importing into a list over REST: outcomes, preview, rejected input, and request bodies."""

from __future__ import annotations

import json
import uuid

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from asgi_project.middleware.body_limit import BodyLimitMiddleware
from rest import body_limits
from shopping_list.apps import MAX_IMPORT_BYTES
from shopping_list.import_export.formats import FORMATS
from shopping_list.models import Activity, Membership, ShoppingList
from tests.shopping_list.import_export.conftest import (
    TEXT,
    current_version,
    export_content,
    import_content,
    list_url,
    rows_of,
)

pytestmark = pytest.mark.django_db


def test_import_returns_the_outcome_of_every_line(groceries, milk, ana, ana_client):
    """TRF-7"""
    groceries.items.create(name="Tea", purchased=True)
    body = {"format": "markdown", "content": "# x\n- [ ] 2 l milk\n- [ ] tea\n\n- [x] oil, olive"}
    response = ana_client.post(list_url(groceries, "import"), body).json()
    tea = groceries.items.get(name="Tea")
    oil = groceries.items.get(name="oil")
    fields = {"quantity": "", "note": "", "category": "", "purchased": False}
    line = {"reason": "", "changed": [], "not_taken": {}}
    milk_fields = {**fields, "id": str(milk.pk), "name": "Milk", "quantity": "1 l + 2 l"}
    oil_fields = {"id": str(oil.pk), "name": "oil", "note": "olive", "purchased": True}
    text = "- [ ] 2 l milk"
    merged = {"line": 2, "text": text, "outcome": "merged", "changed": ["quantity"]}
    put_back = {"line": 3, "text": "- [ ] tea", "outcome": "put_back"}
    added = {"line": 5, "text": "- [x] oil, olive", "outcome": "added"}
    title = {"line": 1, "text": "# x", "outcome": "left_out", "reason": "The title of the list."}
    assert response == {
        "version": current_version(groceries),
        "dry_run": False,
        "added": 1,
        "merged": 1,
        "put_back": 1,
        "unchanged": 0,
        "conflict": 0,
        "left_out": 1,
        "invalid": 0,
        "excess_items": 0,
        "results": [
            {**line, **title, "item": None},
            {**line, **merged, "item": milk_fields},
            {**line, **put_back, "item": {**fields, "id": str(tea.pk), "name": "Tea"}},
            {**line, **added, "item": {**fields, **oil_fields}},
        ],
    }
    assert oil.created_by == ana


@pytest.mark.parametrize("name", FORMATS)
def test_import_preview_returns_the_same_result_and_writes_nothing(
    groceries, hardware, milk, ana_client, name
):
    """TRF-13"""
    for item_name in ("milk", "Bread", "Tea"):
        hardware.items.create(name=item_name, quantity="2")
    content = export_content(ana_client, hardware, name)
    before = current_version(groceries)
    preview = import_content(ana_client, groceries, name, content, dry_run=True).json()
    assert (preview["version"], current_version(groceries)) == (before, before)
    result = import_content(ana_client, groceries, name, content).json()
    assert result["version"] == before + 1
    for expected, actual in zip(preview.pop("results"), result.pop("results"), strict=True):
        if expected["item"] is None:
            assert expected == actual
            continue
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
    before = current_version(groceries)
    for content in ("", "\n \n", "milk"):
        response = import_content(ana_client, groceries, "text", content)
        assert (response.status_code, response.json()["version"]) == (200, before)
    assert current_version(groceries) == before


def test_import_is_rejected_as_a_whole_when_a_line_is_invalid(groceries, ana_client):
    """TRF-4"""
    before = current_version(groceries)
    response = import_content(ana_client, groceries, "text", "milk\n\u202ebread\ntea\aa")
    assert (response.status_code, response.json()["code"]) == (400, "invalid")
    assert response.json()["errors"] == {
        "content": [
            "line 2: Characters that override the writing direction are not allowed.",
            "line 3: Control characters and line breaks are not allowed.",
        ]
    }
    assert current_version(groceries) == before


def test_preview_shows_every_invalid_line_and_the_user_can_skip_them(groceries, ana_client):
    """TRF-18"""
    content = "milk\n" + "\u202ebread\n" * 30 + "tea\a\noil"
    preview = import_content(ana_client, groceries, "text", content, dry_run=True).json()
    assert (preview["added"], preview["invalid"]) == (2, 31)
    assert preview["results"][1] == {
        "line": 2,
        "text": "\ufffdbread",
        "outcome": "invalid",
        "reason": "Characters that override the writing direction are not allowed.",
        "item": None,
        "changed": [],
        "not_taken": {},
    }
    assert import_content(ana_client, groceries, "text", content).status_code == 400
    assert not groceries.items.exists()
    result = import_content(ana_client, groceries, "text", content, skip_invalid=True).json()
    assert (result["added"], result["invalid"]) == (2, 31)
    assert rows_of(groceries, "name") == [("milk",), ("oil",)]


def test_conflicting_line_is_in_the_response_with_its_texts(groceries, milk, ana_client):
    """TRF-16, case W1"""
    milk.note = "x" * 1000
    milk.save()
    result = import_content(ana_client, groceries, "text", "2 l milk, oat\ntea").json()
    assert (result["conflict"], result["added"]) == (1, 1)
    line = result["results"][0]
    assert (line["text"], line["outcome"]) == ("2 l milk, oat", "conflict")
    assert line["not_taken"] == {"quantity": "2 l", "note": "oat"}
    assert line["reason"] == "The note would be longer than 1,000 characters."


@pytest.mark.parametrize(
    "content", ['["\\ud800", {"name": "a", "x": "\\udfff"}]', '[{"\\ud800": 1}]']
)
def test_text_that_cannot_be_encoded_is_no_server_error(groceries, ana_client, content):
    """TRF-4, SEC-27"""
    for name in ("json", "text", "markdown", "csv"):
        for text in (content, json.loads(json.dumps(content)), "name\n\ud800"):
            body = json.dumps({"format": name, "content": text, "dry_run": True})
            response = ana_client.post(
                list_url(groceries, "import"), body, content_type="application/json"
            )
            assert response.status_code in (200, 400)
            response.content.decode()


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
    hardware.items.create(name="7 Dwarfs")
    own_list = ShoppingList.objects.create(name="Mine")
    Membership.objects.create(shopping_list=own_list, user=bob, role="owner")
    import_content(
        signed_in_client(bob), own_list, "text", "21 seasoning salute\n7 Dwarfs\n2 l milk"
    )
    assert rows_of(own_list, "quantity", "name") == [
        ("", "21 seasoning salute"),
        ("7", "Dwarfs"),
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
    namesake = make_user("ana2", name="Ana")
    Membership.objects.create(shopping_list=groceries, user=namesake)
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


@pytest.mark.slow
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


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_byte_order_mark_and_any_line_endings_are_read(
    groceries, hardware, ana_client, name, newline, mark
):
    """TRF-2"""
    for item_name in ("Bread", "Tea", "Rote Gr\u00fctze"):
        hardware.items.create(name=item_name, quantity="2", note="a, b")
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
    before = current_version(groceries)
    file = "name\nR\u00f6sti".encode(encoding)
    body = b'{"format": "%s", "content": "%s"}' % (name.encode(), file)
    response = ana_client.post(list_url(groceries, "import"), body, content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (400, "bad_json")
    if encoding != "latin-1":  # as latin-1 the content is valid text
        response = import_content(ana_client, groceries, name, file.decode("latin-1"))
        assert (response.status_code, list(response.json()["errors"])) == (400, ["content"])
    assert current_version(groceries) == before


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

    def limit_for(path, headers):
        return {"/api/x/import/": 20, "/api/x/": 10}[path]

    for path, size in (("/api/x/import/", 20), ("/api/x/import/", 21), ("/api/x/", 11)):

        async def receive(size=size):
            return {"type": "http.request", "body": b"x" * size, "more_body": False}

        scope = {"type": "http", "path": path, "headers": []}
        await BodyLimitMiddleware(app, limit_for)(scope, receive, send)
    assert events == [20, 413, None, 413, None]


UUID = "0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0"


@pytest.mark.parametrize(
    ("path", "is_import"),
    [
        ("/api/import/", True),
        (f"/api/shopping-lists/{UUID}/import/", True),
        ("/nobody/import/", False),
        ("/api/x/import/", False),
        (f"/api/shopping-lists/{UUID.upper()}/import/", False),
        (f"/x/api/shopping-lists/{UUID}/import/", False),
        ("/api/import/import/", False),
    ],
)
def test_only_the_paths_of_imports_have_the_higher_limit(path, is_import):
    """TRF-3, SEC-31"""
    limit = MAX_IMPORT_BYTES if is_import else settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    assert body_limits.limit_for(path) == limit
    headers = [(b"authorization", b"Bearer x")]
    assert body_limits.limit_for_request(path, headers) == limit
