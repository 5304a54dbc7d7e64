"""API tokens: created once, shown once, looked up by their hash alone."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import CharField, DateTimeField, F, Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from knox.crypto import hash_token
from knox.settings import CONSTANTS, knox_settings

from accounts.models import ApiToken, TokenIdempotencyKey, User
from accounts.stamps import write_stamp
from rest.compiled_query import CompiledQuery, columns_of, to_instance
from rest.errors import DomainError
from rest.idempotency import KeyReusedError, stored_key

LAST_USED_RESOLUTION = timedelta(minutes=1)
"""`last_used_at` is written at most once in this time, however many requests come."""
MAX_TOKENS = 100
"""Tokens of one user, the expired ones included."""
MIN_LIFETIME, MAX_LIFETIME = timedelta(minutes=1), timedelta(days=3650)
RETENTION = timedelta(days=30)
"""How long an expired token is still shown."""
PASSWORD_TOKEN_NAME = "api-token-auth"  # noqa: S105  (the name of a token, no password)


class TooManyTokensError(DomainError):
    """The user has MAX_TOKENS tokens."""

    message = "You have too many tokens: revoke some first."


def create(
    user: User,
    *,
    name: str,
    scope: str = ApiToken.Scope.WRITE,
    list_id: UUID | None = None,
    lifetime: timedelta | None = None,
    key: UUID | None = None,
) -> tuple[ApiToken, str]:
    """Return a new token and its secret.

    With an Idempotency-Key the secret is derived from the key and the random id of the
    token. So a repeated request gets the same token and secret, although neither the
    secret nor the key is stored, and no request gets a token that was revoked.
    Raises TooManyTokensError and KeyReusedError.
    """
    fingerprint = _mac(name, scope, list_id, lifetime)
    with transaction.atomic():
        _lock(user)
        if key and (existing := _created_with(user, key, fingerprint)):
            return existing, _secret_of(existing, key)
        if ApiToken.objects.filter(user=user).count() >= MAX_TOKENS:
            raise TooManyTokensError
        token = ApiToken(public_id=uuid4(), user=user, name=name, scope=scope, list_id=list_id)
        token.expiry = timezone.now() + lifetime if lifetime else None
        secret = _secret_of(token, key)
        token.digest = hash_token(secret)
        token.token_key = secret[: CONSTANTS.TOKEN_KEY_LENGTH]
        token.save(force_insert=True)
        if key:
            TokenIdempotencyKey.objects.create(
                user=user,
                key=stored_key(key),
                request_fingerprint=fingerprint,
                public_id=token.public_id,
            )
    return token, secret


def create_from_password(user: User) -> str:
    """Return the secret of a new token for a script that knows the password.

    Such a script may request a token at each run. If the user has too many tokens, the
    one of this kind that was unused for the longest time is deleted.
    """
    with transaction.atomic():
        _lock(user)
        if ApiToken.objects.filter(user=user).count() >= MAX_TOKENS:
            replaceable = ApiToken.objects.filter(user=user, name=PASSWORD_TOKEN_NAME)
            by_last_use = replaceable.order_by(F("last_used_at").asc(nulls_first=True), "created")
            if (oldest := by_last_use.first()) is not None:
                oldest.delete()
        return create(user, name=PASSWORD_TOKEN_NAME)[1]


def find(secret: str) -> ApiToken | None:
    """Return the valid token of an active user with this secret, and record its use.

    A token of the scope `metrics` is none here: it opens nothing of its user's.
    """
    return _find(secret, is_for_metrics=False)


def find_for_metrics(secret: str) -> ApiToken | None:
    """Return the valid token of the scope `metrics` with this secret, and record its use."""
    return _find(secret, is_for_metrics=True)


def _find(secret: str, *, is_for_metrics: bool) -> ApiToken | None:
    if not secret.isascii():
        return None
    for values in _valid_token(hash_token(secret), timezone.now()):
        token: ApiToken = to_instance(ApiToken, values[: len(_TOKEN_COLUMNS)])
        if (token.scope == ApiToken.Scope.METRICS) is not is_for_metrics:
            return None
        token.user = to_instance(User, values[len(_TOKEN_COLUMNS) :])
        _touch_last_used(token)
        return token
    return None


_TOKEN_COLUMNS = columns_of(ApiToken)
_valid_token = CompiledQuery(
    lambda digest, now: (
        ApiToken.objects.filter(
            Q(expiry=None) | Q(expiry__gt=now), digest=digest, user__is_active=True
        )
        .order_by()
        .values_list(*_TOKEN_COLUMNS, *columns_of(User, prefix="user__"))
    ),
    fields=[CharField(), DateTimeField()],
    sample_arguments=(
        ("a", datetime(2026, 1, 1, tzinfo=UTC)),
        ("b", datetime(2026, 1, 2, tzinfo=UTC)),
    ),
)


def delete_expired() -> int:
    """Delete old expired tokens and old keys; return how many tokens."""
    cutoff = timezone.now() - RETENTION
    TokenIdempotencyKey.objects.filter(at__lt=cutoff).delete()
    deleted: int = ApiToken.objects.filter(expiry__lt=cutoff).delete()[0]
    return deleted


def _mac(*parts: object) -> str:
    text = repr([str(part) for part in parts])
    return salted_hmac("accounts.tokens", text, algorithm="sha256").hexdigest()


def _secret_of(token: ApiToken, key: UUID | None) -> str:
    random = _mac(token.user_id, key, token.public_id) if key else secrets.token_hex(32)
    return f"{knox_settings.TOKEN_PREFIX}{random}"


def _created_with(user: User, key: UUID, fingerprint: str) -> ApiToken | None:
    """Return the token that was created with a key, None for a new key."""
    used = TokenIdempotencyKey.objects.filter(user=user, key=stored_key(key)).first()
    if used is None:
        return None
    token: ApiToken | None = ApiToken.objects.filter(public_id=used.public_id).first()
    if token is None or used.request_fingerprint != fingerprint:
        raise KeyReusedError
    return token


def _lock(user: User) -> None:
    """Serialise the requests that count the tokens of the user."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _touch_last_used(token: ApiToken) -> None:
    now = timezone.now()
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - LAST_USED_RESOLUTION)
    if token.last_used_at is None or token.last_used_at < now - LAST_USED_RESOLUTION:
        write_stamp(ApiToken.objects.filter(stale, pk=token.pk), last_used_at=now)
