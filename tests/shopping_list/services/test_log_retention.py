"""The log is kept by age and by list, and what reads it says where it begins."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.models import F

from shopping_list.models import Activity, Membership, ShoppingList
from shopping_list.services import list_checks, log_retention
from tests.shopping_list.api.conftest import current_version, url_of_items, url_of_list

pytestmark = pytest.mark.database
MONTH = timedelta(days=31)
YEAR = timedelta(days=365)


def versions(list_id: UUID) -> list[int]:
    log = Activity.objects.filter(list_id=list_id).order_by("version")
    return list(log.values_list("version", flat=True))


def grow_old(*list_ids: UUID) -> None:
    """Make all changes of these lists two years older."""
    Activity.objects.filter(list_id__in=list_ids).update(at=F("at") - 2 * YEAR)


def add_items(shopping_list: ShoppingList, count: int) -> None:
    first = shopping_list.items.count()
    for number in range(first, first + count):
        shopping_list.items.create(name=f"Item {number}")


def delete_old(kept: int, age: timedelta = MONTH) -> int:
    return sum(batch.deleted for batch in log_retention.delete_old(age, kept=kept))


def prune() -> str:
    out = StringIO()
    call_command("prune", stdout=out)
    return out.getvalue()


@pytest.mark.parametrize("batch_size", [1, 500])
def test_old_changes_are_deleted_and_the_newest_of_each_list_stay(
    groceries: ShoppingList, hardware: ShoppingList, monkeypatch: Any, batch_size: int
) -> None:
    """LOG-1"""
    monkeypatch.setattr(log_retention, "BATCH_SIZE", batch_size)
    add_items(groceries, 6)
    add_items(hardware, 2)
    grow_old(groceries.pk, hardware.pk)
    add_items(groceries, 2)
    before, other = versions(groceries.pk), versions(hardware.pk)
    assert delete_old(kept=4) == len(before) - 4 + max(0, len(other) - 4)
    assert versions(groceries.pk) == before[-4:]
    assert versions(hardware.pk) == other[-4:]
    assert delete_old(kept=1) == 2 + min(4, len(other)) - 1, "young changes were deleted"
    assert versions(groceries.pk) == before[-2:]
    assert delete_old(kept=1) == 0


def test_prune_deletes_changes_only_if_the_setting_says_so(
    groceries: ShoppingList, settings: Any, monkeypatch: Any
) -> None:
    """LOG-1"""
    monkeypatch.setattr(log_retention.delete_old, "__kwdefaults__", {"kept": 2})
    add_items(groceries, 4)
    grow_old(groceries.pk)
    before = versions(groceries.pk)
    assert "history" not in prune()
    assert versions(groceries.pk) == before
    settings.HISTORY_DAYS = 1_000
    assert "0 changes deleted from the history." in prune()
    settings.HISTORY_DAYS = 365
    assert f"{len(before) - 2} changes deleted from the history." in prune()
    assert versions(groceries.pk) == before[-2:]


def test_young_changes_and_whole_logs_cannot_be_deleted() -> None:
    """LOG-1"""
    with pytest.raises(ValueError, match="at least 30 days"):
        log_retention.delete_old(timedelta(days=29))
    with pytest.raises(ValueError, match="at least 1"):
        log_retention.delete_old(YEAR, kept=0)


def test_id_of_a_deleted_list_stays_taken(groceries: ShoppingList, ana_client: Any) -> None:
    """LOG-2, API-20"""
    pk, url = groceries.pk, url_of_list(groceries)
    groceries.delete()
    grow_old(pk)
    assert delete_old(kept=1) > 0
    assert len(versions(pk)) == 1
    response = ana_client.put(url, {"name": "Again"})
    assert response.status_code == 409


def test_client_that_is_too_old_is_told_so(groceries: ShoppingList, ana_client: Any) -> None:
    """LOG-3: `base` is null, so the client knows that changes are missing."""
    add_items(groceries, 4)
    grow_old(groceries.pk)
    newest = current_version(groceries)
    delete_old(kept=2)
    url = f"{url_of_list(groceries)}activities/?since="
    caught_up = ana_client.get(f"{url}{newest - 1}").json()
    assert caught_up["base"] is not None
    assert [row["version"] for row in caught_up["results"]] == [newest]
    late = ana_client.get(f"{url}{newest - 3}").json()
    assert late["base"] is None
    assert [row["version"] for row in late["results"]] == [newest - 1, newest]


def test_history_ends_where_the_log_begins(groceries: ShoppingList, ana_client: Any) -> None:
    """LOG-3: the list, its pages and its undo stay right, and what is gone is refused."""
    add_items(groceries, 4)
    grow_old(groceries.pk)
    newest = current_version(groceries)
    delete_old(kept=2)
    url = f"{url_of_list(groceries)}activities/"
    page = ana_client.get(url).json()
    assert [row["version"] for row in page["results"]] == [newest, newest - 1]
    assert page["next"] is None
    item = groceries.items.get(name="Item 0")
    assert ana_client.get(f"{url}?item={item.pk}").json()["results"] == []
    assert ana_client.post(f"{url}{newest - 3}/undo/").status_code == 404
    assert ana_client.post(f"{url}{newest - 3}/put-back/").status_code == 404
    assert ana_client.post(f"{url}{newest}/undo/").status_code == 200
    assert list_checks.differences(groceries.pk) == []


def test_half_of_a_move_is_not_undone_when_the_other_half_was_deleted(
    groceries: ShoppingList, hardware: ShoppingList, ana_client: Any
) -> None:
    """LOG-4"""
    Membership.objects.get_or_create(
        shopping_list=hardware, user=groceries.created_by, defaults={"role": "owner"}
    )
    item = groceries.items.create(name="Nails")
    body = {"items": [str(item.pk)], "list": str(hardware.pk)}
    response = ana_client.post(f"{url_of_items(groceries)}move/", body)
    assert response.status_code == 200, response.json()
    version = current_version(groceries)
    add_items(hardware, 2)
    grow_old(groceries.pk, hardware.pk)
    delete_old(kept=1)
    response = ana_client.post(f"{url_of_list(groceries)}activities/{version}/undo/")
    assert response.status_code == 409
    assert "does not go back so far" in response.json()["detail"]
    assert hardware.items.filter(name="Nails").exists()
    assert not groceries.items.filter(name="Nails").exists()


@pytest.mark.django_db(transaction=True)
def test_writers_write_between_two_batches(groceries: ShoppingList, monkeypatch: Any) -> None:
    """LOG-1: no transaction of the deletion is open while the caller has control."""
    monkeypatch.setattr(log_retention, "BATCH_SIZE", 2)
    add_items(groceries, 6)
    grow_old(groceries.pk)
    batches = log_retention.delete_old(MONTH, kept=1)
    for number, _ in enumerate(batches):
        assert not transaction.get_connection().in_atomic_block
        groceries.items.create(name=f"Between {number}")
    assert groceries.items.filter(name__startswith="Between").count() > 2
    assert list_checks.differences(groceries.pk) == []
