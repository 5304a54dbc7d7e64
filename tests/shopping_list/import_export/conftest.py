"""Helpers of the tests that import and export over REST."""

from __future__ import annotations

import json

from rest.text import clean_text
from shopping_list.models import ShoppingList
from shopping_list.parsing.item_names import comparison_key
from tests.support.row_strategies import FORMULAS, MARKUP, XSS

TEXT = {"format": "text", "content": "2 l milk, oat\nbread\n"}
EMPTY = json.dumps({"format": "trolley", "version": 1, "lists": []})
COLUMNS = ("name", "quantity", "note", "category", "purchased", "purchased_at", "purchased_by")
ALL_COLUMNS = (*COLUMNS, "created_at", "created_by")


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


def current_version(shopping_list):
    return ShoppingList.objects.values_list("version", flat=True).get(pk=shopping_list.pk)


def fill_with_special_items(shopping_list, ana, bob):
    """Fill a list with items that have special names and all combinations of fields."""
    special_texts = {comparison_key(text): clean_text(text) for text in (*FORMULAS, *MARKUP, *XSS)}
    for number, text in enumerate(special_texts.values()):
        fields = {"quantity": text[:50], "note": text, "category": text} if number % 3 else {}
        shopping_list.items.create(name=text, created_by=[ana, bob][number % 2], **fields)
    shopping_list.items.filter(name__in=XSS).update(purchased=True)
    shopping_list.items.filter(name=XSS[0]).update(purchased_by=bob)
