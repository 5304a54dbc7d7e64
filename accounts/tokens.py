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

from accounts.models import ApiToken, User

# How exact `last_used_at` is: a busy script costs one write in this time.
NOTICED_EVERY = timedelta(minutes=1)
MOST = 100
"""Tokens that one person may have, those that are over included."""
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=3650)
KEPT = timedelta(days=30)
"""How long a token that is over is still shown."""
BY_PASSWORD = "api-token-auth"  # noqa: S105  (the name of a token, no password)


class TooManyTokensError(RuntimeError):
    """The person has as many tokens as they may have."""


class KeyReusedError(RuntimeError):
    """The Idempotency-Key was used for another token."""


def make(
    person: User,
    *,
    name: str,
    scope: str = ApiToken.Scope.WRITE,
    list_id: UUID | None = None,
    lives: timedelta | None = None,
    key: UUID | None = None,
) -> tuple[ApiToken, str]:
    """Return a new token and its secret.

    With an Idempotency-Key both come of the key, so that a repeated request gets
    the same ones, although the secret is stored nowhere; the id comes of what is
    asked for as well, so that it tells whether that was the same.
    Raises TooManyTokensError and KeyReusedError.
    """
    asked = [name, scope, list_id, lives]
    secret = knox_settings.TOKEN_PREFIX + (_mac(person, key) if key else secrets.token_hex(32))
    token = ApiToken(
        digest=hash_token(secret),
        token_key=secret[: CONSTANTS.TOKEN_KEY_LENGTH],
        public_id=UUID(_mac(person, key, *asked)[:32], version=4) if key else uuid4(),
        user=person,
        name=name,
        scope=scope,
        list_id=list_id,
        expiry=timezone.now() + lives if lives else None,
    )
    return _stored(token), secret


def make_by_password(person: User) -> str:
    """Return the secret of a new token for a script that knows the password.

    Such scripts may ask at each of their runs. So where there are too many, the
    token of this kind that was idle for the longest ends.
    """
    with transaction.atomic():
        _lock(person)
        if ApiToken.objects.filter(user=person).count() >= MOST:
            idle = ApiToken.objects.filter(user=person, name=BY_PASSWORD)
            first = idle.order_by(F("last_used_at").asc(nulls_first=True), "created").first()
            if first is not None:
                first.delete()
        return make(person, name=BY_PASSWORD)[1]


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
        _note_use(token)
    return token


def forget_old() -> int:
    """Delete the tokens that were over long ago; return how many."""
    deleted: int = ApiToken.objects.filter(expiry__lt=timezone.now() - KEPT).delete()[0]
    return deleted


def _mac(*parts: object) -> str:
    told = repr([part.pk if isinstance(part, User) else str(part) for part in parts])
    return salted_hmac("accounts.tokens", told, algorithm="sha256").hexdigest()


def _stored(token: ApiToken) -> ApiToken:
    with transaction.atomic():
        _lock(token.user)
        known: ApiToken | None = ApiToken.objects.filter(digest=token.digest).first()
        if known is not None:
            if known.public_id != token.public_id:
                raise KeyReusedError
            return known
        if ApiToken.objects.filter(user=token.user).count() >= MOST:
            raise TooManyTokensError
        token.save(force_insert=True)
    return token


def _lock(person: User) -> None:
    """Let whoever counts the person's tokens do so one after another."""
    User.objects.select_for_update(no_key=True).get(pk=person.pk)


def _note_use(token: ApiToken) -> None:
    now = timezone.now()
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - NOTICED_EVERY)
    if token.last_used_at is None or token.last_used_at < now - NOTICED_EVERY:
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)
