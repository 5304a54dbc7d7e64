"""Sessions: their model and their store (SESSION_ENGINE), as Django's own example has them.

The rows know their user and their browser. They have a hash of the key and not the key, so
that a copy of the database signs nobody in. This module does not import models.py, which
imports the model from here.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.http import HttpRequest
from django.utils import timezone

from accounts.stamps import write_stamp
from accounts.user_agent import describe
from rest.database_errors import database_trouble

LAST_SEEN_RESOLUTION = timedelta(minutes=1)
"""`last_seen_at` is written at most once in this time, however many requests come."""
RENEWAL_INTERVAL = timedelta(days=1)
"""The expiry of a session in use is moved at most once in this time."""
MAX_SESSIONS = 100
"""Sessions of one user. A sign-in beyond that ends the one that was unused for the longest time."""
BROWSER = "browser"
PROXY_USER_KEY = "vouched"
"""In the data of a session: the name that the proxy had sent when the session began."""
STORE_FIELDS = ("session_data", "expire_date", "user", "public_id", "created_at", "device")


def digest(key: str) -> str:
    """Return the hash of a session key, which is what the database stores."""
    return hashlib.sha256(key.encode()).hexdigest()


class Session(AbstractBaseSession):
    """A browser in which a user is signed in, or of a visitor if it has no user.

    `session_key` is the `digest` of the key in the cookie.

    The browser and the time of the sign-in are in the session's data, so that they stay
    the same when the key changes. At that moment two rows describe one browser.
    """

    session_key = models.CharField(max_length=64, primary_key=True)
    public_id = models.UUIDField(default=uuid.uuid4, db_index=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)
    device = models.CharField(max_length=60, blank=True, default="")

    @classmethod
    def get_session_store_class(cls) -> type[SessionStore]:
        """Return the store that reads and writes these rows."""
        return SessionStore

    def save(
        self,
        *args: Any,
        force_update: bool = False,
        update_fields: Iterable[str] | None = None,
        **kwargs: Any,
    ) -> None:
        """Write the row; an update does not touch the fields that the store does not know."""
        if force_update and update_fields is None:
            update_fields = STORE_FIELDS
        super().save(*args, force_update=force_update, update_fields=update_fields, **kwargs)


class SessionStore(db.SessionStore):
    """Django's store in the database, which also writes the user and the browser into columns.

    It has the key, and gives the database the digest of the key. The asynchronous methods
    call the others in a thread, as those of Django's base class do.
    `renewed` says that this store has moved the expiry: then the cookie has to follow.
    """

    renewed = False

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """Return the model of the rows."""
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """Return the row for this session data."""
        row = super().create_model_instance(data)
        assert isinstance(row, Session)
        row.session_key = digest(row.session_key)
        row.user_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        if browser := data.get(BROWSER):
            row.public_id = uuid.UUID(browser["id"])
            row.created_at = datetime.fromisoformat(browser["since"])
            row.device = browser["device"]
        return row

    def save(self, must_create: bool = False) -> None:
        """Write the session. Raises UpdateError only if it was deleted meanwhile.

        Django's store raises it for every error of the database, and its middleware answers
        with 400 then, although the same request would be served a moment later.
        """
        try:
            super().save(must_create)
        except UpdateError as error:
            if error.__context__ is None or database_trouble(error.__context__) is None:
                raise
            failure = error.__context__
        else:
            return
        raise failure  # with its own cause, which `from` would replace

    def exists(self, session_key: str) -> bool:
        """Return whether there is a session with this key."""
        return super().exists(digest(session_key))

    def delete(self, session_key: str | None = None) -> None:
        """Delete the session with this key, by default this session."""
        key = session_key or self.session_key
        if key is not None:
            super().delete(digest(key))

    def load(self) -> dict[str, Any]:
        """Return the data of a session that has not expired, record its use, and renew it."""
        row = find(self.session_key or "")
        if row is None:
            self._session_key = None
            return {}
        self.renewed = _renew(row)
        data: dict[str, Any] = self.decode(row.session_data)
        return data

    aexists = SessionBase.aexists
    acreate = SessionBase.acreate
    asave = SessionBase.asave
    adelete = SessionBase.adelete
    aload = SessionBase.aload


def record_device(request: HttpRequest, user: AbstractBaseUser, **_: Any) -> None:
    """Store in the session which browser signed in (receiver of `user_logged_in`).

    The key changes at every sign-in. Django keeps it if the same user was signed in.
    """
    if request.COOKIES.get(settings.SESSION_COOKIE_NAME) == request.session.session_key:
        request.session.cycle_key()
    request.session.pop(PROXY_USER_KEY, None)
    _end_oldest(user)
    request.session[BROWSER] = {
        "id": str(uuid.uuid4()),
        "since": timezone.now().isoformat(),
        "device": describe(request.headers.get("User-Agent", "")),
    }


def find(key: str) -> Session | None:
    """Return the session with this key if it has not expired, and record its use."""
    unexpired = Session.objects.filter(expire_date__gt=timezone.now())
    row = unexpired.filter(session_key=digest(key)).first()
    if row is not None:
        _touch_last_seen(row)
    return row


def active_sessions(user: AbstractBaseUser) -> models.QuerySet[Session]:
    """Return the sessions of a user that have not expired, the most recently seen first."""
    active = Session.objects.filter(user_id=user.pk, expire_date__gt=timezone.now())
    return active.order_by("-last_seen_at", "-created_at", "pk")


def _end_oldest(user: AbstractBaseUser) -> None:
    """Leave room for one more session of a user."""
    for session in active_sessions(user)[MAX_SESSIONS - 1 :]:
        session.delete()  # one by one, because its receiver closes the sockets


def delete_expired() -> int:
    """Delete the expired sessions; return how many."""
    deleted, _ = Session.objects.filter(expire_date__lte=timezone.now()).delete()
    return deleted


def _touch_last_seen(row: Session) -> None:
    now = timezone.now()
    if row.last_seen_at < now - LAST_SEEN_RESOLUTION:
        stale = Session.objects.filter(pk=row.pk, last_seen_at__lt=now - LAST_SEEN_RESOLUTION)
        write_stamp(stale, last_seen_at=now)


def _renew(row: Session) -> bool:
    """Give a session in use its whole lifetime again; return whether the expiry was moved."""
    expiry = timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE)
    if row.expire_date >= expiry - RENEWAL_INTERVAL:
        return False
    # Of concurrent requests only one moves it, and none if the session was deleted meanwhile.
    due = Session.objects.filter(pk=row.pk, expire_date__lt=expiry - RENEWAL_INTERVAL)
    return write_stamp(due, expire_date=expiry)
