"""Everything that is held of a person, but for what proves who they are."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from accounts import personal_data, sessions
from accounts.models import ApiToken, User

FORMAT = "trolley-account"
VERSION = 1
PROFILE = ("id", "username", "name", "email", "is_guest", "is_staff", "is_superuser")
TOKEN = ("public_id", "name", "scope", "list_id", "created", "expiry", "last_used_at")
SESSION = ("public_id", "device", "created_at", "last_seen_at", "expire_date")


def of(person: User) -> dict[str, Any]:
    """Return it, ready for JSON; no password, key or token, nor the hash of one."""
    tokens = ApiToken.objects.filter(user=person).order_by("created", "pk")
    return {
        "format": FORMAT,
        "version": VERSION,
        "exported_at": timezone.now(),
        "profile": _profile(person),
        "sessions": [dict(row) for row in sessions.active_sessions(person).values(*SESSION)],
        "tokens": [dict(row) for row in tokens.values(*TOKEN)],
        **personal_data.export(person),
    }


def _profile(person: User) -> dict[str, Any]:
    moments = {"joined_at": person.date_joined, "last_signed_in_at": person.last_login}
    return {name: getattr(person, name) for name in PROFILE} | moments
