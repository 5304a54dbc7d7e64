"""Read a list as it was at an earlier version or moment, and prove it by its digest."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from accounts.models import User
from rest.errors import DomainError
from shopping_list import models
from shopping_list.queries import ListSnapshot
from shopping_list.recording.past_state import PastState, UnknownStampsError
from shopping_list.rows import Person

logger = logging.getLogger(__name__)

MAX_CHANGES = 20_000
"""How many changes may be between a list now and the version that is read."""
BATCH_SIZE = 50
"""Changes that are read together: each may have 200 rows before and after."""

_COLUMNS = ("version", "epoch", "base", "digest", "at", "changes")


class NotInLogError(DomainError):
    """The log does not lead back to the version: it begins later, or is too long.

    `begins_at` is the oldest moment that can be read, None if it is not known.
    """

    message = "The log of this list does not go back that far."

    def __init__(self, message: str = "", begins_at: datetime | None = None) -> None:
        super().__init__(message)
        self.begins_at = begins_at


def at_version(snapshot: ListSnapshot, version: int) -> ListSnapshot:
    """Return a list as it was at this version. Raises NotInLogError."""
    if version > snapshot.version:
        raise NotInLogError(f"The newest version of this list is {snapshot.version:,}.")
    if version == snapshot.version:
        return snapshot
    return _read(snapshot, lambda number, _: number <= version)


def at_moment(snapshot: ListSnapshot, moment: datetime) -> ListSnapshot:
    """Return a list as its newest change up to this moment left it. Raises NotInLogError."""
    if moment >= snapshot.list.last_interaction:
        return snapshot
    return _read(snapshot, lambda _, at: at <= moment)


def log_start(list_id: UUID, epoch: str) -> tuple[int, datetime] | None:
    """Return the version and the time of the oldest change of a list's present history."""
    log = models.Activity.objects.filter(list_id=list_id, epoch=epoch).exclude(digest="")
    return log.order_by("version").values_list("version", "at").first()


def _read(snapshot: ListSnapshot, is_reached: Callable[[int, datetime], bool]) -> ListSnapshot:
    """Revert the changes of the log, newest first, until one is reached, which stays.

    1. Each change must have led to the rows at hand: its digest is theirs.
    2. At the end the digest is computed from the rows: it must be the one in the log.
    """
    state = PastState.of(snapshot.list, snapshot.items)
    digest, oldest = snapshot.digest, None
    for version, epoch, base, after, at, changes in _newest_first(snapshot):
        if epoch != snapshot.epoch or after != digest:
            break
        if is_reached(version, at):
            if state.digest != digest:
                logger.error("list %s: its rows and its log do not agree", snapshot.list.id)
                raise NotInLogError("The rows of this list and its log do not agree.")
            state.list = replace(_with_creator(state), last_interaction=at)
            return ListSnapshot(epoch, version, digest, state.list, state.sorted_items())
        try:
            state.revert(changes)
        except UnknownStampsError:
            raise _not_in_log(at) from None
        digest, oldest = base, at
    raise _not_in_log(oldest)


def _newest_first(snapshot: ListSnapshot) -> Iterator[tuple[Any, ...]]:
    """Yield the changes of the log up to the version of the snapshot."""
    log = models.Activity.objects.filter(list_id=snapshot.list.id).order_by("-version")
    last = snapshot.version
    while last > snapshot.version - MAX_CHANGES:
        rows = list(log.filter(version__lte=last).values_list(*_COLUMNS)[:BATCH_SIZE])
        if not rows:
            return
        yield from rows
        last = rows[-1][0] - 1


def _not_in_log(begins_at: datetime | None) -> NotInLogError:
    if begins_at is None:
        return NotInLogError()
    moment = f"{begins_at:%Y-%m-%d %H:%M:%S} UTC"
    return NotInLogError(f"This list can be read back to {moment}, and not further.", begins_at)


def _with_creator(state: PastState) -> Any:
    """Return the list's own fields with the name of its creator, who may be another one now."""
    creator = state.list.created_by
    if creator is None or creator.name:
        return state.list
    user = User.objects.filter(pk=creator.id).first()
    name = user.display_name if user else ""
    return replace(state.list, created_by=Person(creator.id, name))
