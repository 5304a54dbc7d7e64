"""What is over is removed when somebody says so, and nothing else is."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import call_command
from django.utils import timezone

from shopping_list.models import Activity, IdempotentResponse, ShoppingItem, ShoppingList
from shopping_list.services import trash

pytestmark = pytest.mark.database


def prune() -> str:
    said = StringIO()
    call_command("prune", stdout=said)
    return said.getvalue()


def delete(one: ShoppingList, *, days: float) -> None:
    one.deleted_at = timezone.now() - timedelta(days=days)
    one.save()


def test_lists_that_cannot_be_restored_are_deleted_for_good(
    groceries: ShoppingList,
    hardware: ShoppingList,
    milk: ShoppingItem,
    signed_in_client: Any,
    ana: Any,
) -> None:
    """API-22: as one change, under an id that stays taken."""
    delete(groceries, days=30.01)
    delete(hardware, days=29.99)
    version = groceries.version
    assert "1 lists" in prune()
    assert list(ShoppingList.objects.all()) == [hardware]
    assert not ShoppingItem.objects.exists()
    last = Activity.objects.filter(list_id=groceries.pk).latest("version")
    assert (last.verb, last.version, last.actor_name) == ("list.deleted", version + 1, "")
    ana_client = signed_in_client(ana)
    at = f"/api/shopping-lists/{groceries.pk}/"
    assert ana_client.put(at, {"name": "Back"}).status_code == 409
    assert ana_client.post(f"{at}restore/").status_code == 404
    assert ana_client.get(at).status_code == 404
    assert "0 lists" in prune()


def test_a_list_that_is_restored_meanwhile_stays(groceries: ShoppingList, monkeypatch: Any) -> None:
    """API-22"""
    delete(groceries, days=31)
    look_again = trash._delete

    def restored_first(lists: Any) -> int:
        groceries.deleted_at = None
        groceries.save()
        return look_again(lists)

    monkeypatch.setattr(trash, "_delete", restored_first)
    assert trash.purge() == 0
    assert ShoppingList.objects.not_deleted().filter(pk=groceries.pk).exists()


def kept(days: float) -> UUID:
    at = timezone.now() - timedelta(days=days)
    return IdempotentResponse.objects.create(
        scope="user:1", key=uuid4(), fingerprint="x", at=at
    ).key


def test_answers_are_kept_for_thirty_days(db: None) -> None:
    """API-8"""
    young, _old = kept(29.99), kept(30.01)
    assert "1 answers" in prune()
    assert [one.key for one in IdempotentResponse.objects.all()] == [young]
