"""The export of all data that is stored about a user, except secrets and their hashes."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import msgspec
from django.utils import timezone

from accounts import personal_data, sessions
from accounts.models import ApiToken, User

FORMAT = "trolley-account"
VERSION = 1
PROFILE_FIELDS = (
    *("id", "username", "name", "email", "language"),
    *("is_guest", "is_staff", "is_superuser"),
)
TOKEN_FIELDS = ("public_id", "name", "scope", "list_id", "created", "expiry", "last_used_at")
SESSION_FIELDS = ("public_id", "device", "created_at", "last_seen_at", "expire_date")


def export_user(user: User) -> bytes:
    """Return the data as JSON, without any password, key or token or a hash of one.

    The text is written piece by piece: as Python objects the data would take four times as much
    memory.
    """
    tokens = ApiToken.objects.filter(user=user).order_by("created", "pk")
    own = {
        "format": FORMAT,
        "version": VERSION,
        "exported_at": timezone.now(),
        "profile": _profile(user),
        "sessions": list(sessions.active_sessions(user).values(*SESSION_FIELDS)),
        "tokens": list(tokens.values(*TOKEN_FIELDS)),
    }
    document = BytesIO()
    document.write(msgspec.json.encode(own).removesuffix(b"}"))
    for name, pieces in personal_data.export(user):
        document.write(b"," + msgspec.json.encode(name) + b":")
        for piece in pieces:
            document.write(piece)
    document.write(b"}")
    return document.getvalue()


def _profile(user: User) -> dict[str, Any]:
    times = {"joined_at": user.date_joined, "last_signed_in_at": user.last_login}
    return {name: getattr(user, name) for name in PROFILE_FIELDS} | times
