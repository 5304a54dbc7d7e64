"""The signal receivers of the live package. They only count and publish."""

from __future__ import annotations

from typing import Any

from django.core.signals import request_finished, request_started
from django.db.models.signals import post_delete, post_save

from accounts.models import ApiToken, Session
from accounts.signals import access_revoked
from live.counters import counters, is_request_excluded
from live.delivery import publisher
from live.fingerprint import fingerprint
from shopping_list.models import Activity


def connect() -> None:
    """Connect all receivers, once."""
    post_save.connect(publish_change, sender=Activity, dispatch_uid="live.publish_change")
    request_started.connect(count_started_request, dispatch_uid="live.request_started")
    request_finished.connect(count_finished_request, dispatch_uid="live.request_finished")
    access_revoked.connect(revoke_user, dispatch_uid="live.revoke_user")
    post_delete.connect(revoke_session, sender=Session, dispatch_uid="live.revoke_session")
    post_delete.connect(revoke_token, sender=ApiToken, dispatch_uid="live.revoke_token")


def publish_change(instance: Activity, created: bool, raw: bool = False, **_: Any) -> None:
    """Broadcast a recorded change after its commit."""
    if created and not raw:
        publisher.publish(instance)


def count_started_request(**_: Any) -> None:
    """Count a request that Django started."""
    if not is_request_excluded.get():
        counters.request_started()


def count_finished_request(**_: Any) -> None:
    """Count a request that Django finished."""
    if not is_request_excluded.get():
        counters.request_finished()


def revoke_user(user_id: int, **_: Any) -> None:
    """Close all sockets of a user: a new password, a disabled or deleted account."""
    publisher.publish_control({"type": "live.revoked", "user_id": user_id})


def revoke_session(instance: Session, **_: Any) -> None:
    """Close the sockets of a session once its deletion is committed."""
    digest = instance.session_key
    publisher.publish_control_on_commit({"type": "live.revoked", "session": fingerprint(digest)})


def revoke_token(instance: ApiToken, **_: Any) -> None:
    """Close the sockets of a token once its deletion is committed."""
    digest = instance.digest
    publisher.publish_control_on_commit({"type": "live.revoked", "token": fingerprint(digest)})
