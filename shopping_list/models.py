"""The tables of a list. Every write to them is recorded (recording.py)."""

from __future__ import annotations

import secrets
import string
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from shopping_list.parsing import item_names
from shopping_list.recording import context
from shopping_list.recording.members_field import MembersField
from shopping_list.recording.querysets import (
    ItemQuerySet,
    ListQuerySet,
    MembershipQuerySet,
    RecordedManager,
)

EPOCH_ALPHABET = string.ascii_lowercase + string.digits


def new_epoch() -> str:
    """Return the name of a new history: 8 random characters."""
    return "".join(secrets.choice(EPOCH_ALPHABET) for _ in range(8))


class RecordedModel(models.Model):
    """A row whose saves and deletes are one recorded change each.

    Inside `recording(...)` they join that change. `stamps` are the columns
    that recording itself sets, and the column whose writing writes them too
    (None: any).
    """

    bookkeeping_fields: ClassVar[Mapping[str, str | None]] = {}
    uuid_fields: ClassVar[tuple[str, ...]] = ()

    class Meta:
        abstract = True

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        """Save the row as one recorded change."""
        self.assign_ids()
        if update_fields:
            named = set(update_fields)
            update_fields = named | {
                stamp
                for stamp, cause in self.bookkeeping_fields.items()
                if cause is None or cause in named
            }
        with context.recording(*self.affected_list_ids()):
            super().save(*args, update_fields=update_fields, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete the row as one recorded change."""
        self.normalise_uuids()
        with context.recording(*self.affected_list_ids()):
            return super().delete(*args, **kwargs)

    def affected_list_ids(self) -> set[uuid.UUID]:
        """Return the lists that writing this row changes."""
        raise NotImplementedError

    def assign_ids(self) -> None:
        """Give the row the ids that Django would find only while it writes it.

        The row is recorded under them from before that moment on.
        """
        self._prepare_related_fields_for_save(operation_name="save")  # type: ignore[attr-defined]
        if self.pk is None and self._meta.pk.has_default():
            self.pk = self._meta.pk.get_default()
        self.normalise_uuids()

    def normalise_uuids(self) -> None:
        """Make UUIDs of ids that were given as strings: rows are found by them."""
        for name in self.uuid_fields:
            if isinstance(given := self.__dict__.get(name), str):
                setattr(self, name, uuid.UUID(given))


class ShoppingList(RecordedModel):
    """A list, and where its history stands: (`epoch`, `version`)."""

    uuid_fields = ("id",)
    bookkeeping_fields: ClassVar[Mapping[str, str | None]] = {
        "version": None,
        "epoch": None,
        "last_interaction": None,
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(max_length=200)
    epoch = models.CharField(max_length=8, default=new_epoch)
    version = models.PositiveBigIntegerField(default=0)
    last_interaction = models.DateTimeField(default=timezone.now, db_index=True)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    deleted_at = models.DateTimeField(null=True, blank=True, db_index=True)
    members = MembersField(
        settings.AUTH_USER_MODEL, through="Membership", related_name="shopping_lists"
    )

    objects = RecordedManager.from_queryset(ListQuerySet)()

    class Meta:
        base_manager_name = "objects"  # the related managers' add() and set() write with it

    def __str__(self) -> str:
        return self.name

    def affected_list_ids(self) -> set[uuid.UUID]:
        """Return this list."""
        return {self.pk}


class Membership(RecordedModel):
    """A person on a list, with a role that includes the ones before it.

    After `expires_at` it counts as none; `Membership.objects.active()` knows,
    and invites.end_expired deletes the row.
    """

    uuid_fields = ("shopping_list_id",)

    class Role(models.TextChoices):
        """What a member may do."""

        VIEWER = "viewer"
        TICKER = "ticker"
        EDITOR = "editor"
        OWNER = "owner"

    shopping_list = models.ForeignKey(
        ShoppingList, on_delete=models.CASCADE, related_name="memberships"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(max_length=6, choices=Role.choices, default=Role.EDITOR)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)

    objects = RecordedManager.from_queryset(MembershipQuerySet)()

    class Meta:
        base_manager_name = "objects"
        indexes = (
            models.Index(
                fields=["expires_at"],
                condition=Q(expires_at__isnull=False),
                name="membership_expiry_idx",
            ),
        )
        constraints = (
            models.UniqueConstraint(fields=["shopping_list", "user"], name="unique_member"),
            models.CheckConstraint(
                condition=Q(role__in=["viewer", "ticker", "editor", "owner"]), name="valid_role"
            ),
        )

    def __str__(self) -> str:
        return f"{self.user_id} on {self.shopping_list_id}"

    def affected_list_ids(self) -> set[uuid.UUID]:
        """Return the list of this membership."""
        return {self.shopping_list_id}


class Invite(models.Model):
    """A link that makes its bearer a member; only the hash of its secret is kept.

    With `guest` it needs no account, and what is joined by it ends with it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    shopping_list = models.ForeignKey(ShoppingList, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    role = models.CharField(max_length=6, choices=Membership.Role.choices)
    guest = models.BooleanField(default=False)
    expires_at = models.DateTimeField(db_index=True)
    max_uses = models.PositiveIntegerField(null=True, blank=True)
    uses = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(role__in=["viewer", "ticker", "editor"]), name="valid_invite_role"
            ),
            models.CheckConstraint(
                condition=Q(max_uses=None) | Q(uses__lte=F("max_uses")), name="valid_invite_uses"
            ),
        )
        indexes = (models.Index(fields=["shopping_list", "-created_at"], name="invite_newest_idx"),)

    def __str__(self) -> str:
        return f"invite to {self.shopping_list_id}"


