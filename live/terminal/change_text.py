"""A change as one line: time, person, what, list. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from live.terminal.text import printable

_ITEM_VERBS = {
    "added": "added",
    "ticked": "ticked",
    "unticked": "unticked",
    "edited": "changed",
    "moved": "moved",
    "removed": "removed",
}
_LIST_TEXTS = {
    "list.created": "created this list",
    "list.renamed": "renamed the list",
    "list.edited": "changed the list",
    "list.deleted": "deleted the list",
    "list.restored": "restored the list",
    "member.joined": "joined",
    "member.left": "left",
    "member.removed": "removed",
    "member.role": "changed the role of",
    "undo": "undid a change",
}
NOBODY = "Someone"
"""The actor of a script that runs without a user."""


class ChangeSummary(NamedTuple):
    """What the line of a change needs: `names` of the first rows, of `row_count` in all."""

    at: str
    actor: str
    verb: str
    names: Sequence[str]
    row_count: int
    list_name: str


def change_line(change: ChangeSummary) -> str:
    """Return one line, in the time zone of this machine and without control characters."""
    at = datetime.fromisoformat(change.at).astimezone()
    text = f"{at:%Y-%m-%d %H:%M:%S}  {change.actor} {action_text(change)} · {change.list_name}"
    return printable(text)


def action_text(change: ChangeSummary) -> str:
    """Return what the user did, such as "ticked Milk and Eggs"."""
    noun, _, kind = change.verb.partition(".")
    if noun in {"item", "items"}:
        return f"{_ITEM_VERBS.get(kind, 'changed')} {_joined(change.names, change.row_count)}"
    text = _LIST_TEXTS.get(change.verb, "changed something")
    if noun != "member" or not change.names or change.verb == "member.left":
        return text
    if change.verb != "member.joined":
        return f"{text} {_joined(change.names, change.row_count)}"
    if change.actor in change.names:
        return text
    return f"added {_joined(change.names, change.row_count)}"


def _joined(names: Sequence[str], count: int) -> str:
    first = names[0] if names else "an item"
    if count <= 1:
        return first
    if count == 2 and len(names) > 1:
        return f"{first} and {names[1]}"
    return f"{first} and {count - 1} more"
