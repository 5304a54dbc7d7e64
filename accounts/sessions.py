"""Where sessions are kept (SESSION_ENGINE), and what is known of each.

Django's own store, over rows that know their person and their browser.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import Session, User
from accounts.user_agent import describe

# How exact `last_seen_at` is: a busy browser costs one write in this time.
LAST_SEEN_RESOLUTION = timedelta(minutes=1)
# How far the end of a session in use may come nearer before it is moved again.
RENEWAL_INTERVAL = timedelta(days=1)
BROWSER = "browser"


class SessionStore(db.SessionStore):
    """Writes what a session's data says of itself into columns too.

    `renewed` is whether this store moved the end: then the cookie's has to follow.
    """

    renewed = False

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """Return the model of the rows."""
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """Return the row of these data."""
        row = super().create_model_instance(data)
        assert isinstance(row, Session)
        row.user_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        if browser := data.get(BROWSER):
            row.public_id = uuid.UUID(browser["id"])
            row.created_at = datetime.fromisoformat(browser["since"])
            row.device = browser["device"]
        return row

    def load(self) -> dict[str, Any]:
        """Return the data of a session that is not over, note its use, and renew it."""
        row: Session | None = self._get_session_from_db()  # type: ignore[attr-defined]
        if row is None:
            return {}
        _touch_last_seen(row)
        self.renewed = _renew(row)
        data: dict[str, Any] = self.decode(row.session_data)
        return data


def record_device(request: HttpRequest, **_: Any) -> None:
    """Take down which browser somebody has just signed in with (`user_logged_in`)."""
    request.session[BROWSER] = {
        "id": str(uuid.uuid4()),
        "since": timezone.now().isoformat(),
        "device": describe(request.headers.get("User-Agent", "")),
    }


def find(key: str) -> Session | None:
    """Return the session of this key if it is not over, and note its use."""
    row = Session.objects.filter(session_key=key, expire_date__gt=timezone.now()).first()
    if row is not None:
        _touch_last_seen(row)
    return row


def active_sessions(person: User) -> QuerySet[Session]:
    """Return a person's sessions that are not over, the one seen last first."""
    found = Session.objects.filter(user=person, expire_date__gt=timezone.now())
    return found.order_by("-last_seen_at", "-created_at", "pk")


def delete_expired() -> int:
    """Delete the sessions that are over; return how many."""
    deleted, _ = Session.objects.filter(expire_date__lte=timezone.now()).delete()
    return deleted


def _touch_last_seen(row: Session) -> None:
    now = timezone.now()
    if row.last_seen_at < now - LAST_SEEN_RESOLUTION:
        stale = Session.objects.filter(pk=row.pk, last_seen_at__lt=now - LAST_SEEN_RESOLUTION)
        stale.update(last_seen_at=now)


def _renew(row: Session) -> bool:
    """Let a session that is used last its whole time again; tell whether it was moved."""
    end = timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE)
    if row.expire_date >= end - RENEWAL_INTERVAL:
        return False
    # Of several requests at once, one moves it; and none, if it was ended meanwhile.
    nearer = Session.objects.filter(pk=row.pk, expire_date__lt=end - RENEWAL_INTERVAL)
    return bool(nearer.update(expire_date=end))
