"""Compares what a list says about itself with its rows and its log, and repairs it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

import msgspec
from django.db import transaction

from shopping_list import digest, models, queries
from shopping_list.recording import bookkeeping
from shopping_list.recording.locking import lock_rows
from shopping_list.rows import Change, ItemRow, ListRow

FETCH_SIZE = 50
"""Rows of the log fetched at a time. A row may be large."""

_frame_decoder = msgspec.json.Decoder(Change)


@dataclass
class _State:
    """A list as its recorded changes make it."""

    list: ListRow | None = None
    items: dict[UUID, ItemRow] = field(default_factory=dict)

    def apply(self, change: Change) -> None:
        self.list = change.list or self.list
        self.items.update((item.id, item) for item in change.items)
        for patch in change.patches or ():
            self.items.update((pk, patch.apply(self.items[pk])) for pk in patch.ids)
        for removed_id in change.gone:
            self.items.pop(removed_id, None)

    @property
    def digest(self) -> str:
        if self.list is None:
            return digest.EMPTY
        return digest.digest_of(self.list, self.items.values())


def differences(list_id: UUID) -> list[str]:
    """Return what is wrong with a list, as sentences; an empty list if nothing is.

    The digest of the list must be that of its rows and that of its newest recorded
    change. Each recorded change must build on the one before it. If the log has all
    changes of the list, they are applied, and must give the recorded digests.
    """
    with transaction.atomic():
        lock_rows([list_id])
        shopping_list = models.ShoppingList.objects.filter(pk=list_id).first()
        if shopping_list is None:
            return []
        recomputed = _recompute(list_id)
        messages = list(_differences_in_log(shopping_list))
        if recomputed != shopping_list.digest:
            messages.append(f"the rows have the digest {recomputed}, not {shopping_list.digest}")
    return messages


def repair(list_id: UUID) -> None:
    """Set the digest of a list from its rows, under a new epoch: every screen reads it again."""
    with transaction.atomic():
        lock_rows([list_id])
        bookkeeping.start_new_history(list_id, epoch=models.new_epoch(), digest=_recompute(list_id))


def _recompute(list_id: UUID) -> str:
    return digest.digest_of(queries.list_row(list_id), queries.item_rows(list_id))


def _differences_in_log(shopping_list: models.ShoppingList) -> Iterator[str]:
    log = models.Activity.objects.filter(list_id=shopping_list.pk, epoch=shopping_list.epoch)
    rows = log.order_by("version").values_list("version", "digest", "frame")
    previous: tuple[int, str] | None = None
    state: _State | None = None
    for version, recorded, frame in rows.iterator(chunk_size=FETCH_SIZE):
        change = _frame_decoder.decode(bytes(frame))
        if previous is None:
            state = _State() if change.base == digest.EMPTY else None
        elif (version - 1, change.base) != previous:
            yield f"change {version} does not build on change {previous[0]}"
        if state is not None:
            state.apply(change)
        is_wrong = state is not None and state.digest != recorded
        if is_wrong or (change.version, change.digest) != (version, recorded):
            yield f"change {version} does not have the digest {recorded}"
            state = None
        previous = version, recorded
    if previous is not None and previous != (shopping_list.version, shopping_list.digest):
        yield f"the newest change is {previous[0]} with the digest {previous[1]}"
