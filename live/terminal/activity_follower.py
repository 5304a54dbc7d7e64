"""Follows the changes of all lists of a user, by the topic `activity`. It does no I/O."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable

from live.protocol.topics import ACTIVITY, LISTS
from live.terminal.change_text import NOBODY, ChangeSummary, change_line
from live.terminal.follower import Frame

MAX_KNOWN_ENTRIES = 1_000
"""Entries that are recognised when they come again; the server repeats at most 50."""
MISSED = "More than {} changes were missed: the server repeats no more."

EntryKey = tuple[str, str, int]


class ActivityFollower:
    """Writes a line for each change, each once, also after a reconnect (Follower).

    `write` gets lines for the standard output, `note` lines about the connection. With
    `is_json`, `write` gets the frames of the topic as they came. `backlog` is how many
    changes from before the start are written.
    """

    def __init__(
        self,
        *,
        write: Callable[[str], object],
        note: Callable[[str], object],
        is_json: bool,
        backlog: int,
    ) -> None:
        self._write, self._note = write, note
        self._is_json, self._backlog = is_json, backlog
        self._names: dict[str, str] = {}
        self._known: OrderedDict[EntryKey, None] = OrderedDict()
        self._has_begun = False

    def on_welcome(self, welcome: Frame) -> Iterable[Frame]:
        """Subscribe to the names of the lists, then to the changes."""
        topics = (ACTIVITY,) if self._is_json else (LISTS, ACTIVITY)
        return [{"type": "subscribe", "topic": topic} for topic in topics]

    def on_frame(self, frame: Frame, text: str) -> Iterable[Frame]:
        """Write the changes of a frame that were not written before."""
        match frame:
            case {"type": "lists", "lists": rows}:
                self._names |= {row["id"]: row["name"] for row in rows}
            case {"type": "list", "list": row}:
                self._names[row["id"]] = row["name"]
            case {"type": "activities" | "activity"} if self._is_json:
                self._write(text)
            case {"type": "activities", "entries": entries}:
                self._write_newest(list(reversed(entries)))
            case {"type": "activity", "entry": entry}:
                if self._learn(entry):
                    self._write(self._line(entry))
        return ()

    def on_disconnect(self, reason: str) -> None:
        """Say that changes may come later."""
        self._note(f"Not connected: {reason}. Trying again.")

    def _write_newest(self, entries: list[Frame]) -> None:
        """Write the entries that are new, the oldest first."""
        new = [entry for entry in entries if self._learn(entry)]
        if not self._has_begun:
            self._has_begun = True
            new = new[len(new) - self._backlog :] if self._backlog < len(new) else new
        elif entries and len(new) == len(entries):
            self._note(MISSED.format(len(entries)))
        for entry in new:
            self._write(self._line(entry))

    def _learn(self, entry: Frame) -> bool:
        """Note an entry; return whether it is new."""
        key = (entry["list"], entry["epoch"], entry["version"])
        if key in self._known:
            return False
        self._known[key] = None
        if len(self._known) > MAX_KNOWN_ENTRIES:
            self._known.popitem(last=False)
        return True

    def _line(self, entry: Frame) -> str:
        summary = entry["summary"]
        return change_line(
            ChangeSummary(
                at=entry["at"],
                actor=(entry["actor"] or {}).get("name") or NOBODY,
                verb=entry["verb"],
                names=summary["names"],
                row_count=summary["items"] + summary["members"],
                list_name=self._names.get(entry["list"]) or entry["list"],
            )
        )
