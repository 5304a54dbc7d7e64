"""What overview.py reads besides rows. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from shopping_list.rows import ActivityEntry


class ListVersion(NamedTuple):
    """The version of a list, and when it got it."""

    version: int
    last_interaction: datetime


class LoggedEntry(NamedTuple):
    """A change, and the digest of the list before it."""

    entry: ActivityEntry
    base: str
