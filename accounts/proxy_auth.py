"""Signing in whom the proxy in front of us has let in (TROLLEY_PROXY_AUTH_HEADER).

Only the composition root knows which proxies are believed; it leaves the name in
the request's scope.
"""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import login, logout
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponseBase

from accounts.authentication import BACKEND
from accounts.guests import USERNAME_PREFIX
from accounts.models import User
from rest.single_line_text import validate_single_line

logger = logging.getLogger(__name__)

REMOTE_USER = "trolley.remote_user"
PROXY_USER_KEY = "vouched"
"""In a session's data: the name for which the proxy vouched when it began."""


class ProxyUserRejected(Exception):  # noqa: N818  (it says what they are)
    """Whoever the proxy names is not let in; the message says what they are."""


class ProxyAuthMiddleware:
    """Gives a browser that comes by the proxy a session, which its sockets have too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request of whoever the proxy named. A script's token speaks for itself."""
        if settings.PROXY_AUTH_HEADER and "Authorization" not in request.headers:
            _sync_session(request, getattr(request, "scope", {}).get(REMOTE_USER))
        return self.get_response(request)


def _sync_session(request: HttpRequest, name: str | None) -> None:
    """Make the session that of the person named, or end one that the proxy no longer backs."""
    name = name and unicodedata.normalize("NFC", name)
    if name is not None and _is_signed_in_as(request.user, name):
        return
    try:
        person = None if name is None else _find(name)
    except ProxyUserRejected as why:
        logger.warning("the proxy names %r, who is %s: nobody is signed in", name, why)
        person = None
    if person is not None:
        login(request, person, backend=BACKEND)
        request.session[PROXY_USER_KEY] = name
    elif PROXY_USER_KEY in request.session:
        logout(request)


def _is_signed_in_as(user: object, name: str) -> bool:
    return isinstance(user, User) and user.username.lower() == name.lower()


def _find(name: str) -> User:
    try:
        person = User.objects.get_by_natural_key(name)
    except User.DoesNotExist:
        return _create(name)
    if person.is_guest or not person.is_active:
        raise ProxyUserRejected("a guest" if person.is_guest else "disabled")
    return person


def _create(name: str) -> User:
    """Make an account without a password, which owns nothing."""
    if not settings.PROXY_AUTH_CREATE or name.lower().startswith(USERNAME_PREFIX):
        raise ProxyUserRejected("unknown here")
    if User.normalize_username(name) != name:  # it would be found by another name
        raise ProxyUserRejected("called as nobody can be here")
    person = User(username=name)
    person.set_unusable_password()
    try:
        validate_single_line(name)
        person.full_clean(exclude=["password"])
        with transaction.atomic():
            person.save(force_insert=True)
    except ValidationError:
        raise ProxyUserRejected("called as nobody can be here") from None
    except IntegrityError:  # made by another request meanwhile
        return User.objects.get_by_natural_key(name)
    return person
