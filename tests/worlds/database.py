"""A database in memory: lists, their members and their change log, committed in order.

It answers the questions that the live package asks its database threads, with the rows and
frames of the product. A question of several statements reads at several moments, as the
product's does without a transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import msgspec

from live import consumers
from live.connections import identity
from live.connections.identity import Identity
from live.delivery import change_log
from live.delivery.access_changes import access_changes_of
from live.delivery.readings import ListState, LoggedChange, Position
from shopping_list import digest as digests
from shopping_list.rows import (
    Change,
    ItemRow,
    ListRow,
    Member,
    Person,
    encode,
    topic_of,
)

Answer = Generator[None, None, Any]
"""The steps of one question. Between two steps others may commit."""

START = datetime(2026, 11, 22, 10, tzinfo=UTC)
ANA, BOB = 1, 2
"""Ana owns every list. Bob is a member, now and then."""
NAMES = {ANA: "Ana", BOB: "Bob"}


@dataclass(frozen=True)
class Version:
    """A list after one change. It is never changed."""

    epoch: str
    version: int
    digest: str
    row: ListRow
    items: dict[UUID, ItemRow]
    exists: bool = True

    @property
    def position(self) -> Position:
        return Position(self.epoch, self.version, self.digest)

    @property
    def member_ids(self) -> set[int]:
        return {member.id for member in self.row.members} if self.exists else set()


@dataclass(frozen=True)
class LogRow:
    """A row of the change log, with what the publisher reads of an `Activity`."""

    list_id: UUID
    epoch: str
    version: int
    base: str
    digest: str
    frame: bytes
    changes: list[dict[str, Any]]
    summary: dict[str, Any]
    at: datetime
    op: str
    after: Version

    @property
    def logged(self) -> LoggedChange:
        return LoggedChange(
            self.version,
            self.base,
            self.digest,
            self.frame.decode(),
            access_changes_of(self.changes, self.frame),
            self.at.timestamp(),
        )


@dataclass
class StoredList:
    """The newest version of a list, its log, and who may write next."""

    current: Version
    log: list[LogRow] = field(default_factory=list)
    branch: int = 0
    """How often the database went back: the number of the history that goes on now."""
    waiting: list[Callable[[], None]] = field(default_factory=list)
    is_locked: bool = False
    has_gone_back: bool = False


class Database:
    """Stores the lists. It knows neither processes nor sockets."""

    def __init__(self, list_ids: Iterable[UUID], now: Callable[[], float]) -> None:
        self._now = now
        self.lists = {list_id: StoredList(_first_version(list_id)) for list_id in list_ids}
        self.branches: dict[tuple[UUID, Position], int] = {}
        """The branch of each position that was ever committed, the last one if it has several."""
        self._first_branches: dict[tuple[UUID, Position], int] = {}
        self.branch_of_op: dict[str, int] = {}
        self.all_rows: list[tuple[int, LogRow]] = []
        """Every change that was ever committed, with its branch."""
        self.memberships: dict[UUID, list[tuple[int, int, set[int]]]] = {}
        """Who may view a list from each of its (branch, version) on."""
        for list_id, stored in self.lists.items():
            self._note(list_id, stored)
        self.is_down = False
        self._answers: dict[Callable[..., Any], Callable[..., Answer]] = {
            change_log.list_states: self._list_states,
            change_log.read_tail: self._read_tail,
            change_log.read_snapshot: self._read_snapshot,
            identity.list_position: self._list_position,
            identity.memberships: self._memberships,
            identity.still_valid: self._still_valid,
            identity.identity_from_token: self._identity_from_token,
            consumers._read_lists: self._read_lists,
        }
        self.queries = SimpleNamespace(snapshot=self._snapshot)
        """What `change_log.read_snapshot` reads."""

    # Reading.

    def ask(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Answer | None:
        """Return the steps of a question; None if it is never answered in a world."""
        answer = self._answers.get(function)
        return None if answer is None else answer(*args, **kwargs)

    def _list_states(self, list_ids: Iterable[UUID]) -> Answer:
        yield
        return {list_id: self._state(list_id) for list_id in list_ids}

    def _state(self, list_id: UUID) -> ListState:
        current = self.lists[list_id].current
        return ListState(current.position, current.exists)

    def _read_tail(self, list_id: UUID, *, epoch: str, since: int) -> Answer:
        yield
        state = self._state(list_id)
        yield
        rows = self._rows_after(list_id, epoch, since)
        newest_first = [(row.version, len(row.frame)) for row in reversed(rows)]
        oldest = change_log._oldest_resumable(newest_first[: change_log.MAX_RESUME_CHANGES])
        yield
        changes: tuple[LoggedChange, ...] = ()
        if oldest is not None:
            rows = self._rows_after(list_id, epoch, oldest - 1)
            changes = tuple(row.logged for row in rows)
        return state, change_log._tail(epoch, state, changes)

    def _rows_after(self, list_id: UUID, epoch: str, since: int) -> list[LogRow]:
        log = self.lists[list_id].log
        return [row for row in log if row.epoch == epoch and row.version > since]

    def _read_snapshot(self, list_id: UUID) -> Answer:
        yield
        return change_log.read_snapshot(list_id)

    def _snapshot(self, list_id: UUID) -> Any:
        current = self.lists[list_id].current
        if not current.exists:
            return None
        return SimpleNamespace(
            epoch=current.epoch,
            version=current.version,
            digest=current.digest,
            list=current.row,
            items=tuple(current.items.values()),
        )

    def _positions(self, user_id: int) -> dict[UUID, Position]:
        return {
            list_id: stored.current.position
            for list_id, stored in self.lists.items()
            if user_id in stored.current.member_ids
        }

    def _list_position(self, user_id: int, list_id: UUID) -> Answer:
        yield
        return self._positions(user_id).get(list_id)

    def _memberships(self, user_ids: Iterable[int]) -> Answer:
        yield
        return {
            (user_id, list_id): position
            for user_id in user_ids
            for list_id, position in self._positions(user_id).items()
        }

    def _read_lists(self, user_id: int) -> Answer:
        yield
        return self._positions(user_id), {}

    def _identity_from_token(self, secret: str) -> Answer:
        yield
        user_id = int(secret)
        return Identity(
            user_id=user_id,
            name=NAMES[user_id],
            is_staff=False,
            is_guest=False,
            lookup_key=secret,
            token=secret,
        )

    def _still_valid(self, identities: Iterable[Identity]) -> Answer:
        yield
        return dict.fromkeys(identities)

    # Writing.

    def lock(self, list_id: UUID, on_locked: Callable[[], None]) -> None:
        """Call `on_locked` as soon as no other transaction has the list."""
        stored = self.lists[list_id]
        if stored.is_locked:
            stored.waiting.append(on_locked)
        else:
            stored.is_locked = True
            on_locked()

    def unlock(self, list_id: UUID) -> None:
        """Let the next transaction have the list."""
        stored = self.lists[list_id]
        if stored.waiting:
            stored.waiting.pop(0)()
        else:
            stored.is_locked = False

    def commit(self, row: LogRow) -> None:
        """Make a change visible for everybody."""
        stored = self.lists[row.list_id]
        stored.log.append(row)
        stored.current = row.after
        self.branch_of_op[row.op] = stored.branch
        self.all_rows.append((stored.branch, row))
        self._note(row.list_id, stored)

    def go_back(self, list_id: UUID, version: int) -> set[str]:
        """Put back an older copy; return the operations that are lost by it."""
        stored = self.lists[list_id]
        kept = [row for row in stored.log if row.version <= version]
        if len(kept) == len(stored.log) or not kept or kept[-1].epoch != stored.current.epoch:
            return set()
        lost = {row.op for row in stored.log[len(kept) :]}
        stored.log, stored.current = kept, kept[-1].after
        stored.branch += 1
        stored.has_gone_back = True
        self._note(list_id, stored)
        return lost

    def start_epoch(self, list_id: UUID) -> None:
        """Start a new history with the same rows, as `check_lists --repair` does."""
        stored = self.lists[list_id]
        stored.branch += 1
        stored.current = replace(stored.current, epoch=f"epoch{stored.branch:03d}")
        self._note(list_id, stored)

    def prune(self, list_id: UUID, count: int) -> None:
        """Delete the oldest rows of the log, all but `count`."""
        stored = self.lists[list_id]
        stored.log = stored.log[-count:]

    def has_gone_back(self, list_id: UUID, first: Position, second: Position) -> bool:
        """Tell whether `second` is of a later history than `first`: it need not build on it."""
        branch = self.branches.get((list_id, second), -1)
        return branch > self._first_branches[list_id, first]

    def _note(self, list_id: UUID, stored: StoredList) -> None:
        current = stored.current
        self.branches[list_id, current.position] = stored.branch
        self._first_branches.setdefault((list_id, current.position), stored.branch)
        # The members of a list get the change that deletes it.
        members = {member.id for member in current.row.members}
        entry = (stored.branch, current.version, members)
        self.memberships.setdefault(list_id, []).append(entry)


def _first_version(list_id: UUID) -> Version:
    members = (Member(ANA, "Ana", "owner"), Member(BOB, "Bob", "editor"))
    row = ListRow(
        id=list_id,
        name="Groceries",
        last_interaction=START,
        created_at=START,
        created_by=Person(ANA, "Ana"),
        members=members,
    )
    return Version("epoch000", 1, digests.digest_of(row, ()), row, {})


class Edit:
    """One change of a list, computed on the version that its transaction has locked."""

    def __init__(self, list_id: UUID, kind: str, *, op: str, number: int, now: float) -> None:
        self._list_id, self._kind, self._op, self._number = list_id, kind, op, number
        self._at = START + timedelta(seconds=now)

    def on(self, before: Version) -> LogRow | None:
        """Return the change; None if it would make no difference."""
        version = before.version + 1
        if not before.exists and self._kind != "restore":
            return None
        rows = getattr(self, f"_{self._kind}")(before, version)
        if rows is None:
            return None
        row, items, exists, verb, changes = rows
        return self._log_row(before, version, row, items, exists=exists, verb=verb, changes=changes)

    def _add(self, before: Version, version: int) -> Any:
        item = self._item(self._number, version)
        items = {**before.items, item.id: item}
        return before.row, items, True, "item.added", [{"item": str(item.id)}]

    def _bulk(self, before: Version, version: int) -> Any:
        added = [self._item(self._number + offset, version) for offset in (1, 2, 3)]
        items = {**before.items, **{item.id: item for item in added}}
        changes = [{"item": str(item.id)} for item in added]
        return before.row, items, True, "items.added", changes

    def _tick(self, before: Version, version: int) -> Any:
        if not before.items:
            return self._add(before, version)
        chosen = list(before.items.values())[self._number % len(before.items)]
        ticked = msgspec.structs.replace(
            chosen,
            purchased=not chosen.purchased,
            note=f"n{self._number}",
            version=version,
            updated_at=self._at,
        )
        items = {**before.items, chosen.id: ticked}
        return before.row, items, True, "item.ticked", [{"item": str(chosen.id)}]

    def _remove(self, before: Version, version: int) -> Any:
        if not before.items:
            return self._add(before, version)
        gone = list(before.items)[self._number % len(before.items)]
        items = {each: item for each, item in before.items.items() if each != gone}
        return before.row, items, True, "item.removed", [{"item": str(gone)}]

    def _dismiss(self, before: Version, _version: int) -> Any:
        """Remove bob."""
        if BOB not in before.member_ids:
            return None
        members = tuple(member for member in before.row.members if member.id != BOB)
        row = msgspec.structs.replace(before.row, members=members)
        change = {"member": BOB, "before": {"role": "editor"}, "after": None}
        return row, before.items, True, "member.removed", [change]

    def _demote(self, before: Version, _version: int) -> Any:
        """Change bob's role."""
        bob = next((member for member in before.row.members if member.id == BOB), None)
        if bob is None:
            return None
        role = "viewer" if bob.role == "editor" else "editor"
        row = self._with_bob(before, Member(BOB, "Bob", role))
        change = {"member": BOB, "before": {"role": bob.role}, "after": {"role": role}}
        return row, before.items, True, "member.role", [change]

    def _admit(self, before: Version, _version: int) -> Any:
        """Make bob a member."""
        if BOB in before.member_ids:
            return None
        row = self._with_bob(before, Member(BOB, "Bob", "editor"))
        change = {"member": BOB, "before": None, "after": {"role": "editor"}}
        return row, before.items, True, "member.joined", [change]

    def _with_bob(self, before: Version, bob: Member) -> ListRow:
        members = tuple(member for member in before.row.members if member.id != BOB)
        return msgspec.structs.replace(before.row, members=(*members, bob))

    def _delete(self, before: Version, _version: int) -> Any:
        change = {"list": {}, "before": {"deleted": False}, "after": {"deleted": True}}
        return before.row, before.items, False, "list.deleted", [change]

    def _restore(self, before: Version, _version: int) -> Any:
        if before.exists:
            return None
        change = {"list": {}, "before": {"deleted": True}, "after": {"deleted": False}}
        return before.row, before.items, True, "list.restored", [change]

    def _item(self, number: int, version: int) -> ItemRow:
        return ItemRow(
            id=UUID(int=number + 1),
            name=f"i{number}",
            quantity="",
            note="",
            category="",
            purchased=False,
            purchased_at=None,
            purchased_by=None,
            position="a",
            version=version,
            created_at=self._at,
            created_by=Person(ANA, "Ana"),
            updated_at=self._at,
        )

    def _log_row(
        self,
        before: Version,
        version: int,
        row: ListRow,
        items: dict[UUID, ItemRow],
        *,
        exists: bool,
        verb: Any,
        changes: list[dict[str, Any]],
    ) -> LogRow:
        changed = [item for each, item in items.items() if before.items.get(each) is not item]
        gone = [each for each in before.items if each not in items]
        is_row_new = row is not before.row or exists != before.exists
        digest = _digest_after(before, row, changed, gone)
        after = Version(before.epoch, version, digest, row, items, exists)
        change = Change(
            topic=topic_of(self._list_id),
            epoch=before.epoch,
            version=version,
            base=before.digest,
            digest=digest,
            at=self._at,
            actor=Person(ANA, "Ana"),
            op=self._op,
            verb=verb,
            list=row if is_row_new else msgspec.UNSET,
            items=tuple(changed),
            gone=tuple(gone),
        )
        return LogRow(
            list_id=self._list_id,
            epoch=before.epoch,
            version=version,
            base=before.digest,
            digest=digest,
            frame=encode(change),
            changes=changes,
            summary={
                "members": sum("member" in each for each in changes),
                "list_changed": any("list" in each for each in changes),
            },
            at=self._at,
            op=self._op,
            after=after,
        )


def _digest_after(before: Version, row: ListRow, changed: list[ItemRow], gone: list[UUID]) -> str:
    removed = [digests.item_hash(before.items[each]) for each in gone]
    removed += [
        digests.item_hash(before.items[item.id]) for item in changed if item.id in before.items
    ]
    return digests.replaced(
        before.digest,
        removed=[*removed, digests.list_hash(before.row)],
        added=[*map(digests.item_hash, changed), digests.list_hash(row)],
    )
