"""Frames that break the protocol fail the test that sees them."""

from __future__ import annotations

from typing import Any

from tests.support.frame_history import FrameHistory, findings, forget, new_history
from trolley_check import digest

TOPIC = "list:8f0c"
ROW = {"id": "8f0c", "name": "Groceries", "members": [], "created_at": "", "created_by": None}


def text(total: int) -> str:
    return digest.as_text(total)


EMPTY = text(digest.of_list(ROW))


def subscribed(version: int) -> dict[str, Any]:
    return {"type": "subscribed", "topic": TOPIC, "version": version, "recovered": False}


def snapshot(version: int, of: str = EMPTY) -> dict[str, Any]:
    position = {"epoch": "e", "version": version, "digest": of}
    return {
        "type": "snapshot",
        "topic": TOPIC,
        "part": 1,
        "parts": 1,
        "list": ROW,
        "items": [],
        **position,
    }


def change(version: int, base: str = EMPTY, of: str = EMPTY) -> dict[str, Any]:
    position = {"epoch": "e", "version": version, "base": base, "digest": of}
    rows: dict[str, Any] = {"items": [], "gone": []}
    return {"type": "change", "topic": TOPIC, "op": None, **rows, **position}


def rules_after(*clients: list[dict[str, Any]]) -> set[str]:
    """Return the rules that are broken after the clients got these frames."""
    forget()
    for frames in clients:
        new_history("test").received(frames)
    rules = {finding.rule for finding in findings()}
    forget()
    return rules


def test_right_frames_have_no_finding():
    """CHK-5"""
    assert rules_after([subscribed(1), snapshot(1), change(2), change(3)]) == set()
    assert rules_after([subscribed(7), change(6), change(7)]) == set()


def test_each_fault_is_noticed():
    """CHK-5"""
    assert rules_after([subscribed(1), snapshot(1), change(3)]) == {"gap"}
    assert rules_after([subscribed(1), snapshot(1), change(2), change(2)]) == {"gap"}
    assert rules_after([subscribed(1), snapshot(1, of="ff")]) == {"digest"}
    assert rules_after([subscribed(1), snapshot(1), change(2, of="ff")]) == {"digest"}
    ended = {"type": "ended", "topic": TOPIC, "reason": "revoked"}
    assert rules_after([subscribed(1), snapshot(1), ended, change(2)]) == {"revoked"}
    other = [subscribed(2), change(2, of="77")]
    assert "order" in rules_after([subscribed(1), snapshot(1), change(2)], other)


def test_what_arrives_before_the_answer_to_a_subscription_is_not_judged():
    """CHK-5"""
    forget()
    history: FrameHistory = new_history("test")
    history.received([subscribed(1), snapshot(1), change(2)])
    history.sent([{"type": "subscribe", "topic": TOPIC}])
    history.received([change(3), subscribed(3), snapshot(3), change(4)])
    assert findings() == []
    forget()
