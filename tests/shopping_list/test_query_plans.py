"""The statements of every request and edit find their rows by an index, on both databases."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from live.connections import identity
from live.delivery import change_log
from shopping_list import overview
from shopping_list.models import Activity, ShoppingList
from tests.shopping_list.api.conftest import current_version, url_of_items, url_of_list

pytestmark = pytest.mark.database
GROWING_TABLES = {
    *("shopping_list_activity", "shopping_list_shoppingitem", "shopping_list_shoppinglist"),
    *("shopping_list_membership", "shopping_list_idempotentresponse", "shopping_list_invite"),
    *("accounts_apitoken", "accounts_user", "accounts_session"),
}


def full_reads(sql: str) -> list[str]:
    """Return the tables that this statement reads whole, as the plan of the database says."""
    if connection.vendor == "sqlite":
        return [table for table in _scans_of_sqlite(sql) if table in GROWING_TABLES]
    return [table for table in _scans_of_postgres(sql) if table in GROWING_TABLES]


def _scans_of_sqlite(sql: str) -> Iterator[str]:
    """A search for the lists that are not deleted finds nearly all of them."""
    tables = {alias: table for table, alias in re.findall(r'"(\w+)" (?:AS )?"?([UVWT]\d+)"?', sql)}
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        for *_, detail in cursor.fetchall():
            match = re.match(r"SCAN (?:TABLE )?(\w+)", detail) or re.match(
                r"SEARCH (?:TABLE )?(\w+) .*\(deleted_at=\?\)", detail
            )
            if match:
                yield tables.get(match[1], match[1])


def _scans_of_postgres(sql: str) -> Iterator[str]:
    """A small table is cheapest to read whole: a plan that does so nevertheless has no index."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}")
        [(plan,)] = cursor.fetchall()
    plan = json.loads(plan) if isinstance(plan, str) else plan
    yield from _whole_relations(plan[0]["Plan"])


def _whole_relations(node: dict[str, Any]) -> Iterator[str]:
    condition = node.get("Index Cond", "(deleted_at IS NULL)")
    is_whole_index = "Index" in node["Node Type"] and condition == "(deleted_at IS NULL)"
    if "Relation Name" in node and (node["Node Type"] == "Seq Scan" or is_whole_index):
        yield node["Relation Name"]
    for child in node.get("Plans", ()):
        yield from _whole_relations(child)


def explained(queries: CaptureQueriesContext) -> dict[str, list[str]]:
    """Return the statements that read a growing table whole."""
    # On PostgreSQL, an edit sends several statements at once; no value here has a semicolon.
    texts = {sql.strip() for query in queries.captured_queries for sql in query["sql"].split(";")}
    reading = [sql for sql in texts if re.match(r"(SELECT|UPDATE|DELETE|WITH)\b", sql)]
    assert reading
    return {sql: tables for sql in reading if (tables := full_reads(sql))}


@pytest.fixture
def long_list(groceries: ShoppingList, hardware: ShoppingList) -> ShoppingList:
    """A list with some rows and changes, so that no table is empty."""
    for number in range(5):
        groceries.items.create(name=f"Item {number}")
        hardware.items.create(name=f"Item {number}")
    return groceries


def test_reading_a_list_uses_indexes(long_list: ShoppingList, token_client: Any, ana: Any) -> None:
    """GRO-1: by a token, which is looked up too."""
    client = token_client(ana)
    item = long_list.items.first()
    for path in (
        *("", "snapshot/", "export/", "activities/", "activities/counts/"),
        *(f"activities/?since={current_version(long_list) - 2}", f"activities/?item={item.pk}"),
    ):
        with CaptureQueriesContext(connection) as queries:
            response = client.get(f"{url_of_list(long_list)}{path}")
        assert response.status_code == 200, path
        assert explained(queries) == {}, path


def test_reading_all_lists_of_a_user_uses_indexes(long_list: ShoppingList, ana_client: Any) -> None:
    """GRO-1"""
    for path in ("shopping-lists/", "suggestions/", "shopping-lists/?deleted=true"):
        with CaptureQueriesContext(connection) as queries:
            response = ana_client.get(f"/api/{path}")
        assert response.status_code == 200, path
        assert explained(queries) == {}, path


def test_edits_use_indexes(long_list: ShoppingList, ana_client: Any) -> None:
    """GRO-1: adding, ticking, renaming, removing and undoing."""
    item = long_list.items.get(name="Item 0")  # not the last one, whose addition is undone
    url = url_of_items(long_list)
    undo = f"{url_of_list(long_list)}activities/{current_version(long_list)}/undo/"
    for call in (
        lambda: ana_client.post(url, {"name": "Milk"}),
        lambda: ana_client.post(url, {"name": "MILK"}),
        lambda: ana_client.patch(f"{url}{item.pk}/", {"purchased": True}),
        lambda: ana_client.patch(f"{url}{item.pk}/", {"name": "Oat milk"}),
        lambda: ana_client.post(undo),
        lambda: ana_client.delete(f"{url}{item.pk}/"),
    ):
        with CaptureQueriesContext(connection) as queries:
            response = call()
        assert response.status_code in {200, 201, 204}, response.content
        assert explained(queries) == {}


@pytest.mark.sqlite_only
def test_reading_the_lists_of_many_users_uses_indexes(long_list: ShoppingList) -> None:
    """GRO-1: what is read every 2 seconds, for all users who are connected.

    PostgreSQL knows how many lists there are, and reads these few whole.
    """
    user_ids, list_ids = range(1, 101), [long_list.pk, *(UUID(int=n) for n in range(100))]
    with CaptureQueriesContext(connection) as queries:
        assert identity.memberships(user_ids)
        assert change_log.list_states(list_ids)
        assert overview.overview_rows(list_ids, {})
    assert explained(queries) == {}


def test_plan_without_an_index_is_noticed(long_list: ShoppingList) -> None:
    """GRO-1: the log has no index on the verb."""
    with CaptureQueriesContext(connection) as queries:
        assert list(Activity.objects.filter(verb="item.added"))
    assert list(explained(queries).values()) == [["shopping_list_activity"]]
