"""People, their API tokens, and the link that makes the first owner."""

from __future__ import annotations

import hashlib
import secrets
from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models, transaction
from django.db.models.functions import Lower
from knox.models import AbstractAuthToken, AuthTokenManager


class People(UserManager["User"]):
    """Finds people by name without regard to case: phones capitalise it."""

    def get_by_natural_key(self, username: str | None) -> User:
        """Return the person of that name; raises User.DoesNotExist."""
        return self.alias(folded=Lower("username")).get(folded=Lower(models.Value(username)))


class User(AbstractUser):  # type: ignore[django-manager-missing]  # knox is untyped
    """A person. `name` is what others see; it falls back to the username."""

    name = models.CharField(max_length=100, blank=True)
    is_guest = models.BooleanField(default=False)

    objects: ClassVar[People] = People()

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


class SetupLink(models.Model):
    """The one-time secret that makes its bearer the owner; only its hash is kept."""

    digest = models.CharField(max_length=64, primary_key=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"setup link of {self.created_at:%Y-%m-%d %H:%M}"

    @classmethod
    def renew(cls) -> str:
        """Make the only valid link and return its secret, 256 random bits."""
        secret = secrets.token_urlsafe(32)
        with transaction.atomic():
            cls.objects.all().delete()
            cls.objects.create(digest=_digest(secret))
        return secret

    @classmethod
    def holds(cls, secret: str) -> bool:
        """Say whether the link would be good now, without using it."""
        return cls.objects.filter(digest=_digest(secret)).exists()

    @classmethod
    def claim(cls, secret: str) -> bool:
        """Use the link up. Of several concurrent claims exactly one is true."""
        deleted, _ = cls.objects.filter(digest=_digest(secret)).delete()
        return bool(deleted)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def owner_exists() -> bool:
    """Say whether somebody owns this installation already."""
    return User.objects.filter(is_superuser=True, is_active=True).exists()
