"""What is rolled back never happened: no version, no log, no frame, no gap."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models.signals import post_save
from django.db.transaction import TransactionManagementError

from shopping_list.models import Activity, ShoppingItem, ShoppingList
from shopping_list.recording import actor, unit_of_work
from shopping_list.recording.unit_of_work import ConflictError

pytestmark = [pytest.mark.database, pytest.mark.django_db]


class StopError(Exception):
    """Ends a block of the test."""


@contextmanager
def rolled_back(block):
    """Leave the block by an exception, which ends here."""
    with suppress(StopError), block:
        yield
        raise StopError


def test_a_rolled_back_transaction_leaves_nothing(groceries, milk, recorded_changes):
    """REC-18"""
    with recorded_changes(groceries) as seen:
        with rolled_back(transaction.atomic()):
            groceries.items.create(name="Bread")
            milk.delete()
        groceries.items.create(name="Salt")
    assert seen.one.items[0].name == "Salt"


def test_a_rolled_back_savepoint_leaves_nothing(groceries, milk, recorded_changes):
    """REC-18"""
    with recorded_changes(groceries) as seen, transaction.atomic():
        groceries.items.create(name="Bread")
        with rolled_back(transaction.atomic()):
            groceries.items.create(name="Salt")
        groceries.items.create(name="Beer")
    assert [change.items[0].name for change in seen.all] == ["Bread", "Beer"]


def test_a_savepoint_rolled_back_inside_a_recording_leaves_nothing(
    groceries, milk, recorded_changes
):
    """REC-18"""
    milk_id = milk.pk
    with recorded_changes(groceries) as seen, unit_of_work.recording(groceries.pk):
        bread = groceries.items.create(name="Bread")
        with rolled_back(transaction.atomic()):
            milk.delete()
            bread.note = "never"
            bread.save()
            groceries.items.create(name="Salt")
            groceries.members.clear()
            groceries.name = "Never"
            groceries.save()
    assert seen.one.verb == "item.added"
    assert [(row.name, row.note) for row in seen.one.items] == [("Bread", "")]
    assert ShoppingItem.objects.filter(pk=milk_id).exists()


def test_a_savepoint_rolled_back_by_hand_leaves_nothing(groceries, milk, recorded_changes):
    """REC-18"""
    with recorded_changes(groceries) as seen, unit_of_work.recording(groceries.pk):
        mark = transaction.savepoint()
        milk.note = "never"
        milk.save()
        transaction.savepoint_rollback(mark)
    assert not seen.all


def test_a_list_made_in_a_rolled_back_savepoint_was_never_made(groceries, recorded_changes):
    """REC-18"""
    count = Activity.objects.count()
    with recorded_changes(groceries) as seen, unit_of_work.recording():
        with rolled_back(transaction.atomic()):
            ShoppingList.objects.create(name="Never").items.create(name="x")
        groceries.items.create(name="Milk")
    assert seen.one.verb == "item.added"
    assert Activity.objects.count() == count + 1


def test_nothing_is_sent_of_what_is_rolled_back(
    groceries, recorded_changes, django_capture_on_commit_callbacks
):
    """REC-18"""
    sent = []

    def tell(instance, **_):
        transaction.on_commit(lambda: sent.append(instance.version))

    post_save.connect(tell, Activity)
    try:
        with django_capture_on_commit_callbacks(execute=True), recorded_changes(groceries) as seen:
            with rolled_back(transaction.atomic()):
                groceries.items.create(name="Bread")
            with transaction.atomic():
                groceries.items.create(name="Salt")
    finally:
        post_save.disconnect(tell, Activity)
    assert sent == [seen.one.version]


def test_a_refused_row_caught_in_a_savepoint_leaves_nothing(groceries, milk, recorded_changes):
    """REC-18"""
    with recorded_changes(groceries) as seen, unit_of_work.recording(groceries.pk):
        with pytest.raises(IntegrityError), transaction.atomic():
            groceries.items.create(name="MILK")
        milk.quantity = "2 l"
        milk.save()
    assert seen.one.verb == "item.edited"


def test_a_refused_row_caught_without_a_savepoint_takes_all_with_it(
    groceries, milk, recorded_changes
):
    """REC-18"""

    def careless():
        with unit_of_work.recording(groceries.pk):
            groceries.items.create(name="Bread")
            with pytest.raises(IntegrityError):
                groceries.items.create(name="milk ")

    with recorded_changes(groceries) as seen, pytest.raises(TransactionManagementError):
        careless()
    assert not seen.all


def test_recordings_inside_one_another_are_one_change(groceries, recorded_changes):
    """REC-19"""
    with recorded_changes(groceries) as seen, unit_of_work.recording(groceries.pk) as outer:
        groceries.items.create(name="Milk")
        with unit_of_work.recording(groceries.pk) as inner:
            groceries.items.create(name="Bread")
        assert inner is outer
    assert seen.one.verb == "items.added"
    assert unit_of_work.current() is None


def test_the_verb_of_a_joined_recording_is_used_if_there_is_no_other(groceries, recorded_changes):
    """REC-19"""
    undo = partial(unit_of_work.recording, groceries.pk, verb="undo")
    with recorded_changes(groceries) as seen, unit_of_work.recording(groceries.pk), undo(undoes=1):
        groceries.items.create(name="Milk")
    assert seen.one.verb == "undo"
    with recorded_changes(groceries) as seen, unit_of_work.recording(verb="items.moved"), undo():
        groceries.items.create(name="Bread")
    assert seen.one.verb == "items.moved"


def test_what_a_joined_recording_wrote_before_its_exception_is_recorded_if_that_is_caught(
    groceries, recorded_changes
):
    """REC-19: it has no savepoint of its own, so the rows stay, and the log is right."""
    with recorded_changes(groceries) as seen, unit_of_work.recording(groceries.pk):
        with rolled_back(unit_of_work.recording(groceries.pk)):
            groceries.items.create(name="Milk")
        groceries.items.create(name="Bread")
    assert {row.name for row in seen.one.items} == {"Milk", "Bread"}


def test_an_exception_out_of_a_recording_ends_it(groceries, milk, recorded_changes):
    """REC-18"""
    with recorded_changes(groceries) as seen:
        with rolled_back(unit_of_work.recording(groceries.pk)):
            milk.delete()
        assert unit_of_work.current() is None
    assert not seen.all


def test_an_operation_whose_change_was_rolled_back_names_the_next_one(groceries, recorded_changes):
    """REC-17, REC-18"""
    with recorded_changes(groceries) as seen, actor.acting_as(None, groceries.pk):
        with rolled_back(transaction.atomic()):
            groceries.items.create(name="Bread")
        groceries.items.create(name="Salt")
    assert seen.one.op == str(groceries.pk)


def test_a_list_that_moved_under_its_lock_is_a_conflict(groceries, milk, recorded_changes):
    """REC-20"""
    milk.note = "new"

    def write_under_a_lost_lock():
        with unit_of_work.recording(groceries.pk):
            milk.save()
            unit_of_work._unrecorded(ShoppingList).filter(pk=groceries.pk).update(version=77)

    with recorded_changes(groceries) as seen, pytest.raises(ConflictError):
        write_under_a_lost_lock()
    assert not seen.all


def test_a_list_that_was_made_after_it_was_looked_for_is_a_conflict(groceries, monkeypatch):
    """REC-20: its lock could not be taken, so its version is not known."""
    monkeypatch.setattr(unit_of_work, "_locked_rows", lambda *_: iter(()))
    with pytest.raises(ConflictError):
        groceries.items.create(name="Milk")
    assert not ShoppingItem.objects.exists()


def test_an_item_that_keeps_moving_while_its_lists_are_locked_is_followed(
    groceries, hardware, milk, recorded_changes, monkeypatch
):
    """REC-7, REC-20"""
    third = ShoppingList.objects.create(name="Third")
    moves = [hardware.pk, third.pk]
    plain = unit_of_work.UnitOfWork.lock

    def lock(unit, lists):
        """Another writer moves the item on just before this lock is taken."""
        if moves:
            to = moves.pop(0)
            unit_of_work._unrecorded(ShoppingItem).filter(pk=milk.pk).update(shopping_list_id=to)
        plain(unit, lists)

    monkeypatch.setattr(unit_of_work.UnitOfWork, "lock", lock)
    milk.delete()
    assert Activity.objects.latest("pk").list_id == third.pk


@pytest.mark.django_db(transaction=True)
def test_threads_do_not_share_a_recording(groceries):
    """REC-19"""
    inside, checked = threading.Event(), threading.Event()

    def other():
        inside.wait(10)
        seen = unit_of_work.current()
        checked.set()
        connection.close()
        return seen

    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(other)
        with unit_of_work.recording(groceries.pk):
            inside.set()
            checked.wait(10)
        assert result.result() is None
