"""Querysets whose bulk writes are recorded, each as one change of each list.

Django sends no signals for `update`, `bulk_create` and `bulk_update`, so they open
the recording themselves. `delete` opens it so that many rows are one change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar, Self
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, models
from django.db.utils import NotSupportedError
from django.utils import timezone

from rest.compiled_query import insert_together, update_together
from shopping_list.recording import context


class RecordedManager(models.Manager[Any]):
    """The only manager of the recorded models."""


class RecordedQuerySet(models.QuerySet[Any]):
    """Bulk writes inside a recording of every list that they touch."""

    list_column = "shopping_list_id"
    _recording_columns: ClassVar[frozenset[str]] = frozenset({"pk", "id"})

    def update(self, **values: Any) -> int:
        """Update the rows as one change of each list.

        Raises NotSupportedError for the columns that only recording sets.
        """
        if self._recording_columns & values.keys():
            raise NotSupportedError(
                f"only recording sets: {sorted(self._recording_columns & values.keys())}"
            )
        lists, targets = self.list_ids(), self._target_lists(values)
        with context.recording(*lists, *targets) as unit:
            # Another writer may move a row to a new list between the reading and
            # the lock. That row belongs to a later moment: this update leaves it out.
            rows = self if self.query.is_sliced else self._restrict_to(lists)
            rows._track_writes(unit, targets)
            return super(RecordedQuerySet, rows).update(**values)

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete the rows as one change of each list."""
        lists = self.list_ids()
        with context.recording(*lists) as unit:
            rows = self if self.query.is_sliced else self._restrict_to(lists)
            rows._track_writes(unit, set())
            return super(RecordedQuerySet, rows).delete()

    def bulk_create(
        self,
        objs: Iterable[Any],
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        *args: Any,
        **kwargs: Any,
    ) -> list[Any]:
        """Insert the rows as one change of each list.

        Raises NotSupportedError for `update_conflicts`: which rows it would
        write is not known before.
        """
        if update_conflicts:
            raise NotSupportedError("recorded rows cannot be upserted: use update_or_create")
        rows = list(objs)
        for row in rows:
            row.assign_ids()
        with context.recording(*_affected_list_ids(rows)) as unit:
            self._track_creates(unit, rows)
            return super().bulk_create(rows, batch_size, ignore_conflicts, *args, **kwargs)

    def _batched_insert(
        self, objs: list[Any], fields: list[Any], *args: Any, **options: Any
    ) -> Any:
        """Insert rows as Django does, if it can be done, with one statement.

        Keys that the database makes and `ignore_conflicts` need Django's own.
        """
        is_plain = self.model._meta.pk in fields and not options.get("on_conflict")
        if is_plain and self.db == DEFAULT_DB_ALIAS and insert_together(objs, fields):
            return []
        return super()._batched_insert(objs, fields, *args, **options)  # type: ignore[misc]

    def bulk_update(
        self, objs: Iterable[Any], fields: Iterable[str], batch_size: int | None = None
    ) -> int:
        """Update the rows, each with its own values, as one change of each list."""
        rows, names = list(objs), list(fields)
        for row in rows:
            row.normalise_uuids()
        stored = self.filter(pk__in=[row.pk for row in rows])
        targets = _affected_list_ids(rows)
        with context.recording(*stored.list_ids(), *targets) as unit:
            stored._track_writes(unit, targets)
            count = self._update_together(rows, names) if batch_size is None else None
            return super().bulk_update(rows, names, batch_size) if count is None else count

    def _update_together(self, rows: list[Any], names: list[str]) -> int | None:
        """Update plain values of any rows with one statement; return None if it cannot be done."""
        keys = {row.pk for row in rows}
        is_plain = rows and names and None not in keys and len(keys) == len(rows)
        if not is_plain or self.db != DEFAULT_DB_ALIAS or self.query.where or self.query.is_sliced:
            return None
        if self._recording_columns.intersection(names):
            return None  # the updates of Django's way refuse them
        fields = [self.model._meta.get_field(name) for name in names]
        return update_together(rows, fields)

    def update_or_create(
        self,
        defaults: Mapping[str, Any] | None = None,
        create_defaults: Mapping[str, Any] | None = None,
        **lookups: Any,
    ) -> tuple[Any, bool]:
        """Update the row or create it. Its lists are locked before the row is."""
        lists = self._target_lists(lookups) or self.filter(**lookups).list_ids()
        for values in (defaults, create_defaults):
            lists |= self._target_lists(values or {})
        with context.recording(*lists):
            return super().update_or_create(defaults, create_defaults, **lookups)

    def list_ids(self) -> set[UUID]:
        """Return the lists that these rows are on."""
        return set(self.order_by().values_list(self.list_column, flat=True).distinct())

    def _restrict_to(self, lists: set[UUID]) -> Self:
        return self.filter(**{f"{self.list_column}__in": lists})

    def _target_lists(self, values: Mapping[str, Any]) -> set[UUID]:
        """Return the lists that the values move rows to."""
        target = values.get("shopping_list_id", values.get("shopping_list"))
        if hasattr(target, "resolve_expression"):
            rows = self.order_by().annotate(target_list=target)
            ids = set(rows.values_list("target_list", flat=True))
        elif callable(target):  # update_or_create calls it for a new row: nothing to lock yet
            ids = set()
        else:
            ids = {target.pk if isinstance(target, models.Model) else target}
        return {UUID(str(pk)) for pk in ids if pk}

    def _track_writes(self, unit: context.OpenRecording, targets: set[UUID]) -> None:
        """Read the stored rows before they are written, on `targets` too."""
        raise NotImplementedError

    def _track_creates(self, unit: context.OpenRecording, rows: list[Any]) -> None:
        raise NotImplementedError