class ShoppingItem(RecordedModel):
    """Something to buy. `version` is the list's version at its last change."""

    uuid_fields = ("id", "shopping_list_id")
    bookkeeping_fields: ClassVar[Mapping[str, str | None]] = {
        "version": None,
        "updated_at": None,
        "name_key": "name",
        "purchased_at": "purchased",
        "purchased_by": "purchased",
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    shopping_list = models.ForeignKey(ShoppingList, on_delete=models.CASCADE, related_name="items")
    name = models.CharField(max_length=200)
    name_key = models.CharField(max_length=item_names.MAX_KEY_LENGTH, editable=False)
    quantity = models.CharField(max_length=50, blank=True, default="")
    note = models.CharField(max_length=1000, blank=True, default="")
    category = models.CharField(max_length=100, blank=True, default="")
    purchased = models.BooleanField(default=False)
    purchased_at = models.DateTimeField(null=True, blank=True)
    purchased_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    position = models.CharField(max_length=255, blank=True, default="")
    version = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    updated_at = models.DateTimeField(default=timezone.now)
    _loaded_list_id: uuid.UUID | None = None

    objects = RecordedManager.from_queryset(ItemQuerySet)()

    class Meta:
        base_manager_name = "objects"
        constraints = (
            models.UniqueConstraint(
                fields=["shopping_list", "name_key"],
                condition=Q(purchased=False),
                name="unique_open_item_name",
            ),
        )
        indexes = (
            models.Index(fields=["shopping_list", "position", "id"], name="item_order_idx"),
            models.Index(fields=["shopping_list", "name_key"], name="item_name_idx"),
        )

    def __str__(self) -> str:
        return self.name

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> Self:
        """Remember the list that a row came from: moving it locks both, in order."""
        item = super().from_db(*args, **kwargs)
        item._loaded_list_id = item.__dict__.get("shopping_list_id")
        return item

    def affected_list_ids(self) -> set[uuid.UUID]:
        """Return the list of this item, and the one that it leaves."""
        return {self.shopping_list_id, self._loaded_list_id or self.shopping_list_id}


class Activity(models.Model):
    """One recorded change: outbox, resume log, feed and undo history in one row.

    `list_id` is no foreign key: the tombstone outlives its list. `frame` holds
    the exact bytes that subscribers get.
    """

    list_id = models.UUIDField()
    version = models.PositiveBigIntegerField()
    epoch = models.CharField(max_length=8)
    verb = models.CharField(max_length=16)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    actor_name = models.CharField(max_length=150, blank=True, default="")
    operation_id = models.UUIDField(null=True)
    changes = models.JSONField()
    frame = models.BinaryField()
    undoes = models.PositiveBigIntegerField(null=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "activities"
        constraints = (
            models.UniqueConstraint(fields=["list_id", "version"], name="unique_version"),
            models.UniqueConstraint(
                fields=["list_id", "operation_id"],
                condition=Q(operation_id__isnull=False),
                name="unique_operation",
            ),
        )
        indexes = (
            models.Index(
                fields=["list_id", "undoes"],
                condition=Q(undoes__isnull=False),
                name="activity_undoes_idx",
            ),
        )

    def __str__(self) -> str:
        return f"{self.list_id} v{self.version} {self.verb}"


class IdempotentResponse(models.Model):
    """The stored answer to a request that carried an Idempotency-Key.

    Written in the transaction of the effect, so there is one if and only if
    there is the other. `scope` is the list, or the person where there is none.
    """

    scope = models.CharField(max_length=64)
    key = models.UUIDField()
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.JSONField(null=True)
    headers = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["scope", "key"], name="unique_key"),)

    def __str__(self) -> str:
        return f"{self.scope} {self.key}"
