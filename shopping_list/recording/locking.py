"""Lock the rows of lists, in id order, and keep what each list was at that moment.

Every writer locks in the same order, so two of them never wait for each other.
The locks are held to the commit, so the order of a list's versions is the order
of the commits, without gaps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import starmap
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Exists, Max, OuterRef, QuerySet, UUIDField
from django.utils import timezone

from rest.compiled_query import CompiledQuery, Statement, run_together
from shopping_list import list_settings, models
from shopping_list.digest import EMPTY
from shopping_list.recording.clock import clock_check
from shopping_list.recording.diff import ItemPair, Keys
from shopping_list.rows import ListRow, Member, Person

_LIST_COLUMNS = (
    "pk",
    "epoch",
    "version",
    "digest",
    "last_interaction",
    "name",
    "deleted_at",
    "created_at",
    "created_by_id",
    *list_settings.FIELDS,
)


class ConflictError(RuntimeError):
    """A list changed in spite of its lock; the transaction must not commit."""


class StoredList(NamedTuple):
    """A list's row as it was read under its lock."""

    pk: UUID
    epoch: str
    version: int
    digest: str
    last_interaction: datetime
    name: str
    deleted_at: datetime | None
    created_at: datetime
    created_by: int | None
    aisles: list[str]
    shops: dict[str, Any]
    staples: dict[str, Any]
    op_used: bool = False

    @property
    def state(self) -> dict[str, Any]:
        """The fields whose change gets an entry in the log."""
        return {
            "name": self.name,
            "deleted": self.deleted_at is not None,
            "created_at": self.created_at.isoformat(),
            "created_by": self.created_by,
            "aisles": self.aisles,
            "shops": self.shops,
            "staples": self.staples,
        }

    def row(self, members: tuple[Member, ...]) -> ListRow:
        """Return the list's own fields with these members, without the creator's name."""
        return ListRow(
            id=self.pk,
            name=self.name,
            last_interaction=self.last_interaction,
            created_at=self.created_at,
            created_by=None if self.created_by is None else Person(self.created_by, ""),
            members=members,
            aisles=tuple(self.aisles),
            shops=list_settings.shops_of(self.shops),
            staples=list_settings.staples_of(self.staples),
        )


@dataclass
class LockedList:
    """One list of a recording: its row before, and what was written on it."""

    pk: UUID
    stored: StoredList | None
    at: datetime
    touched: bool = False
    deleted_list_version: int = 0
    op_used: bool = False
    members: tuple[Member, ...] | None = None
    instances: list[Any] = field(default_factory=list)
    pairs: dict[UUID, ItemPair] = field(default_factory=dict)
    keys: dict[UUID, Keys] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """The digest of the list before this recording."""
        return self.stored.digest if self.stored else EMPTY

    @property
    def last_interaction(self) -> datetime:
        """The last interaction after this recording. Clocks go back; it must not."""
        return max(self.at, self.stored.last_interaction) if self.stored else self.at

    @property
    def next_version(self) -> int:
        """The version that this recording's change gets."""
        return (self.stored.version if self.stored else self.deleted_list_version) + 1


def lock_lists(
    ids: Iterable[UUID], op: UUID | None, reading: Iterable[Statement[Any]] = ()
) -> Iterator[LockedList]:
    """Lock lists in id order, those that do not exist among them.

    `op` is the operation id of the request: a list remembers whether one of its
    changes has it already. `reading` are statements that run right behind a single lock.
    """
    ordered = sorted(ids)
    stored = {row.pk: row for row in _locked_rows(ordered, op, reading)}
    now = timezone.now()
    return (_locked_list(pk, stored.get(pk), now) for pk in ordered)


def lock_rows(ids: Iterable[UUID]) -> None:
    """Lock list rows, in id order, for the rest of the open transaction."""
    list(_locked_rows(sorted(set(ids))))


def read_list(pk: UUID) -> StoredList | None:
    """Return a list's row as it is now, None if it was deleted."""
    row = models.ShoppingList.objects.filter(pk=pk).values_list(*_LIST_COLUMNS).first()
    return None if row is None else StoredList(*row)


def continue_deleted_history(locked: LockedList, op: UUID | None) -> None:
    """Continue the version numbers of a deleted list whose id a new list gets."""
    log = models.Activity.objects.filter(list_id=locked.pk)
    locked.deleted_list_version = log.aggregate(last=Max("version"))["last"] or 0
    if locked.deleted_list_version and op:
        locked.op_used = log.filter(operation_id=op).exists()


def _locked_list(pk: UUID, stored: StoredList | None, now: datetime) -> LockedList:
    if stored is None:
        return LockedList(pk, None, now)
    clock_check.check(stored.last_interaction, now)
    return LockedList(pk, stored, now, op_used=stored.op_used)


def _select_for_update() -> QuerySet[Any, Any]:
    rows: QuerySet[Any, Any] = models.ShoppingList.objects.select_for_update(no_key=True)
    return rows


def _operation_of(pk: Any, op: Any) -> Exists:
    return Exists(models.Activity.objects.filter(list_id=pk, operation_id=op))


_locked_row = CompiledQuery(
    lambda pk: _select_for_update().filter(pk=pk).values_list(*_LIST_COLUMNS),
    fields=[UUIDField()],
    sample_arguments=((UUID(int=1),), (UUID(int=2),)),
)
_locked_row_and_operation = CompiledQuery(
    lambda pk, op: (
        _select_for_update()
        .filter(pk=pk)
        .values_list(*_LIST_COLUMNS, _operation_of(OuterRef("pk"), op))
    ),
    fields=[UUIDField(), UUIDField()],
    sample_arguments=((UUID(int=1), UUID(int=3)), (UUID(int=2), UUID(int=4))),
)


def _locked_rows(
    ids: list[UUID], op: UUID | None = None, reading: Iterable[Statement[Any]] = ()
) -> Iterator[StoredList]:
    if len(ids) == 1:
        pk = ids[0]
        lock = _locked_row.bind(pk) if op is None else _locked_row_and_operation.bind(pk, op)
        run_together(lock, *reading)
        return starmap(StoredList, lock.result)
    rows = _select_for_update().filter(pk__in=ids).order_by("pk")
    if op is None:
        return starmap(StoredList, rows.values_list(*_LIST_COLUMNS))
    return starmap(StoredList, rows.values_list(*_LIST_COLUMNS, _operation_of(OuterRef("pk"), op)))
