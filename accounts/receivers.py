"""Receivers that end sessions when a password changes or a user is disabled or deleted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.db.models.signals import post_delete, post_save, pre_save

from accounts import sessions
from accounts.models import Session, User
from accounts.signals import access_revoked

WATCHED_FIELDS = ("password", "is_active")


def connect() -> None:
    """Connect all receivers of this app, once."""
    pre_save.connect(user_pre_save, sender=User, dispatch_uid="accounts.remember")
    post_save.connect(user_post_save, sender=User, dispatch_uid="accounts.compare")
    post_delete.connect(user_post_delete, sender=User, dispatch_uid="accounts.deleted")
    user_logged_in.connect(sessions.record_device, dispatch_uid="accounts.begin")


def user_pre_save(instance: User, update_fields: Iterable[str] | None, raw: bool, **_: Any) -> None:
    """Read the stored values of the watched fields, unless this save cannot change them."""
    untouched = update_fields is not None and not set(update_fields) & set(WATCHED_FIELDS)
    if raw or untouched or instance._state.adding:
        instance._granted = None  # type: ignore[attr-defined]
    else:
        stored = User.objects.filter(pk=instance.pk).values_list(*WATCHED_FIELDS).first()
        instance._granted = stored  # type: ignore[attr-defined]


def user_post_save(instance: User, **_: Any) -> None:
    """End every session if the password was changed or the user was disabled.

    The view that changes a password keeps the session of its own browser.
    """
    stored: tuple[str, bool] | None = getattr(instance, "_granted", None)
    if stored is None:
        return
    password, was_active = stored
    before = User(password=password).get_session_auth_hash()
    if was_active and not instance.is_active:
        _end_sessions(instance.pk, "disabled")
    elif before != instance.get_session_auth_hash():
        _end_sessions(instance.pk, "password")


def user_post_delete(instance: User, **_: Any) -> None:
    """Send, after the commit, that the user was deleted."""
    _send_access_revoked(instance.pk, "deleted")


def _end_sessions(user_id: int, reason: str) -> None:
    Session.objects.filter(user_id=user_id).delete()
    _send_access_revoked(user_id, reason)


def _send_access_revoked(user_id: int, reason: str) -> None:
    # A function, not a partial: Django logs a failed hook by its __qualname__.
    def send() -> None:
        access_revoked.send_robust(sender=User, user_id=user_id, reason=reason)

    transaction.on_commit(send, robust=True)
