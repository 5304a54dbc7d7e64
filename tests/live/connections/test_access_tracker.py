"""What a process knows of the access of users, from readings and from messages."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from live.connections.access_tracker import AccessTracker
from live.connections.connection import Connection
from live.connections.identity import Identity
from live.connections.registry import ConnectionRegistry
from live.delivery.access_changes import AccessChanges
from live.delivery.readings import Position

BOB, GROCERIES = 2, UUID(int=7)
AT = Position("epoch", 5, "a" * 16)
TOPIC = f"list:{GROCERIES}"


@pytest.fixture
def sent() -> list[str]:
    return []


@pytest.fixture
def tracker(sent: list[str]) -> AccessTracker:
    """Bob is known at version 5, and one socket is subscribed."""

    async def send(message: dict[str, Any]) -> None:
        sent.append(message.get("text", ""))

    registry = ConnectionRegistry()
    connection = Connection(send, finish=lambda: None)
    registry.add(connection)
    registry.authenticate(
        connection,
        Identity(user_id=BOB, name="Bob", is_staff=False, is_guest=False, lookup_key="k"),
    )
    tracker = AccessTracker(registry, doubt_timeout=4.0)
    tracker.update(BOB, {GROCERIES: AT}, read_at=0.0, informed=connection)
    connection.subscriptions[TOPIC] = 5
    return tracker


def test_subscription_ends_when_membership_is_missing_for_the_doubt_timeout(
    tracker: AccessTracker, sent: list[str]
):
    """LIV-16: the log usually ends it before, after the last change."""
    for read_at in (10.0, 12.0):
        tracker.reconcile([BOB], {}, read_at=read_at, is_thorough=False)
    assert sent == []
    tracker.reconcile([BOB], {}, read_at=14.0, is_thorough=False)
    assert [('"revoked"' in text, '"left"' in text) for text in sent] == [
        (True, False),
        (False, True),
    ]


def test_doubt_ends_when_membership_is_read_again(tracker: AccessTracker, sent: list[str]):
    """LIV-16."""
    tracker.reconcile([BOB], {}, read_at=10.0, is_thorough=False)
    tracker.reconcile([BOB], {(BOB, GROCERIES): AT}, read_at=12.0, is_thorough=False)
    tracker.reconcile([BOB], {}, read_at=14.0, is_thorough=False)
    assert sent == []


@pytest.mark.parametrize(("digest", "is_revoked"), [("a" * 16, False), ("b" * 16, True)])
def test_removal_counts_when_known_access_is_from_another_history(
    tracker: AccessTracker, sent: list[str], digest: str, is_revoked: bool
):
    """LIV-14: the database went back, and another change has the version of the known access."""
    position = Position("epoch", 5, digest)
    tracker.on_access_changed(GROCERIES, position, AccessChanges(removed=(BOB,)))
    assert bool(sent) is is_revoked
    assert tracker.can_view(BOB, GROCERIES) is not is_revoked
