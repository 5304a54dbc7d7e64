"""People, their sessions and API tokens, and the links that let somebody in."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone
from knox.models import AbstractAuthToken, AuthTokenManager


class CaseInsensitiveUserManager(UserManager["User"]):
    """Finds people by name without regard to case: phones capitalise it."""

    def get_by_natural_key(self, username: str | None) -> User:
        """Return the person of that name; raises User.DoesNotExist."""
        return self.alias(folded=Lower("username")).get(folded=Lower(models.Value(username)))


class User(AbstractUser):  # type: ignore[django-manager-missing]  # knox is untyped
    """A person. `name` is what others see; it falls back to the username."""

    name = models.CharField(max_length=100, blank=True)
    is_guest = models.BooleanField(default=False)

    objects: ClassVar[CaseInsensitiveUserManager] = CaseInsensitiveUserManager()

    class Meta(AbstractUser.Meta):
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                Lower("username"),
                name="accounts_user_username_any_case",
                violation_error_message="A user with that username already exists.",
            )
        ]

    @property
    def display_name(self) -> str:
        """The name that others see."""
        return self.name or self.username


class ApiToken(AbstractAuthToken):  # type: ignore[misc]
    """A bearer token of a script: named, scoped, hashed at rest."""

    class Scope(models.TextChoices):
        """What a token may do, each including the one before it."""

        READ = "read"
        TICK = "tick"
        WRITE = "write"

    # What is told of a token: the digest must not be, as it is what is compared.
    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=100)
    scope = models.CharField(max_length=5, choices=Scope.choices, default=Scope.WRITE)
    list_id = models.UUIDField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, related_name="api_tokens", on_delete=models.CASCADE
    )

    objects: ClassVar[AuthTokenManager] = AuthTokenManager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-created"]

    def __str__(self) -> str:
        return f"{self.name} ({self.scope})"


class TokenIdempotencyKey(models.Model):
    """The Idempotency-Key by which a token was made. It outlives the token.

    So a request that is repeated after the token was revoked finds that it was.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.UUIDField()
    # What was asked for, as a hash, and what was made.
    request_fingerprint = models.CharField(max_length=64)
    public_id = models.UUIDField()
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "key"], name="unique_token_key")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.key}"


class Session(AbstractBaseSession):
    """A browser that somebody is signed in with; without a person, a stranger's.

    Which browser and since when is kept in the session's data, so that it stays
    the same when the key changes: then two rows are of one browser for a moment.
    """

    public_id = models.UUIDField(default=uuid.uuid4, db_index=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)
    device = models.CharField(max_length=60, blank=True, default="")

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        """Return what reads and writes these rows."""
        from accounts.sessions import SessionStore  # noqa: PLC0415  (it needs this model)

        return SessionStore

    def save(
        self,
        *args: Any,
        force_update: bool = False,
        update_fields: Iterable[str] | None = None,
        **kwargs: Any,
    ) -> None:
        """Write the row; an update leaves alone what the store does not know."""
        if force_update and update_fields is None:
            update_fields = STORE_FIELDS
        super().save(*args, force_update=force_update, update_fields=update_fields, **kwargs)


STORE_FIELDS = ("session_data", "expire_date", "user", "public_id", "created_at", "device")


class SetupLink(models.Model):
    """The one-time secret that makes its bearer the owner; only its hash is kept."""

    digest = models.CharField(max_length=64, primary_key=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"setup link of {self.created_at:%Y-%m-%d %H:%M}"

    @classmethod
    def issue(cls) -> str:
        """Make the only valid link and return its secret, 256 random bits."""
        secret = secrets.token_urlsafe(32)
        with transaction.atomic():
            cls.objects.all().delete()
            cls.objects.create(digest=_digest(secret))
        return secret

    @classmethod
    def is_valid(cls, secret: str) -> bool:
        """Say whether the link would be good now, without using it."""
        return cls.objects.filter(digest=_digest(secret)).exists()

    @classmethod
    def claim(cls, secret: str) -> bool:
        """Use the link up. Of several concurrent claims exactly one is true."""
        deleted, _ = cls.objects.filter(digest=_digest(secret)).delete()
        return bool(deleted)


class ResetLink(models.Model):
    """A one-time secret that sets another password; only its hash is kept.

    A person has one at most. It is good until it is used, another one is made,
    its time is over, or the password changes in another way.
    """

    LIFETIME: ClassVar[timedelta] = timedelta(hours=24)

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    digest = models.CharField(max_length=64, unique=True)
    # What the person's sessions are proved by: another password has another.
    session_auth_hash = models.CharField(max_length=64)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"reset link of {self.user_id}"

    @classmethod
    def renew(cls, person: User) -> str:
        """Make the person's only valid link and return its secret, 256 random bits."""
        secret = secrets.token_urlsafe(32)
        fields = {
            "digest": _digest(secret),
            "session_auth_hash": person.get_session_auth_hash(),
            "expires_at": timezone.now() + cls.LIFETIME,
        }
        cls.objects.update_or_create(user=person, defaults=fields)
        return secret

    @classmethod
    def user_for(cls, secret: str) -> User | None:
        """Return whose link it is if it is good now, without using it."""
        found = cls._of(secret).filter(user__is_active=True).select_related("user").first()
        if found is None or found.session_auth_hash != found.user.get_session_auth_hash():
            return None
        return found.user

    @classmethod
    def claim(cls, secret: str, person: User) -> bool:
        """Use the person's link up. Of several concurrent claims exactly one is true."""
        deleted, _ = (
            cls._of(secret).filter(session_auth_hash=person.get_session_auth_hash()).delete()
        )
        return bool(deleted)

    @classmethod
    def _of(cls, secret: str) -> models.QuerySet[ResetLink]:
        return cls.objects.filter(digest=_digest(secret), expires_at__gt=timezone.now())


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def owner_exists() -> bool:
    """Say whether somebody owns this installation already."""
    return User.objects.filter(is_superuser=True, is_active=True).exists()
