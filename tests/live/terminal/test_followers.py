"""What the views of the terminal write and ask for, frame by frame."""

from __future__ import annotations

import json
from typing import Any

import pytest

from live.protocol.examples import FRAMES
from live.terminal.activity_follower import MISSED, ActivityFollower
from live.terminal.dashboard_follower import NO_FIGURES, DashboardFollower
from live.terminal.dashboard_screen import Size, screen
from live.terminal.follower import FollowingEndedError
from live.terminal.list_follower import DELETED, READ_AGAIN, ListFollower
from live.terminal.text import clipped, printable, sparkline, width
from shopping_list.rows import encode

LIST_ID = "8f0e1d2c-3b4a-4958-8776-655443322110"
ANA = {"id": 3, "name": "Ana"}


def example(kind: str) -> dict[str, Any]:
    """Return the documented example of a frame."""
    frames = (json.loads(encode(frame)) for frame in FRAMES)
    return next(frame for frame in frames if frame["type"] == kind)


def entry(version: int, verb: str = "item.ticked", names: tuple[str, ...] = ("Milk",)) -> Any:
    summary = {"items": len(names), "members": 0, "names": list(names)}
    return {
        "list": LIST_ID,
        "epoch": "e",
        "version": version,
        "at": "2026-11-22T10:00:00Z",
        "actor": ANA,
        "verb": verb,
        "summary": summary,
    }


def row(version: int) -> dict[str, Any]:
    return {"type": "activity", "topic": "activity", "entry": entry(version)}


class Output:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.notes: list[str] = []

    def activity(self, *, is_json: bool = False, backlog: int = 10) -> ActivityFollower:
        return ActivityFollower(
            write=self.lines.append, note=self.notes.append, is_json=is_json, backlog=backlog
        )

    def of_list(self, wanted: str = LIST_ID, *, is_json: bool = False) -> ListFollower:
        return ListFollower(
            wanted, write=self.lines.append, note=self.notes.append, is_json=is_json
        )


def give(follower: Any, frame: dict[str, Any]) -> list[dict[str, Any]]:
    return list(follower.on_frame(frame, json.dumps(frame)))


def newest(*versions: int) -> dict[str, Any]:
    entries = [entry(version) for version in sorted(versions, reverse=True)]
    return {"type": "activities", "topic": "activity", "entries": entries}


def test_each_change_is_written_once_when_the_server_repeats_the_newest() -> None:
    """TRM-3"""
    output = Output()
    follower = output.activity(backlog=2)
    give(follower, {"type": "lists", "lists": [{"id": LIST_ID, "name": "Groceries"}]})
    give(follower, newest(1, 2, 3))
    give(follower, row(4))
    follower.on_disconnect("restarting")
    give(follower, newest(3, 4, 5))
    assert [line.partition("  ")[2] for line in output.lines] == ["Ana ticked Milk · Groceries"] * 4
    assert output.notes == ["Not connected: restarting. Trying again."]
    give(follower, newest(90, 91))
    assert output.notes[1:] == [MISSED.format(2)]


def test_line_has_no_control_characters() -> None:
    """TRM-4: the name of an item must not move the cursor or reverse the text."""
    output = Output()
    follower = output.activity()
    frame = {**row(1), "entry": entry(1, names=("\x1b[2JMi\u202elk\r\n", "Eggs"))}
    give(follower, frame)
    assert output.lines[0].endswith(f"Ana ticked [2JMilk and Eggs · {LIST_ID}")
    assert printable("Käse 🧀") == "Käse 🧀"


def snapshot(version: int) -> dict[str, Any]:
    row = {"id": LIST_ID, "name": "Groceries", "members": [{**ANA, "role": "owner"}]}
    items = [{"id": "i1", "name": "Milk"}]
    position = {"epoch": "e", "version": version, "digest": f"d{version}"}
    return {"type": "snapshot", "part": 1, "parts": 1, "list": row, "items": items, **position}


def change(version: int, verb: str = "item.ticked", **fields: Any) -> dict[str, Any]:
    position = {"epoch": "e", "version": version, "base": f"d{version - 1}"}
    position["digest"] = f"d{version}"
    at = {"at": "2026-11-22T10:00:00Z", "actor": ANA, "op": None, "verb": verb}
    return {"type": "change", **position, **at, "items": [], "gone": [], **fields}


