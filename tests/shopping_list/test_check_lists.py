"""`check_lists` finds a list whose digest is not that of its rows or its log, and repairs it."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command
from django.db.models import QuerySet

from shopping_list.models import Activity, ShoppingItem, ShoppingList

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def check_lists(**options):
    """Run the command, and return what it prints."""
    output = io.StringIO()
    call_command("check_lists", stdout=output, **options)
    return output.getvalue()


def unrecorded(model):
    """Return a queryset that bypasses the recording, like SQL by hand."""
    return QuerySet(model)


def test_nothing_is_reported_when_all_changes_were_recorded(groceries, hardware, milk, ana):
    """POS-3"""
    milk.purchased = True
    milk.save()
    hardware.delete()
    ana.delete()
    assert check_lists() == "1 lists checked, 0 wrong\n"


@pytest.mark.unrecorded_writes
def test_row_that_was_written_by_hand_is_reported(groceries, hardware, milk):
    """POS-5"""
    unrecorded(ShoppingItem).filter(pk=milk.pk).update(note="by hand")
    output = io.StringIO()
    with pytest.raises(CommandError, match="--repair"):
        call_command("check_lists", stdout=output)
    lines = output.getvalue().splitlines()
    assert lines[0].startswith(f"{groceries.pk} 'Groceries': the rows have the digest ")
    assert lines[1:] == ["2 lists checked, 1 wrong"]


@pytest.mark.unrecorded_writes
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"digest": "0" * 16}, "change 4 does not have the digest"),
        ({"version": 9}, "change 9 does not build on change 3"),
        ({"frame": b"", "version": 4}, None),
    ],
)
def test_change_that_does_not_fit_is_reported(groceries, milk, change, message):
    """POS-5"""
    newest = Activity.objects.filter(list_id=groceries.pk, version=4)
    if message is None:
        newest.delete()
        message = "the newest change is 3"
    else:
        newest.update(**change)
    output = io.StringIO()
    with pytest.raises(CommandError):
        call_command("check_lists", stdout=output)
    assert message in output.getvalue()


def test_repair_sets_digest_and_new_epoch(groceries, milk):
    """POS-5: so no client resumes from what it had before."""
    unrecorded(ShoppingItem).filter(pk=milk.pk).update(note="by hand")
    assert f"{groceries.pk} 'Groceries': repaired\n" in check_lists(repair=True)
    repaired = ShoppingList.objects.get(pk=groceries.pk)
    assert repaired.epoch != groceries.epoch
    assert check_lists() == "1 lists checked, 0 wrong\n"
    repaired.items.create(name="Bread")
    assert check_lists() == "1 lists checked, 0 wrong\n"
