"""Sign in the user named by a trusted reverse proxy (TROLLEY_PROXY_AUTH_HEADER).

Only the ASGI application knows which proxies are trusted. It puts the name into the
scope of the request.
"""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Callable, Container
from typing import Any

from django.conf import settings
from django.contrib.auth import login, logout
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import SimpleLazyObject

from accounts.guests import USERNAME_PREFIX
from accounts.models import User
from accounts.sessions import PROXY_USER_KEY
from rest.text import fold_case, validate_text

logger = logging.getLogger(__name__)

REMOTE_USER = "trolley.remote_user"


class ProxyUserRejected(Exception):  # noqa: N818  (it names the outcome)
    """The user named by the proxy may not sign in; the message describes the user."""


class ProxyAuthMiddleware:
    """Gives a browser behind the proxy a session, which authenticates its sockets too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Handle the request as the user for whom its session counts.

        A request with a token needs no name. So the proxy may let it pass without one,
        and then the session of a user whom the proxy had named does not count.
        """
        if settings.PROXY_AUTH_HEADER and not has_bearer_token(request):
            _sync_session(request, getattr(request, "scope", {}).get(REMOTE_USER))
        else:
            user = request.user
            request.user = SimpleLazyObject(  # type: ignore[assignment]
                lambda: _user_without_proxy(request, user)
            )
        return self.get_response(request)


def has_bearer_token(request: HttpRequest) -> bool:
    """Tell whether a request has an API token. Any other `Authorization` is the proxy's."""
    return request.headers.get("Authorization", "").split(" ")[0].lower() == "bearer"


def user_of_session(user: User | None, session: Container[str], name: str | None) -> User | None:
    """Return the user whom a session signs in, in a request in which the proxy names `name`.

    Every way in asks this function: pages, the API, the admin and the sockets. `user` is
    the user of the session. A session that began with the name of the proxy counts only
    while the proxy sends that name. Any other session counts too if the proxy sends no
    name, or one that may not sign in.
    """
    remaining = None if PROXY_USER_KEY in session else user
    if name is None:
        return remaining
    name = unicodedata.normalize("NFC", name)
    if user is not None and user.username_key == fold_case(name):
        return user
    try:
        return _find(name)
    except ProxyUserRejected as reason:
        logger.warning("the proxy names %r, who is %s: nobody is signed in", name, reason)
        return remaining


def _sync_session(request: HttpRequest, name: str | None) -> None:
    """Sign in the named user, or end a session whose user the proxy no longer names."""
    current = request.user if isinstance(request.user, User) else None
    user = user_of_session(current, request.session, name)
    if user is None:
        if PROXY_USER_KEY in request.session:
            logout(request)
    elif user != current:
        login(request, user)
        request.session[PROXY_USER_KEY] = name


def _user_without_proxy(request: HttpRequest, user: Any) -> User | AnonymousUser:
    current = user if isinstance(user, User) else None
    return user_of_session(current, request.session, None) or AnonymousUser()


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
