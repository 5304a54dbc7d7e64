"""The many-to-many field of a list's members, whose `set` is one change.

Django's own `set` calls `remove` and then `add`, and sends no signal around both, so
each would be recorded as a change of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models.fields.related_descriptors import ManyToManyDescriptor
from django.utils.functional import cached_property

from shopping_list.recording import context


class MembersField(models.ManyToManyField):  # type: ignore[type-arg]
    """Django's field with another manager on both sides. Migrations see Django's field."""

    def contribute_to_class(
        self, cls: type[models.Model], name: str, *args: Any, **kwargs: Any
    ) -> None:
        """Put the manager on the list."""
        super().contribute_to_class(cls, name, *args, **kwargs)
        setattr(cls, self.name, _Descriptor(self.remote_field, reverse=False))

    def contribute_to_related_class(self, cls: type[models.Model], related: Any) -> None:
        """Put the manager on the user."""
        super().contribute_to_related_class(cls, related)
        setattr(cls, related.get_accessor_name(), _Descriptor(self.remote_field, reverse=True))

    def deconstruct(self) -> Any:
        """Name Django's field to migrations."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.ManyToManyField", args, kwargs


class _Descriptor(ManyToManyDescriptor):  # type: ignore[type-arg]
    @cached_property
    def related_manager_cls(self) -> type[Any]:
        """Return the manager's class, made once for each side."""
        django_manager: Any = super().related_manager_cls

        class MembersManager(django_manager):  # type: ignore[misc]
            def set(self, objs: Iterable[Any], **kwargs: Any) -> None:
                """Make these the members, as one change of each list."""
                members = tuple(objs)
                with context.recording(*self._affected_list_ids(members)):
                    super().set(members, **kwargs)

            def _affected_list_ids(self, objs: tuple[Any, ...]) -> list[UUID]:
                if not self.reverse:
                    return [self.instance.pk]
                new = [obj.pk if isinstance(obj, models.Model) else obj for obj in objs]
                return [UUID(str(pk)) for pk in (*new, *self.values_list("pk", flat=True))]

        MembersManager.set.alters_data = True  # type: ignore[attr-defined]
        return MembersManager
