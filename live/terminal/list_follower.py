"""Follows one list from position to position, as docs/protocol.md requires. It does no I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from live.protocol.topics import LISTS
from live.terminal.change_text import NOBODY, ChangeSummary, change_line
from live.terminal.follower import FollowingEndedError, Frame
from shopping_list.rows import topic_of

READ_AGAIN = "The list was read again: changes since the last line are not shown."
DELETED = "the list was deleted"
NO_LIST = "there is no list {}, or this user is no member of it"


class ListFollower:
    """Writes a line for each change of one list, in order and each once (Follower).

    `wanted` is the id or the name of the list. `write` gets lines for the standard output,
    `note` lines about the connection. With `is_json`, `write` gets the frames of the list
    as they came.
    """

    def __init__(
        self,
        wanted: str,
        *,
        write: Callable[[str], object],
        note: Callable[[str], object],
        is_json: bool,
    ) -> None:
        self._wanted = wanted
        self._write, self._note, self._is_json = write, note, is_json
        self._list_id = _canonical_id(wanted)
        self._rows: list[Frame] = []
        self._position: dict[str, Any] = {}
        self._list_name = ""
        self._members: dict[int, Frame] = {}
        self._item_names: dict[str, str] = {}

    def on_welcome(self, welcome: Frame) -> Iterable[Frame]:
        """Subscribe to the list, or first to all lists if only its name is known."""
        if self._list_id is None:
            self._rows = []
            return [{"type": "subscribe", "topic": LISTS}]
        return [self._subscription()]

    def on_frame(self, frame: Frame, text: str) -> Iterable[Frame]:
        """Write a change that is the next one; ask for what is missing."""
        match frame:
            case {"type": "lists"} if self._list_id is None:
                return self._on_lists(frame)
            case {"type": "snapshot"}:
                self._on_snapshot(frame, text)
            case {"type": "change"}:
                return self._on_change(frame, text)
            case {"type": "ended", "reason": reason}:
                self._write_json(text)
                if reason == "deleted":
                    raise FollowingEndedError(DELETED)
                return [self._subscription()]  # a lowered role: the list may still be viewed
            case {"type": "error", "code": "not_found"}:
                raise FollowingEndedError(NO_LIST.format(self._wanted))
            case {"type": "error", "code": "unavailable", "message": message}:
                self._note(f"The list is not available: {message}.")
        return ()

    def on_disconnect(self, reason: str) -> None:
        """Say that changes may come later."""
        self._note(f"Not connected: {reason}. Trying again.")

    def _subscription(self) -> Frame:
        assert self._list_id is not None
        return {"type": "subscribe", "topic": topic_of(self._list_id), **self._position}

    def _on_lists(self, frame: Frame) -> Iterable[Frame]:
        self._rows += frame["lists"]
        if frame["part"] < frame["parts"]:
            return ()
        name = self._wanted.casefold()
        ids = [row["id"] for row in self._rows if row["name"].casefold() == name]
        if len(ids) != 1:
            several = f"several lists are called {self._wanted}: use an id ({', '.join(ids)})"
            raise FollowingEndedError(several if ids else NO_LIST.format(self._wanted))
        self._list_id = ids[0]
        return [{"type": "unsubscribe", "topic": LISTS}, self._subscription()]

    def _on_snapshot(self, frame: Frame, text: str) -> None:
        self._write_json(text)
        if frame["part"] == 1:
            if self._position and not self._is_json:
                self._note(READ_AGAIN)
            self._item_names = {}
            self._learn_list(frame["list"])
        self._item_names |= {item["id"]: item["name"] for item in frame["items"]}
        if frame["part"] == frame["parts"]:
            self._move_to(frame)

    def _on_change(self, frame: Frame, text: str) -> Iterable[Frame]:
        if frame["epoch"] != self._position.get("epoch"):
            return ()  # a snapshot follows
        is_next = frame["version"] == self._position["since"] + 1
        if is_next and frame["base"] == self._position["digest"]:
            self._write_json(text)
            line = change_line(self._apply(frame))
            if not self._is_json:
                self._write(line)
            self._move_to(frame)
        elif frame["version"] > self._position["since"]:
            return [self._subscription()]
        return ()

    def _apply(self, frame: Frame) -> ChangeSummary:
        """Update what is known of the list; return the change in short."""
        patched = [item_id for patch in frame.get("patches", ()) for item_id in patch["ids"]]
        names = [item["name"] for item in frame["items"]]
        names += [self._item_names.get(item_id, "an item") for item_id in patched]
        names += [self._item_names.get(item_id, "an item") for item_id in frame["gone"]]
        self._item_names |= {item["id"]: item["name"] for item in frame["items"]}
        for patch in frame.get("patches", ()):
            if "name" in patch["fields"]:
                self._item_names |= dict.fromkeys(patch["ids"], patch["fields"]["name"])
        for item_id in frame["gone"]:
            self._item_names.pop(item_id, None)
        if "list" in frame:
            changed = self._learn_list(frame["list"])
            names += changed if frame["verb"].startswith("member.") else []
        return ChangeSummary(
            at=frame["at"],
            actor=(frame["actor"] or {}).get("name") or NOBODY,
            verb=frame["verb"],
            names=names,
            row_count=len(names),
            list_name=self._list_name,
        )

    def _learn_list(self, row: Frame) -> list[str]:
        """Note the name and the members; return the names of the members that differ."""
        before, after = self._members, {member["id"]: member for member in row["members"]}
        self._list_name, self._members = row["name"], after
        return [
            (after.get(user_id) or before[user_id])["name"]
            for user_id in {**before, **after}
            if before.get(user_id, {}).get("role") != after.get(user_id, {}).get("role")
        ]

    def _move_to(self, frame: Frame) -> None:
        self._position = {
            "since": frame["version"],
            "epoch": frame["epoch"],
            "digest": frame["digest"],
        }

    def _write_json(self, text: str) -> None:
        if self._is_json:
            self._write(text)


def _canonical_id(text: str) -> str | None:
    try:
        return str(UUID(text))
    except ValueError:
        return None
