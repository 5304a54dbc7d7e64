"""API tokens: made once, shown once, found again by their hash alone."""

from __future__ import annotations

import secrets
from datetime import timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from knox.crypto import hash_token
from knox.settings import CONSTANTS, knox_settings

from accounts.models import ApiToken, TokenIdempotencyKey, User

# How exact `last_used_at` is: a busy script costs one write in this time.
NOTICED_EVERY = timedelta(minutes=1)
MAX_TOKENS = 100
"""Tokens that one person may have, those that are over included."""
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=3650)
RETENTION = timedelta(days=30)
"""How long a token that is over is still shown."""
PASSWORD_TOKEN_NAME = "api-token-auth"  # noqa: S105  (the name of a token, no password)


class TooManyTokensError(RuntimeError):
    """The person has as many tokens as they may have."""


class KeyReusedError(RuntimeError):
    """The Idempotency-Key was used for another token, or for one that was revoked."""


def create(
    person: User,
    *,
    name: str,
    scope: str = ApiToken.Scope.WRITE,
    list_id: UUID | None = None,
    lives: timedelta | None = None,
    key: UUID | None = None,
) -> tuple[ApiToken, str]:
    """Return a new token and its secret.

    With an Idempotency-Key the secret comes of the key and the random id of the
    token, so that a repeated request gets the same ones, although the secret is
    stored nowhere, and no request gets one that was revoked.
    Raises TooManyTokensError and KeyReusedError.
    """
    fingerprint = _mac(name, scope, list_id, lives)
    with transaction.atomic():
        _lock(person)
        if key and (known := _made_by(person, key, fingerprint)):
            return known, _secret_of(known, key)
        if ApiToken.objects.filter(user=person).count() >= MAX_TOKENS:
            raise TooManyTokensError
        token = ApiToken(public_id=uuid4(), user=person, name=name, scope=scope, list_id=list_id)
        token.expiry = timezone.now() + lives if lives else None
        secret = _secret_of(token, key)
        token.digest = hash_token(secret)
        token.token_key = secret[: CONSTANTS.TOKEN_KEY_LENGTH]
        token.save(force_insert=True)
        if key:
            TokenIdempotencyKey.objects.create(
                user=person, key=key, request_fingerprint=fingerprint, public_id=token.public_id
            )
    return token, secret


def create_from_password(person: User) -> str:
    """Return the secret of a new token for a script that knows the password.

    Such scripts may ask at each of their runs. So where there are too many, the
    token of this kind that was idle for the longest ends.
    """
    with transaction.atomic():
        _lock(person)
        if ApiToken.objects.filter(user=person).count() >= MAX_TOKENS:
            idle = ApiToken.objects.filter(user=person, name=PASSWORD_TOKEN_NAME)
            first = idle.order_by(F("last_used_at").asc(nulls_first=True), "created").first()
            if first is not None:
                first.delete()
        return create(person, name=PASSWORD_TOKEN_NAME)[1]


def find(secret: str) -> ApiToken | None:
    """Return the live token of an active person with this secret, and note its use."""
    if not secret.isascii():
        return None
    now = timezone.now()
    token: ApiToken | None = (
        ApiToken.objects.select_related("user")
        .filter(Q(expiry=None) | Q(expiry__gt=now), digest=hash_token(secret), user__is_active=True)
        .first()
    )
    if token is not None:
        _touch_last_used(token)
    return token


def delete_expired() -> int:
    """Delete the tokens that were over long ago, and old keys; return how many tokens."""
    then = timezone.now() - RETENTION
    TokenIdempotencyKey.objects.filter(at__lt=then).delete()
    deleted: int = ApiToken.objects.filter(expiry__lt=then).delete()[0]
    return deleted


def _mac(*parts: object) -> str:
    told = repr([str(part) for part in parts])
    return salted_hmac("accounts.tokens", told, algorithm="sha256").hexdigest()


def _secret_of(token: ApiToken, key: UUID | None) -> str:
    random = _mac(token.user_id, key, token.public_id) if key else secrets.token_hex(32)
    return f"{knox_settings.TOKEN_PREFIX}{random}"


def _made_by(person: User, key: UUID, asked: str) -> ApiToken | None:
    """Return the token that was made by a key, None for a new key."""
    used = TokenIdempotencyKey.objects.filter(user=person, key=key).first()
    if used is None:
        return None
    made: ApiToken | None = ApiToken.objects.filter(public_id=used.public_id).first()
    if made is None or used.request_fingerprint != asked:
        raise KeyReusedError
    return made


def _lock(person: User) -> None:
    """Let whoever counts the person's tokens do so one after another."""
    User.objects.select_for_update(no_key=True).get(pk=person.pk)


def _touch_last_used(token: ApiToken) -> None:
    now = timezone.now()
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - NOTICED_EVERY)
    if token.last_used_at is None or token.last_used_at < now - NOTICED_EVERY:
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)
