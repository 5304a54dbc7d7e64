"""From the secret that a script shows to the token that it stands for."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from knox.crypto import hash_token

from accounts.models import ApiToken

# How exact `last_used_at` is: a busy script costs one write in this time.
NOTICED_EVERY = timedelta(minutes=1)


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


def _note_use(token: ApiToken) -> None:
    now = timezone.now()
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - NOTICED_EVERY)
    if token.last_used_at is None or token.last_used_at < now - NOTICED_EVERY:
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)
