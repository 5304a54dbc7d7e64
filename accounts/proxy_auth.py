"""Sign in the user named by a trusted reverse proxy (TROLLEY_PROXY_AUTH_HEADER).

Only the ASGI application knows which proxies are trusted. It puts the name into the
scope of the request.
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
from rest.text import fold_case, validate_text

logger = logging.getLogger(__name__)

REMOTE_USER = "trolley.remote_user"
PROXY_USER_KEY = "vouched"
"""In the data of a session: the name that the proxy had sent when the session began."""


class ProxyUserRejected(Exception):  # noqa: N818  (it names the outcome)
    """The user named by the proxy may not sign in; the message describes the user."""


class ProxyAuthMiddleware:
    """Gives a browser behind the proxy a session, which authenticates its sockets too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Handle the request as the user named by the proxy, unless it has a token."""
        if settings.PROXY_AUTH_HEADER and "Authorization" not in request.headers:
            _sync_session(request, getattr(request, "scope", {}).get(REMOTE_USER))
        return self.get_response(request)


def _sync_session(request: HttpRequest, name: str | None) -> None:
    """Sign in the named user, or end a session whose user the proxy no longer names."""
    name = name and unicodedata.normalize("NFC", name)
    if name is not None and _is_signed_in_as(request.user, name):
        return
    try:
        user = None if name is None else _find(name)
    except ProxyUserRejected as reason:
        logger.warning("the proxy names %r, who is %s: nobody is signed in", name, reason)
        user = None
    if user is not None:
        login(request, user, backend=BACKEND)
        request.session[PROXY_USER_KEY] = name
    elif PROXY_USER_KEY in request.session:
        logout(request)


def _is_signed_in_as(user: object, name: str) -> bool:
    return isinstance(user, User) and user.username_key == fold_case(name)


def _find(name: str) -> User:
    try:
        user = User.objects.get_by_natural_key(name)
    except User.DoesNotExist:
        return _create(name)
    if user.is_guest or not user.is_active:
        raise ProxyUserRejected("a guest" if user.is_guest else "disabled")
    return user


def _create(name: str) -> User:
    """Create a user without a password and without rights over the installation."""
    if not settings.PROXY_AUTH_CREATE or fold_case(name).startswith(USERNAME_PREFIX):
        raise ProxyUserRejected("unknown here")
    if User.normalize_username(name) != name:  # the user would be found by another name
        raise ProxyUserRejected("called as nobody can be here")
    user = User(username=name)
    user.set_unusable_password()
    try:
        validate_text(name)
        user.full_clean(exclude=["password"])
        with transaction.atomic():
            user.save(force_insert=True)
    except ValidationError:
        raise ProxyUserRejected("called as nobody can be here") from None
    except IntegrityError:  # a concurrent request has created the user
        return User.objects.get_by_natural_key(name)
    return user
