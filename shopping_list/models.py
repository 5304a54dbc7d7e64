"""The tables of a list. Every write to lists, members and items is recorded (recording/)."""

from __future__ import annotations

import secrets
import string
import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from shopping_list import digest
from shopping_list.parsing import item_names
from shopping_list.recording.members_field import MembersField
from shopping_list.recording.querysets import (
    ItemQuerySet,
    ListQuerySet,
    MembershipQuerySet,
    RecordedManager,
)
from shopping_list.recording.recorded_model import RecordedModel
from shopping_list.rows import RowEncoder

EPOCH_ALPHABET = string.ascii_lowercase + string.digits


def new_epoch() -> str:
    """Return the name of a new history: 8 random characters."""
    return "".join(secrets.choice(EPOCH_ALPHABET) for _ in range(8))


def empty_summary() -> dict[str, Any]:
    """Return the summary of a change without rows, as it is stored."""
    return {"items": 0, "members": 0, "list_changed": False, "names": [], "fields": {}}


class ShoppingList(RecordedModel):
    """A list, and the position of its history: (`epoch`, `version`, `digest`)."""

    uuid_fields = ("id",)
    bookkeeping_fields: ClassVar[Mapping[str, str | None]] = {
        "version": None,
        "epoch": None,
        "digest": None,
        "last_interaction": None,
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(max_length=200)
    epoch = models.CharField(max_length=8, default=new_epoch)
    version = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=16, default=digest.EMPTY, editable=False)
    last_interaction = models.DateTimeField(default=timezone.now, db_index=True)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    deleted_at = models.DateTimeField(null=True, blank=True)
    aisles = models.JSONField(default=list, blank=True)
    shops = models.JSONField(default=dict, blank=True)
    staples = models.JSONField(default=dict, blank=True)
    members = MembersField(
        settings.AUTH_USER_MODEL, through="Membership", related_name="shopping_lists"
    )

    objects = RecordedManager.from_queryset(ListQuerySet)()

    class Meta:
        base_manager_name = "objects"  # the related managers' add() and set() use it to write
        indexes = (
            # Without the condition, SQLite searches for the lists that are not deleted by it,
            # and so reads all lists of the installation to find those of a few users.
            models.Index(
                fields=["deleted_at"],
                condition=Q(deleted_at__isnull=False),
                name="list_trash_idx",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def affected_list_ids(self) -> set[uuid.UUID]:
        """Return this list."""
        return {self.pk}


class Membership(RecordedModel):
    """A user on a list, with a role that includes the roles before it.

    After `expires_at` it gives no access any more: `Membership.objects.active()`
    leaves it out, and memberships.remove_expired deletes the row.
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
    """A link that makes its user a member; only the hash of its secret is stored.

    With `guest` it needs no account, and the memberships made by it expire with it.
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
        "not_found_at": "purchased",
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
    shops = models.JSONField(default=list, blank=True)
    not_found_at = models.DateTimeField(null=True, blank=True)
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
        """Remember the list that the row was read on: moving it locks both, in order."""
        item = super().from_db(*args, **kwargs)
        item._loaded_list_id = item.__dict__.get("shopping_list_id")
        return item

    def affected_list_ids(self) -> set[uuid.UUID]:
        """Return the list of this item, and the list that it is moved from."""
        return {self.shopping_list_id, self._loaded_list_id or self.shopping_list_id}


class ForgottenName(models.Model):
    """A name that one user does not want to be suggested any more."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=200)
    name_key = models.CharField(max_length=item_names.MAX_KEY_LENGTH, editable=False)
    forgotten_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["user", "name_key"], name="unique_forgotten_name"),
        )

    def __str__(self) -> str:
        return self.name


class Activity(models.Model):
    """One recorded change: outbox, resume log, feed and undo history in one row.

    `list_id` is no foreign key: the log of a deleted list stays. `base` and `digest`
    are those of the list before and after the change. `frame` is the exact bytes that
    subscribers get, `summary` the change in short (rows.ActivitySummary). A move of items
    between two lists is a change of each with one operation id, and `other_list_id` of each
    is the other list.
    """

    list_id = models.UUIDField()
    version = models.PositiveBigIntegerField()
    epoch = models.CharField(max_length=8)
    base = models.CharField(max_length=16)
    digest = models.CharField(max_length=16)
    verb = models.CharField(max_length=16)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    actor_name = models.CharField(max_length=150, blank=True, default="")
    operation_id = models.UUIDField(null=True)
    changes = models.JSONField(encoder=RowEncoder)
    summary = models.JSONField(default=empty_summary)
    frame = models.BinaryField()
    undoes = models.PositiveBigIntegerField(null=True)
    other_list_id = models.UUIDField(null=True)
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


class IdempotentResponseQuerySet(models.QuerySet["IdempotentResponse"]):
    """Stored responses."""

    def expired(self) -> Self:
        """Return the responses that are no longer sent again."""
        return self.filter(at__lt=timezone.now() - IdempotentResponse.RETENTION)


class IdempotentResponse(models.Model):
    """The stored response to a request with an Idempotency-Key.

    It is written in the transaction of the effect, so either both exist or
    neither. `scope` is the list, or the user where the request names no list. `key` is a
    hash of the key (rest/idempotency.py).
    `needed_role` and `needs_unrestricted_token` are what the request needed: a repeated
    one needs them too.
    """

    RETENTION: ClassVar[timedelta] = timedelta(days=30)

    scope = models.CharField(max_length=64)
    key = models.UUIDField()
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.JSONField(null=True)
    headers = models.JSONField(default=dict)
    needed_role = models.CharField(max_length=10, default=Membership.Role.VIEWER)
    needs_unrestricted_token = models.BooleanField(default=False)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = IdempotentResponseQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["scope", "key"], name="unique_key"),)

    def __str__(self) -> str:
        return f"{self.scope} {self.key}"
