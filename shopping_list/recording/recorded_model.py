"""The base class of the recorded models: `save` and `delete` enter the recording."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django.db import DEFAULT_DB_ALIAS, models

from rest.compiled_query import SaveUpdate, save_update
from shopping_list.recording import context


class RecordedModel(models.Model):
    """A row whose saves and deletes are one recorded change each.

    Inside `recording(...)` they join that change. `bookkeeping_fields` are the
    columns that recording itself sets, each with the column that must be written
    for it to be written too (None: any).
    """

    bookkeeping_fields: ClassVar[Mapping[str, str | None]] = {}
    uuid_fields: ClassVar[tuple[str, ...]] = ()

    class Meta:
        abstract = True

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        """Save the row as one recorded change."""
        self.assign_ids()
        if update_fields:
            written = set(update_fields)
            update_fields = written | {
                field
                for field, cause in self.bookkeeping_fields.items()
                if cause is None or cause in written
            }
        with context.recording(*self.affected_list_ids()):
            super().save(*args, update_fields=update_fields, **kwargs)

    def _do_update(self, *args: Any) -> Any:
        """Write the row as Django does; plain values go without a query that must be built.

        Newer versions of Django pass one argument more, the fields to return.
        """
        _, using, pk, values, _, _, *returning = args
        fields = tuple(field for field, _, _ in values)
        plain = tuple(value for _, _, value in values)
        is_plain = bool(values) and using == DEFAULT_DB_ALIAS and not returning
        if is_plain and SaveUpdate.can_write(fields, plain):
            update = save_update(type(self), fields).bind(plain, pk)
            unit = context.current()
            return (update.result if unit is None else unit.write_row(update, self)) > 0
        return super()._do_update(*args)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete the row as one recorded change."""
        self.normalise_uuids()
        with context.recording(*self.affected_list_ids()):
            return super().delete(*args, **kwargs)

    def affected_list_ids(self) -> set[uuid.UUID]:
        """Return the lists that writing this row changes."""
        raise NotImplementedError

    def assign_ids(self) -> None:
        """Set the ids that Django itself would set only while it writes the row.

        The recording needs them before the row is written.
        """
        self._prepare_related_fields_for_save(operation_name="save")  # type: ignore[attr-defined]
        if self.pk is None and self._meta.pk.has_default():
            self.pk = self._meta.pk.get_default()
        self.normalise_uuids()

    def normalise_uuids(self) -> None:
        """Make UUIDs of ids that were set as strings: rows are found by UUID."""
        for name in self.uuid_fields:
            if isinstance(value := self.__dict__.get(name), str):
                setattr(self, name, uuid.UUID(value))