class ItemQuerySet(RecordedQuerySet):
    """Items."""

    def remove(self) -> None:
        """Delete the rows as one change of each list, without a signal for each row.

        `delete` reads every row once more to send two signals for it. No row of another
        table refers to an item.
        """
        lists = self.list_ids()
        with context.recording(*lists) as unit:
            rows = self._restrict_to(lists)
            rows._track_writes(unit, set())
            rows._raw_delete(rows.db)

    def _track_writes(self, unit: context.OpenRecording, targets: set[UUID]) -> None:
        unit.track_items(list(self.values_list("pk", flat=True)))

    def _track_creates(self, unit: context.OpenRecording, rows: list[Any]) -> None:
        unit.track_items([row.pk for row in rows])
        for row in rows:
            unit.stamp_item(row)


class MembershipQuerySet(RecordedQuerySet):
    """Memberships. The only place that knows when one has expired."""

    def active(self, now: datetime | None = None) -> Self:
        """Return the memberships that have not expired."""
        return self.exclude(_has_expired(now))

    def expired(self) -> Self:
        """Return the expired memberships. An owner's never expires, so a list keeps an owner."""
        return self.filter(_has_expired(None))

    def _track_writes(self, unit: context.OpenRecording, targets: set[UUID]) -> None:
        unit.track_members(self.list_ids() | targets)

    def _track_creates(self, unit: context.OpenRecording, rows: list[Any]) -> None:
        unit.track_members({row.shopping_list_id for row in rows})


class ListQuerySet(RecordedQuerySet):
    """Lists."""

    list_column = "pk"
    _recording_columns: ClassVar[frozenset[str]] = frozenset(
        {"pk", "id", "version", "digest", "last_interaction"}
    )

    def not_deleted(self) -> Self:
        """Return the lists that are not in the trash."""
        return self.filter(deleted_at=None)

    def _track_writes(self, unit: context.OpenRecording, targets: set[UUID]) -> None:
        unit.track_lists(self.list_ids())

    def _track_creates(self, unit: context.OpenRecording, rows: list[Any]) -> None:
        unit.track_lists(row.pk for row in rows)
        for row in rows:
            unit.stamp_list(row)


def _has_expired(now: datetime | None) -> models.Q:
    return models.Q(expires_at__lte=now or timezone.now()) & ~models.Q(role="owner")


def _affected_list_ids(rows: list[Any]) -> set[UUID]:
    return {pk for row in rows for pk in row.affected_list_ids()}