def test_list_is_resumed_from_the_last_written_change() -> None:
    """TRM-3"""
    output = Output()
    follower = output.of_list()
    topic = f"list:{LIST_ID}"
    assert list(follower.on_welcome({})) == [{"type": "subscribe", "topic": topic}]
    give(follower, snapshot(7))
    give(follower, change(8, "item.removed", gone=["i1"]))
    resume = {"type": "subscribe", "topic": topic, "since": 8, "epoch": "e", "digest": "d8"}
    assert list(follower.on_welcome({})) == [resume]
    assert give(follower, change(8)) == []  # it has this one
    assert give(follower, change(10)) == [resume]  # it has not the one before
    assert give(follower, {**change(9), "base": "other"}) == [resume]
    assert give(follower, {**change(9), "epoch": "f"}) == []
    give(follower, change(9, items=[{"id": "i2", "name": "Eggs"}]))
    assert [line.partition("  ")[2] for line in output.lines] == [
        "Ana removed Milk · Groceries",
        "Ana ticked Eggs · Groceries",
    ]
    give(follower, snapshot(20))
    assert output.notes == [READ_AGAIN]


def test_list_is_looked_up_by_its_name() -> None:
    """TRM-3"""
    follower = Output().of_list("groceries")
    assert [frame["topic"] for frame in follower.on_welcome({})] == ["lists"]
    rows = [{"id": LIST_ID, "name": "Groceries"}]
    answers = give(follower, {"type": "lists", "part": 1, "parts": 1, "lists": rows})
    assert [(frame["type"], frame["topic"]) for frame in answers] == [
        ("unsubscribe", "lists"),
        ("subscribe", f"list:{LIST_ID}"),
    ]
    other = Output().of_list("groceries")
    list(other.on_welcome({}))
    twins = [*rows, {"id": "1" * 32, "name": "GROCERIES"}]
    with pytest.raises(FollowingEndedError, match="several lists"):
        give(other, {"type": "lists", "part": 1, "parts": 1, "lists": twins})


def test_json_has_the_frames_of_the_list_as_they_came() -> None:
    """TRM-3"""
    output = Output()
    follower = output.of_list(is_json=True)
    give(follower, {"type": "presence", "topic": "list"})
    sent = [snapshot(7), change(8), {"type": "ended", "topic": "list", "reason": "deleted"}]
    for frame in sent[:2]:
        give(follower, frame)
    with pytest.raises(FollowingEndedError, match=DELETED):
        give(follower, sent[2])
    assert [json.loads(line) for line in output.lines] == sent
    assert not any("\n" in line for line in output.lines)


def figures() -> DashboardFollower:
    """Return the documented examples as figures."""
    follower = DashboardFollower(lambda: 0.0, lambda: None)
    list(follower.on_welcome({"server": "1.0.0"}))
    for kind in ("sample", "signals"):
        give(follower, example(kind))
    return follower


@pytest.mark.parametrize("size", [Size(80, 24), Size(120, 40), Size(40, 10), Size(20, 3)])
def test_screen_fits_the_terminal(size: Size) -> None:
    """TRM-1"""
    lines = screen(figures(), "http://127.0.0.1:8000", size, "q quit")
    assert len(lines) == size.rows
    assert max(width(line.text) for line in lines) <= size.columns
    assert lines[-1].text == "q quit"


def test_screen_says_that_figures_are_old_when_the_connection_is_lost() -> None:
    """TRM-1"""
    follower = figures()
    follower.on_disconnect("restarting")
    texts = [line.text for line in screen(follower, "u", Size(100, 24))]
    assert texts[1] == "Not connected: restarting. Trying again; the figures are old."
    assert any("started" in text for text in texts)


def test_screen_begins_with_the_verdict_if_the_server_has_one() -> None:
    """TRM-1"""
    follower = figures()
    verdict = {"type": "verdict", "topic": "verdict", "state": "ok", "sentence": "All well."}
    give(follower, verdict)
    assert screen(follower, "u", Size(80, 24))[1].text == "All well."
    worse = {**verdict, "topic": "ops:verdict", "state": "critical", "sentence": "It is down."}
    give(follower, worse)
    assert screen(follower, "u", Size(80, 24))[1].text == "!! It is down."


def test_token_without_figures_is_refused() -> None:
    """TRM-2"""
    follower = figures()
    with pytest.raises(FollowingEndedError, match=NO_FIGURES):
        give(follower, {"type": "error", "code": "not_found", "id": 1})
    give(follower, {"type": "error", "code": "not_found", "id": 3})  # no verdict: an older server


def test_text_is_measured_in_columns() -> None:
    assert width("牛乳 e\u0301") == 6
    assert clipped("牛乳とパン", 6) == "牛乳…"
    assert sparkline([0, 5, 10], 2) == "▅█"
