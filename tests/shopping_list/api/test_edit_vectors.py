"""What the server does with the edits of the browser: the vectors are shared with the frontend."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from shopping_list.models import Activity, Membership, ShoppingList
from tests.shopping_list.api.conftest import current_version, url_of_list
from tests.support.routes import send

ROOT = Path(__file__).parents[3]
VECTORS = json.loads((ROOT / "tests" / "vectors" / "list_edits.json").read_text())
FIELDS = {"name": "", "quantity": "", "note": "", "category": "", "shops": [], "purchased": False}
SETTINGS = ("aisles", "shops", "staples")

pytestmark = pytest.mark.database


def id_of(name: str) -> str:
    """Return the UUID of an item that the vectors call by a name."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


def create_items(shopping_list: ShoppingList, items: list[dict[str, Any]]) -> None:
    for item in items:
        fields = {name: value for name, value in item.items() if name in FIELDS}
        marked_at = timezone.now() if item.get("not_found") else None
        shopping_list.items.create(pk=id_of(item["id"]), not_found_at=marked_at, **fields)


def rows(shopping_list: ShoppingList) -> list[dict[str, Any]]:
    return [
        {**{name: getattr(item, name) for name in FIELDS}, "not_found": bool(item.not_found_at)}
        for item in shopping_list.items.order_by("position", "id")
    ]


def expected_rows(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    known = {*FIELDS, "not_found"}
    return [
        {**FIELDS, "not_found": False, **{name: item[name] for name in known & item.keys()}}
        for item in items
    ]


def state(*lists: ShoppingList) -> list[Any]:
    for shopping_list in lists:
        shopping_list.refresh_from_db()
    return [
        ({name: getattr(each, name) for name in SETTINGS}, sorted_by_id(each)) for each in lists
    ]


def sorted_by_id(shopping_list: ShoppingList) -> list[tuple[Any, ...]]:
    columns = ("pk", "position", "not_found_at", *FIELDS)
    return list(shopping_list.items.order_by("pk").values_list(*columns))


@pytest.mark.parametrize("vector", VECTORS["cases"], ids=lambda vector: vector["claim"])
def test_request_of_an_edit_has_the_predicted_effect_and_is_undone(
    vector: dict[str, Any], bob: User, bob_client: Any, groceries: ShoppingList, hardware: Any
) -> None:
    """ITM-138, ITM-140"""
    Membership.objects.create(shopping_list=hardware, user=bob)
    items = vector.get("items", VECTORS["items"])
    settings_before = vector.get("settings", VECTORS["settings"])
    create_items(groceries, items)
    create_items(hardware, vector.get("other_items", []))
    bob_client.patch(url_of_list(groceries), settings_before)
    before, version = state(groceries, hardware), current_version(groceries)
    ids = {item["id"]: id_of(item["id"]) for item in items}
    ids |= {item["id"]: id_of(item["id"]) for item in vector.get("other_items", [])}
    ids |= {"nuts": id_of("nuts"), "one": str(groceries.pk), "two": str(hardware.pk)}

    def with_ids(value: Any) -> Any:
        if isinstance(value, dict):
            keep = {"fields", "name", "shops", "staples", "from", "to", "category"}
            return {key: each if key in keep else with_ids(each) for key, each in value.items()}
        if isinstance(value, list):
            return [with_ids(each) for each in value]
        return ids.get(value, value) if isinstance(value, str) else value

    request = vector["request"]
    path = "/".join(ids.get(part, part) for part in request["path"].split("/"))
    response = send(
        bob_client, request["method"].lower(), f"/api/{path}", with_ids(request["body"])
    )
    assert response.status_code in {200, 201}, response.content
    assert rows(groceries) == expected_rows(vector["items_after"])
    settings = vector.get("settings_after", settings_before)
    assert state(groceries)[0][0] == settings
    is_changed = current_version(groceries) != version
    assert is_changed == (state(groceries, hardware) != before)
    if is_changed:
        fields = Activity.objects.get(list_id=groceries.pk, version=version + 1).summary["fields"]
        assert fields == vector.get("fields", {})
        undo = f"{url_of_list(groceries)}activities/{version + 1}/undo/"
        assert bob_client.post(undo).status_code == 200
        assert state(groceries, hardware) == before
