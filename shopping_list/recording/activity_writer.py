"""Write down what one list's change was: its next version and one Activity.

The rows after the change are read back from the database. So a savepoint that
was rolled back in between, an F() expression or a row that did not really change
cannot put anything untrue into the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from shopping_list import ceilings, models, queries
from shopping_list import digest as digests
from shopping_list.recording import bookkeeping, compaction, diff, locking
from shopping_list.recording.locking import ConflictError, LockedList, StoredList
from shopping_list.rows import Change, ItemRow, ListRow, Person, Verb, encode, optional_id, topic_of

ItemPairs = dict[UUID, diff.ItemPair]


class Pair(NamedTuple):
    """The other list of a move, and the version that this change undoes, if it is an undo."""

    other_list: UUID
    undoes: int | None


@dataclass(frozen=True)
class ActivityWriter:
    """Writes the activities of one recording: who made them, and as what."""

    actor: Person | None
    operation_id: UUID | None
    verb: Verb | None
    undoes: int | None
    pairs: Mapping[UUID, Pair]

    def write(self, locked: LockedList) -> Change | None:
        """Write one list's change, None if nothing changed.

        1. Read its own fields and members again, if they were touched.
        2. Keep the items that differ, and correct their bookkeeping columns.
        3. Nothing left: nothing happened.
        4. Take the next version; write the Activity with the frame.

        Raises ConflictError if the list changed in spite of its lock, and an error of
        ceilings.py if it grew beyond a ceiling.
        """
        before = locked.stored and locked.stored.state
        stored = locking.read_list(locked.pk) if locked.touched else locked.stored
        after = stored and stored.state
        if locked.pairs and not locked.stored and not locked.touched:
            raise ConflictError(f"list {locked.pk} was created while it was being changed")
        items = self._changed_items(locked) if stored else {}
        members = _changed_members(locked) if stored else []
        if before == after and not items and not members:
            return None
        _check_ceilings(locked, items, members)
        own = diff.list_verb(before, after)
        row = _row_after(locked) if stored and (own or members) else None
        digest = _digest_after(locked, row, items) if stored else digests.EMPTY
        verb = self._verb(own, items, members)
        change = self._change(locked, stored, verb, items, digest=digest, row=row)
        others = [diff.list_entry(locked.pk, before, after)] if own else []
        others += [diff.member_entry(pair) for pair in members]
        activity = self._activity(locked.pk, change, items, others)
        bookkeeping.write_version(locked, stored, activity)
        for instance in locked.instances:
            instance.version, instance.digest = change.version, change.digest
            instance.last_interaction = locked.last_interaction
        return change

    def _changed_items(self, locked: LockedList) -> ItemPairs:
        """Return the pairs that differ, their bookkeeping columns correct in the database."""
        changed: ItemPairs = {}
        corrections: dict[UUID, dict[str, Any]] = {}
        for pk, (before, after) in locked.pairs.items():
            expected = after and self._with_bookkeeping(locked, before, after)
            if diff.differs(before, expected):
                changed[pk] = (before, expected)
            else:
                expected = before
            if after is not None and expected is not None:
                columns = diff.bookkeeping_corrections(after, locked.keys[pk], expected)
                if columns:
                    corrections[pk] = columns
        bookkeeping.write_corrections(corrections)
        return changed

    def _with_bookkeeping(
        self, locked: LockedList, before: ItemRow | None, after: ItemRow
    ) -> ItemRow:
        return diff.with_bookkeeping(
            before, after, at=locked.at, actor=self.actor, version=locked.next_version
        )

    def _verb(self, own: Verb | None, items: ItemPairs, members: list[diff.MemberPair]) -> Verb:
        """Return the verb of a change; `own` is the verb of the list's own fields."""
        if self.verb is not None and own not in {"list.created", "list.deleted"}:
            return self.verb
        if own is not None:
            return own
        if members:
            return diff.member_verb(members, self.actor) if not items else "list.edited"
        return diff.items_verb(items.values())

    def _change(
        self,
        locked: LockedList,
        stored: StoredList | None,
        verb: Verb,
        items: ItemPairs,
        *,
        digest: str,
        row: ListRow | None,
    ) -> Change:
        op = None if locked.op_used else self.operation_id
        undoes = self._undoes(locked.pk)
        position = locked.stored or stored
        assert position is not None  # a list that never existed cannot have changed
        return Change(
            topic=topic_of(locked.pk),
            epoch=position.epoch,
            version=locked.next_version,
            base=locked.digest,
            digest=digest,
            at=locked.at,
            actor=self.actor,
            op=None if op is None else str(op),
            verb=verb,
            list=row or msgspec.UNSET,
            items=tuple(after for _, after in items.values() if after is not None),
            gone=tuple(pk for pk, (_, after) in items.items() if after is None),
            undoes=msgspec.UNSET if undoes is None else undoes,
        )

    def _undoes(self, list_id: UUID) -> int | None:
        pair = self.pairs.get(list_id)
        return self.undoes if pair is None else pair.undoes

    def _activity(
        self, list_id: UUID, change: Change, items: ItemPairs, others: list[diff.Entry]
    ) -> models.Activity:
        groups = compaction.edited_groups(items)
        return models.Activity(
            list_id=list_id,
            version=change.version,
            epoch=change.epoch,
            base=change.base,
            digest=change.digest,
            verb=change.verb,
            actor_id=optional_id(change.actor),
            actor_name=change.actor.name if change.actor else "",
            operation_id=change.op,
            changes=[*others, *compaction.log_entries(items, groups)],
            summary=msgspec.to_builtins(compaction.summary_of_change(items, others)),
            frame=encode(compaction.frame_of(change, items, groups)),
            undoes=self._undoes(list_id),
            other_list_id=self.pairs[list_id].other_list if list_id in self.pairs else None,
            at=change.at,
        )


def _check_ceilings(locked: LockedList, items: ItemPairs, members: list[diff.MemberPair]) -> None:
    """Refuse a change that makes the list larger than it may be.

    A list that is too large already can be changed, and made smaller.
    """
    if diff.growth(items.values()) > 0:
        ceilings.check_items(locked.pk)
    if locked.members is not None and diff.growth(members) > 0:
        ceilings.check_members(len(locked.members) + diff.growth(members))


def _row_after(locked: LockedList) -> ListRow:
    """Return the list's own fields as they are after this change."""
    row = queries.list_row(locked.pk)
    return msgspec.structs.replace(row, last_interaction=locked.last_interaction)


def _digest_after(locked: LockedList, row: ListRow | None, items: ItemPairs) -> str:
    """Return the digest after a change; `row` is None if the list's own fields are the same."""
    removed = [digests.item_hash(before) for before, _ in items.values() if before]
    added = [digests.item_hash(after) for _, after in items.values() if after]
    if row is not None:
        added.append(digests.list_hash(row))
        if locked.stored is not None:
            members = row.members if locked.members is None else locked.members
            removed.append(digests.list_hash(locked.stored.row(members)))
    return digests.replaced(locked.digest, removed=removed, added=added)


def _changed_members(locked: LockedList) -> list[diff.MemberPair]:
    if locked.members is None:
        return []
    return diff.pair_members(locked.members, queries.members(locked.pk))
