"""A rollback leaves no trace: no version, no log entry, no frame and no gap."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models.signals import post_save
from django.db.transaction import TransactionManagementError

from shopping_list.models import Activity, ShoppingItem, ShoppingList
from shopping_list.recording import actor, bookkeeping, context, locking, unit_of_work
from shopping_list.recording.locking import ConflictError

pytestmark = [pytest.mark.database, pytest.mark.django_db]


class RollbackError(Exception):
    """Raised to roll a block back."""


@contextmanager
def rolled_back(block):
    """Leave the block with an exception, which is suppressed here."""
    with suppress(RollbackError), block:
        yield
        raise RollbackError


def test_rolled_back_transaction_records_nothing(groceries, milk, recorded_changes):
    """REC-18"""
    with recorded_changes(groceries) as recorded:
        with rolled_back(transaction.atomic()):
            groceries.items.create(name="Bread")
            milk.delete()
        groceries.items.create(name="Salt")
    assert recorded.only_change.items[0].name == "Salt"


def test_rolled_back_savepoint_records_nothing(groceries, milk, recorded_changes):
    """REC-18"""
    with recorded_changes(groceries) as recorded, transaction.atomic():
        groceries.items.create(name="Bread")
        with rolled_back(transaction.atomic()):
            groceries.items.create(name="Salt")
        groceries.items.create(name="Beer")
    assert [change.items[0].name for change in recorded.all] == ["Bread", "Beer"]


def test_savepoint_rolled_back_inside_a_recording_records_nothing(
    groceries, milk, recorded_changes
):
    """REC-18"""
    milk_id = milk.pk
    with recorded_changes(groceries) as recorded, context.recording(groceries.pk):
        bread = groceries.items.create(name="Bread")
        with rolled_back(transaction.atomic()):
            milk.delete()
            bread.note = "never"
            bread.save()
            groceries.items.create(name="Salt")
            groceries.members.clear()
            groceries.name = "Never"
            groceries.save()
    assert recorded.only_change.verb == "item.added"
    assert [(row.name, row.note) for row in recorded.only_change.items] == [("Bread", "")]
    assert ShoppingItem.objects.filter(pk=milk_id).exists()


def test_manually_rolled_back_savepoint_records_nothing(groceries, milk, recorded_changes):
    """REC-18"""
    with recorded_changes(groceries) as recorded, context.recording(groceries.pk):
        savepoint_id = transaction.savepoint()
        milk.note = "never"
        milk.save()
        transaction.savepoint_rollback(savepoint_id)
    assert not recorded.all


def test_list_created_in_a_rolled_back_savepoint_is_not_recorded(groceries, recorded_changes):
    """REC-18"""
    count = Activity.objects.count()
    with recorded_changes(groceries) as recorded, context.recording():
        with rolled_back(transaction.atomic()):
            ShoppingList.objects.create(name="Never").items.create(name="x")
        groceries.items.create(name="Milk")
    assert recorded.only_change.verb == "item.added"
    assert Activity.objects.count() == count + 1


def test_rolled_back_change_runs_no_commit_hook(
    groceries, recorded_changes, django_capture_on_commit_callbacks
):
    """REC-18"""
    sent = []

    def send_on_commit(instance, **_):
        transaction.on_commit(lambda: sent.append(instance.version))

    post_save.connect(send_on_commit, Activity)
    try:
        with (
            django_capture_on_commit_callbacks(execute=True),
            recorded_changes(groceries) as recorded,
        ):
            with rolled_back(transaction.atomic()):
                groceries.items.create(name="Bread")
            with transaction.atomic():
                groceries.items.create(name="Salt")
    finally:
        post_save.disconnect(send_on_commit, Activity)
    assert sent == [recorded.only_change.version]


def test_integrity_error_in_a_savepoint_records_nothing(groceries, milk, recorded_changes):
    """REC-18"""
    with recorded_changes(groceries) as recorded, context.recording(groceries.pk):
        with pytest.raises(IntegrityError), transaction.atomic():
            groceries.items.create(name="MILK")
        milk.quantity = "2 l"
        milk.save()
    assert recorded.only_change.verb == "item.edited"


def test_integrity_error_without_a_savepoint_rolls_everything_back(
    groceries, milk, recorded_changes
):
    """REC-18"""

    def write_without_savepoint():
        with context.recording(groceries.pk):
            groceries.items.create(name="Bread")
            with pytest.raises(IntegrityError):
                groceries.items.create(name="milk ")

    with recorded_changes(groceries) as recorded, pytest.raises(TransactionManagementError):
        write_without_savepoint()
    assert not recorded.all


def test_nested_recordings_are_one_change(groceries, recorded_changes):
    """REC-19"""
    with recorded_changes(groceries) as recorded, context.recording(groceries.pk) as outer:
        groceries.items.create(name="Milk")
        with context.recording(groceries.pk) as inner:
            groceries.items.create(name="Bread")
        assert inner is outer
    assert recorded.only_change.verb == "items.added"
    assert context.current() is None


def test_verb_of_a_nested_recording_is_used_when_the_outer_has_none(groceries, recorded_changes):
    """REC-19"""
    undo = partial(context.recording, groceries.pk, verb="undo")
    with (
        recorded_changes(groceries) as recorded,
        context.recording(groceries.pk),
        undo(undoes=1),
    ):
        groceries.items.create(name="Milk")
    assert recorded.only_change.verb == "undo"
    with (
        recorded_changes(groceries) as recorded,
        context.recording(verb="items.moved"),
        undo(),
    ):
        groceries.items.create(name="Bread")
    assert recorded.only_change.verb == "items.moved"


def test_writes_of_a_failed_nested_recording_stay_when_the_error_is_caught(
    groceries, recorded_changes
):
    """REC-19: a nested recording has no savepoint, so its rows stay and must be recorded."""
    with recorded_changes(groceries) as recorded, context.recording(groceries.pk):
        with rolled_back(context.recording(groceries.pk)):
            groceries.items.create(name="Milk")
        groceries.items.create(name="Bread")
    assert {row.name for row in recorded.only_change.items} == {"Milk", "Bread"}


def test_exception_ends_a_recording(groceries, milk, recorded_changes):
    """REC-18"""
    with recorded_changes(groceries) as recorded:
        with rolled_back(context.recording(groceries.pk)):
            milk.delete()
        assert context.current() is None
    assert not recorded.all


def test_operation_of_a_rolled_back_change_is_recorded_on_the_next(groceries, recorded_changes):
    """REC-17, REC-18"""
    with recorded_changes(groceries) as recorded, actor.acting_as(None, groceries.pk):
        with rolled_back(transaction.atomic()):
            groceries.items.create(name="Bread")
        groceries.items.create(name="Salt")
    assert recorded.only_change.op == str(groceries.pk)


def test_list_changed_under_its_lock_raises_conflict_error(groceries, milk, recorded_changes):
    """REC-20"""
    milk.note = "new"

    def write_under_a_lost_lock():
        with context.recording(groceries.pk):
            milk.save()
            bookkeeping._unrecorded(ShoppingList).filter(pk=groceries.pk).update(version=77)

    with recorded_changes(groceries) as recorded, pytest.raises(ConflictError):
        write_under_a_lost_lock()
    assert not recorded.all


def test_list_created_after_the_lookup_raises_conflict_error(groceries, monkeypatch):
    """REC-20: the row could not be locked, so its version is unknown."""
    monkeypatch.setattr(locking, "_locked_rows", lambda *_: iter(()))
    with pytest.raises(ConflictError):
        groceries.items.create(name="Milk")
    assert not ShoppingItem.objects.exists()


@pytest.mark.unrecorded_writes
def test_item_moved_while_its_lists_are_locked_is_followed(
    groceries, hardware, milk, recorded_changes, monkeypatch
):
    """REC-7, REC-20"""
    third = ShoppingList.objects.create(name="Third")
    moves = [hardware.pk, third.pk]
    original = unit_of_work.UnitOfWork.lock

    def lock(unit, lists, reading=()):
        """Simulate another writer that moves the item just before this lock is taken."""
        if moves:
            list_id = moves.pop(0)
            bookkeeping._unrecorded(ShoppingItem).filter(pk=milk.pk).update(
                shopping_list_id=list_id
            )
        original(unit, lists, reading)

    monkeypatch.setattr(unit_of_work.UnitOfWork, "lock", lock)
    milk.delete()
    assert Activity.objects.latest("pk").list_id == third.pk


@pytest.mark.django_db(transaction=True)
def test_threads_do_not_share_a_recording(groceries):
    """REC-19"""
    inside, checked = threading.Event(), threading.Event()

    def read_current():
        inside.wait(10)
        current = context.current()
        checked.set()
        connection.close()
        return current

    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(read_current)
        with context.recording(groceries.pk):
            inside.set()
            checked.wait(10)
        assert result.result() is None
