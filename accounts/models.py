"""Users, their API tokens, and the links for setup and password reset.

The models of sessions and of attempt counts are next to the code that reads and writes them.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.hashers import check_password, identify_hasher, make_password
from django.contrib.auth.models import AbstractUser, UserManager
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from knox.models import AbstractAuthToken, AuthTokenManager

from accounts.attempt_counts import AttemptCount
from accounts.sessions import Session
from rest.text import fold_case

__all__ = [
    "ApiToken",
    "AttemptCount",
    "ResetLink",
    "Session",
    "SetupLink",
    "TokenIdempotencyKey",
    "User",
    "owner_exists",
]


class UsernameKeyField(models.CharField):  # type: ignore[type-arg]
    """The form of the user name by which a user is found: names differ in more than case."""

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        """Compute the key from the name that is saved."""
        key = fold_case(model_instance.username)  # type: ignore[attr-defined]
        setattr(model_instance, self.attname, key)
        return key


class CaseInsensitiveUserManager(UserManager["User"]):
    """Finds users by name without regard to case, because phones capitalise it."""

    def get_by_natural_key(self, username: str | None) -> User:
        """Return the user with that name; raises User.DoesNotExist."""
        return self.get(username_key=fold_case(username or ""))


class User(AbstractUser):  # type: ignore[django-manager-missing]  # knox is untyped
    """A user. Other users see `name`, or the username if the name is empty."""

    # 150 characters, of which case folding can make three each.
    username_key = UsernameKeyField(max_length=450, unique=True, editable=False)
    name = models.CharField(max_length=100, blank=True)
    is_guest = models.BooleanField(default=False)
    # Empty: the language of the browser. `accounts.languages` has the others.
    language = models.CharField(max_length=10, blank=True)

    objects: ClassVar[CaseInsensitiveUserManager] = CaseInsensitiveUserManager()

    def clean(self) -> None:
        """Report a user name that is taken as an error of `username`."""
        super().clean()
        # A form whose own rules refuse the name leaves None.
        same_name = User.objects.filter(username_key=fold_case(self.username or ""))
        if same_name.exclude(pk=self.pk).exists():
            raise ValidationError({"username": ["A user with that username already exists."]})

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        """Save the key of the user name with the name."""
        if update_fields is not None and "username" in update_fields:
            update_fields = {*update_fields, "username_key"}
        super().save(*args, update_fields=update_fields, **kwargs)

    def check_password(self, raw_password: str | None) -> bool:
        """Return whether it is the password, and renew a hash of an older version.

        The new hash keeps the salt, because the sessions of the user depend on it.
        """

        def renew(password: str) -> None:
            salt = identify_hasher(self.password).decode(self.password)["salt"]
            self.password = make_password(password, salt=salt)
            self.save(update_fields=["password"])

        return check_password(raw_password, self.password, renew)

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Return a value that changes with the password, but not when its hash is renewed.

        Each new password has its own salt, in `algorithm$…$salt$hash`.
        """
        parts = self.password.rsplit("$", 2)
        value = parts[1] if len(parts) == 3 else self.password
        namespace = "accounts.User.session_auth_hash"
        return salted_hmac(namespace, value, secret=secret, algorithm="sha256").hexdigest()

    @property
    def display_name(self) -> str:
        """The name that other users see."""
        return self.name or self.username


class ApiToken(AbstractAuthToken):  # type: ignore[misc]
    """A bearer token of a script, with a name and a scope. Only its hash is stored."""

    class Scope(models.TextChoices):
        """What a token may do. READ, TICK and WRITE include the one before; METRICS is apart."""

        READ = "read"
        TICK = "tick"
        WRITE = "write"
        METRICS = "metrics"

    # The id that users see. They must not see the digest, by which a token is authenticated.
    public_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=100)
    scope = models.CharField(max_length=7, choices=Scope.choices, default=Scope.WRITE)
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
    """The hash of the Idempotency-Key with which a token was created.

    It is kept longer than the token, so a request that is repeated after the token was
    revoked gets an error and no new token. The response is not stored, because it
    contains the secret of the token; that is why tokens do not share the table of
    `shopping_list.IdempotentResponse`.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.UUIDField()
    # The hash of the request, and the id of the token that it created.
    request_fingerprint = models.CharField(max_length=64)
    public_id = models.UUIDField()
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "key"], name="unique_token_key")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.key}"


class SetupLink(models.Model):
    """The one-time secret with which the owner registers. Only its hash is stored."""

    digest = models.CharField(max_length=64, primary_key=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"setup link of {self.created_at:%Y-%m-%d %H:%M}"

    @classmethod
    def issue(cls) -> str:
        """Create the only valid link and return its secret, 256 random bits."""
        secret = secrets.token_urlsafe(32)
        with transaction.atomic():
            cls.objects.all().delete()
            cls.objects.create(digest=_digest(secret))
        return secret

    @classmethod
    def is_valid(cls, secret: str) -> bool:
        """Return whether the link is valid now, without using it."""
        return cls.objects.filter(digest=_digest(secret)).exists()

    @classmethod
    def claim(cls, secret: str) -> bool:
        """Delete the link. Of several concurrent claims exactly one returns True."""
        deleted, _ = cls.objects.filter(digest=_digest(secret)).delete()
        return bool(deleted)


class ResetLink(models.Model):
    """A one-time secret with which a user sets a new password. Only its hash is stored.

    A user has at most one. It is valid until it is used, another link is created, it
    expires, or the password is changed in another way.
    """

    LIFETIME: ClassVar[timedelta] = timedelta(hours=24)

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    digest = models.CharField(max_length=64, unique=True)
    # Django's hash for the sessions of the user, which changes with the password.
    session_auth_hash = models.CharField(max_length=64)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"reset link of {self.user_id}"

    @classmethod
    def issue(cls, user: User) -> str:
        """Create the user's only valid link and return its secret, 256 random bits."""
        secret = secrets.token_urlsafe(32)
        fields = {
            "digest": _digest(secret),
            "session_auth_hash": user.get_session_auth_hash(),
            "expires_at": timezone.now() + cls.LIFETIME,
        }
        cls.objects.update_or_create(user=user, defaults=fields)
        return secret

    @classmethod
    def user_for(cls, secret: str) -> User | None:
        """Return the user of a valid link, without using it; None for any other."""
        link = cls._valid(secret).filter(user__is_active=True).select_related("user").first()
        if link is None or link.session_auth_hash != link.user.get_session_auth_hash():
            return None
        return link.user

    @classmethod
    def claim(cls, secret: str, user: User) -> bool:
        """Delete the user's link. Of several concurrent claims exactly one returns True."""
        links = cls._valid(secret).filter(session_auth_hash=user.get_session_auth_hash())
        deleted, _ = links.delete()
        return bool(deleted)

    @classmethod
    def _valid(cls, secret: str) -> models.QuerySet[ResetLink]:
        return cls.objects.filter(digest=_digest(secret), expires_at__gt=timezone.now())


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def owner_exists() -> bool:
    """Return whether the installation has an owner."""
    return User.objects.filter(is_superuser=True, is_active=True).exists()
