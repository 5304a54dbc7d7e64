"""What is new for the subscribers of all their lists."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from live.delivery.published_lists import PublishedLists
from live.protocol.frames import MAX_ACTIVITY_ENTRIES
from shopping_list.overview_values import LoggedEntry
from shopping_list.rows import ActivityEntry, ActivitySummary, OverviewRow

LIST, OTHER = UUID(int=1), UUID(int=2)
AT = datetime(2026, 11, 26, tzinfo=UTC)
SUMMARY = ActivitySummary(items=1, members=0, list_changed=False, names=("Milk",), fields={})


def row(version, *, list_id=LIST, epoch="e", digest=None, **fields):
    return OverviewRow(
        id=list_id,
        name=fields.pop("name", "Groceries"),
        last_interaction=AT + timedelta(seconds=version),
        created_at=AT,
        created_by=None,
        members=(),
        epoch=epoch,
        version=version,
        digest=digest or f"d{version}",
        items_open=0,
        items_total=0,
        **fields,
    )


def entries(*versions, base=None):
    """Return the entries of a history in which the digest of version n is dn."""
    return [
        LoggedEntry(
            ActivityEntry(
                list=LIST,
                epoch="e",
                version=version,
                at=AT,
                actor=None,
                verb="item.added",
                summary=SUMMARY,
            ),
            base or f"d{version - 1}",
        )
        for version in versions
    ]


@pytest.fixture
def published():
    lists = PublishedLists()
    lists.apply(row(3), [])
    return lists


def test_first_row_is_news_without_entries():
    news = PublishedLists().apply(row(3), [])
    assert (news.row.row.version, news.entries, news.is_rewritten) == (3, (), False)


def test_same_row_is_no_news(published):
    """LIV-42"""
    assert published.apply(row(3), []) == (None, (), False)


def test_row_is_news_when_only_a_name_of_a_user_changed(published):
    renamed = msgspec.structs.replace(row(3), name="Other")
    news = published.apply(renamed, [])
    assert (news.row.row, news.is_rewritten) == (renamed, False)


def test_entries_that_lead_to_the_row_are_news(published):
    """LIV-46"""
    news = published.apply(row(5), entries(4, 5))
    assert [entry.version for entry in news.entries] == [4, 5]
    assert not news.is_rewritten
    assert published.position(LIST) == ("e", 5, "d5")


@pytest.mark.parametrize(
    ("new_row", "new_entries"),
    [
        (row(2), []),
        (row(3, digest="other"), []),
        (row(4), entries(4, base="other")),
        (row(5), entries(5)),
        (row(4, epoch="f"), entries(4)),
        (row(4 + MAX_ACTIVITY_ENTRIES), []),
    ],
    ids=["older", "other rows", "other past", "gap in the log", "other epoch", "too many"],
)
def test_history_is_rewritten_when_the_entries_do_not_lead_to_the_row(
    published, new_row, new_entries
):
    """LIV-44"""
    news = published.apply(new_row, new_entries)
    assert news.is_rewritten
    assert news.row.row == new_row


def test_unsent_versions_are_those_between_the_rows(published):
    """LIV-46"""
    newer = {LIST: row(5), OTHER: row(9, list_id=OTHER)}
    assert published.unsent_versions(newer) == {LIST: (3, 5)}
    assert published.unsent_versions({LIST: row(3)}) == {}
    assert published.unsent_versions({LIST: row(2)}) == {}
    assert published.unsent_versions({LIST: row(4 + MAX_ACTIVITY_ENTRIES)}) == {}


def test_lists_come_with_the_newest_interaction_first(published):
    published.apply(row(9, list_id=OTHER), [])
    assert [each.row.id for each in published.newest_first([LIST, OTHER, UUID(int=3)])] == [
        OTHER,
        LIST,
    ]
    published.retain({LIST})
    assert OTHER not in published
    published.remove(LIST)
    assert published.newest_first([LIST, OTHER]) == []
