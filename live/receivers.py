"""The signal receivers that make things live. They only count and publish."""

from __future__ import annotations

from typing import Any

from django.core.signals import request_finished, request_started
from django.db.models.signals import post_delete, post_save

from accounts.models import ApiToken, Session
from accounts.signals import access_revoked
from live.connections.identity import fingerprint
from live.counters import counters
from live.delivery import publisher
from live.metrics.middleware import request_excluded
from shopping_list.models import Activity


def connect() -> None:
    """Connect all of them, once."""
    post_save.connect(recorded, sender=Activity, dispatch_uid="live.recorded")
    request_started.connect(started, dispatch_uid="live.started")
    request_finished.connect(finished, dispatch_uid="live.finished")
    access_revoked.connect(revoked, dispatch_uid="live.revoked")
    post_delete.connect(session_ended, sender=Session, dispatch_uid="live.session_ended")
    post_delete.connect(token_deleted, sender=ApiToken, dispatch_uid="live.token_deleted")


def recorded(instance: Activity, created: bool, raw: bool = False, **_: Any) -> None:
    """Broadcast a recorded change after its commit."""
    if created and not raw:
        publisher.publish(instance)


def started(**_: Any) -> None:
    """Count a request that Django began."""
    if not request_excluded.get():
        counters.request_started()


def finished(**_: Any) -> None:
    """Count a request that Django finished."""
    if not request_excluded.get():
        counters.request_finished()


def revoked(user_id: int, **_: Any) -> None:
    """Close all sockets of a person: another password, disabled, deleted."""
    publisher.publish_control({"type": "live.revoked", "user": user_id})


def session_ended(instance: Session, **_: Any) -> None:
    """Close the sockets of a session, once it is really gone: signed out, here or from afar."""
    key = instance.session_key
    publisher.control_on_commit({"type": "live.revoked", "session": fingerprint(key)})


def token_deleted(instance: ApiToken, **_: Any) -> None:
    """Close the sockets that a token opened, once it is really gone."""
    publisher.control_on_commit({"type": "live.revoked", "token": fingerprint(instance.digest)})
