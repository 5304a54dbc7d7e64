"""Undo a change of a list's own fields: its name, and its settings name by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from rest.errors import DomainError
from shopping_list import list_settings, models
from shopping_list.services import aisles

State = Mapping[str, Any]
FIELDS = ("name", "aisles", "shops", "staples")
_MISSING = object()


class NotUndoableError(DomainError):
    """The change is of a kind that cannot be undone, or nothing of it is left to undo."""


def written_fields(before: State, after: State) -> set[str]:
    """Return the fields that a change wrote."""
    return {field for field in after if before.get(field) != after[field]}


@dataclass(frozen=True)
class ListUndo:
    """A list as it is now, and its own fields before and after a change."""

    row: models.ShoppingList
    before: State
    after: State

    @classmethod
    def load(cls, list_id: UUID, entry: Mapping[str, Any]) -> Self:
        """Read the list of an entry of the log. Raises NotUndoableError."""
        before, after = entry["before"], entry["after"]
        if not before or not after or before["deleted"] != after["deleted"]:
            raise NotUndoableError(
                "Changes of this kind are not undone: a list comes back with restore."
            )
        return cls(models.ShoppingList.objects.get(pk=list_id), before, after)

    def conflicts(self) -> Iterator[dict[str, str]]:
        """Yield the list, if a later change wrote a field or a name that this change wrote."""
        if any(self._was_changed_since(field) for field in self._fields):
            reason = "was changed since"
            yield {"list": str(self.row.pk), "name": self.row.name, "reason": reason}

    def apply(self) -> None:
        """Write what the list had before the change. Raises NotUndoableError."""
        for field in self._fields:
            setattr(self.row, field, self._value_before(field))
        try:
            list_settings.check(aisles.settings_of(self.row))
        except list_settings.InvalidSettingError as error:
            raise NotUndoableError(
                f"The list would break a rule of {error.field}: {error}"
            ) from error
        if self._fields:
            self.row.save(update_fields=self._fields)

    @property
    def _fields(self) -> list[str]:
        written = written_fields(self.before, self.after)
        return [field for field in FIELDS if field in written]

    def _was_changed_since(self, field: str) -> bool:
        now, before, after = self._values(field)
        if not isinstance(after, dict):
            return bool(now != after)
        return any(
            now.get(name, _MISSING) != after.get(name, _MISSING)
            for name in _changed_names(before, after)
        )

    def _value_before(self, field: str) -> Any:
        """Return what an undo writes; of an object only the names that the change wrote."""
        now, before, after = self._values(field)
        if not isinstance(after, dict):
            return before
        changed = _changed_names(before, after)
        kept = {name: value for name, value in now.items() if name not in changed}
        return kept | {name: before[name] for name in changed if name in before}

    def _values(self, field: str) -> tuple[Any, Any, Any]:
        after = self.after[field]
        # An entry of an older version has no settings.
        return getattr(self.row, field), self.before.get(field, type(after)()), after


def _changed_names(before: State, after: State) -> set[str]:
    names = before.keys() | after.keys()
    return {name for name in names if before.get(name, _MISSING) != after.get(name, _MISSING)}
