"""The command `prune` deletes expired rows, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.core.management import call_command
from django.utils import timezone

from accounts.attempt_counts import AttemptCount, AttemptCounter
from shopping_list.models import Activity, IdempotentResponse, ShoppingItem, ShoppingList
from shopping_list.services import trash

pytestmark = pytest.mark.database


def prune() -> str:
    output = StringIO()
    call_command("prune", stdout=output)
    return output.getvalue()


def put_in_trash(shopping_list: ShoppingList, *, days: float) -> None:
    shopping_list.deleted_at = timezone.now() - timedelta(days=days)
    shopping_list.save()


def test_prune_deletes_lists_that_cannot_be_restored_any_more(
    groceries: ShoppingList,
    hardware: ShoppingList,
    milk: ShoppingItem,
    signed_in_client: Any,
    ana: Any,
) -> None:
    """API-22: as one change; the id of the list stays in use."""
    put_in_trash(groceries, days=30.01)
    put_in_trash(hardware, days=29.99)
    version = groceries.version
    assert "1 lists" in prune()
    assert list(ShoppingList.objects.all()) == [hardware]
    assert not ShoppingItem.objects.exists()
    activity = Activity.objects.filter(list_id=groceries.pk).latest("version")
    assert (activity.verb, activity.version, activity.actor_name) == (
        "list.deleted",
        version + 1,
        "",
    )
    ana_client = signed_in_client(ana)
    url = f"/api/shopping-lists/{groceries.pk}/"
    assert ana_client.put(url, {"name": "Back"}).status_code == 409
    assert ana_client.post(f"{url}restore/").status_code == 404
    assert ana_client.get(url).status_code == 404
    assert "0 lists" in prune()


def test_purge_keeps_a_list_that_is_restored_meanwhile(
    groceries: ShoppingList, monkeypatch: Any
) -> None:
    """API-22"""
    put_in_trash(groceries, days=31)
    original = trash._delete

    def restore_then_delete(lists: Any) -> int:
        groceries.deleted_at = None
        groceries.save()
        return original(lists)

    monkeypatch.setattr(trash, "_delete", restore_then_delete)
    assert trash.purge() == 0
    assert ShoppingList.objects.not_deleted().filter(pk=groceries.pk).exists()


def store_response(days: float) -> UUID:
    created_at = timezone.now() - timedelta(days=days)
    return IdempotentResponse.objects.create(
        scope="user:1", key=uuid4(), fingerprint="x", at=created_at
    ).key


def test_prune_keeps_idempotent_responses_for_30_days(db: None) -> None:
    """API-8"""
    recent, _old = store_response(29.99), store_response(30.01)
    assert "1 answers" in prune()
    assert [response.key for response in IdempotentResponse.objects.all()] == [recent]


def test_prune_keeps_failed_sign_ins_for_30_days(db: None) -> None:
    """PPL-13: they hold the names that were typed."""
    for days in (29.99, 30.01):
        for model in (AccessAttempt, AccessFailureLog, AccessLog):
            fields = {"failures_since_start": 1} if model is AccessAttempt else {}
            row = model.objects.create(
                username=f"typed {days}", ip_address="198.51.100.7", **fields
            )
            model.objects.filter(pk=row.pk).update(attempt_time=timezone.now() - timedelta(days))
    assert "3 failed sign-ins" in prune()
    assert [row.username for row in AccessAttempt.objects.all()] == ["typed 29.99"]
    assert AccessFailureLog.objects.count() == AccessLog.objects.count() == 1


def test_prune_deletes_expired_counts(db: None) -> None:
    counter = AttemptCounter("links", window=timedelta(minutes=1))
    counter.add("198.51.100.7")
    counter.add("198.51.100.8")
    AttemptCount.objects.filter(key__endswith="7").update(expires_at=timezone.now())
    prune()
    assert [row.key for row in AttemptCount.objects.all()] == ["links:198.51.100.8"]
