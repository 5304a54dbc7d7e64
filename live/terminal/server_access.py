"""Which server a command connects to, and with which token."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from django.db import DatabaseError, connection

from accounts import tokens
from accounts.models import ApiToken, User

TOKEN_LIFETIME = timedelta(days=1)
"""A token that could not be deleted ends by itself. A longer connection gets a new one."""
WILDCARD_ADDRESSES = ("", "0.0.0.0", "::")  # noqa: S104  (only compared with)
_SOCKET_SCHEMES = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}


class AccessError(Exception):
    """There is no server or no token to use. The text says what to do."""


def local_url(host: str, port: int) -> str:
    """Return the URL of the server that `serve` starts on this machine."""
    host = "127.0.0.1" if host in WILDCARD_ADDRESSES else host
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def socket_url(url: str) -> str:
    """Return the URL of the socket of a server. Raises AccessError."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        is_url = bool(parts.hostname) and parts.scheme in _SOCKET_SCHEMES and parts.port != 0
    except ValueError:
        is_url = False
    if not is_url or parts.path.strip("/") or parts.query or parts.username is not None:
        raise AccessError(f"{url} is not a URL such as https://list.example.org")
    return f"{_SOCKET_SCHEMES[parts.scheme]}://{parts.netloc}/ws/"


def is_on_this_machine(url: str) -> bool:
    """Tell whether a URL names this machine, so that no token for it leaves the machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def owner_or_user(username: str | None) -> User:
    """Return the user of this name, without a name the owner. Raises AccessError."""
    if username is None:
        owners = User.objects.filter(is_active=True, is_superuser=True).order_by("pk")
        if (owner := owners.first()) is None:
            raise AccessError("there is no owner yet: use --user, or run createowner")
        return owner
    try:
        user = User.objects.get_by_natural_key(username)
    except User.DoesNotExist:
        raise AccessError(f"there is no user called {username}") from None
    if not user.is_active:
        raise AccessError(f"{username} is disabled")
    return user


class TokenFromFile:
    """A token that was created before; the server decides what it opens."""

    def __init__(self, path: Path, *, is_for_this_machine: bool) -> None:
        """Raise AccessError if the file cannot be read or is empty."""
        self.is_for_this_machine = is_for_this_machine
        try:
            self._token = path.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise AccessError(f"{path}: {getattr(error, 'strerror', None) or error}") from None
        if not self._token.isascii() or not self._token.isprintable() or not self._token:
            raise AccessError(f"{path}: this is no token")

    def token(self) -> str:
        """Return the token."""
        return self._token

    def close(self) -> None:
        """Keep the token: it belongs to another program."""


class TemporaryToken:
    """A token in the database of this installation, which is deleted at the end."""

    is_for_this_machine = True

    def __init__(self, user: User, name: str) -> None:
        self._user, self._name = user, name
        self._created: ApiToken | None = None

    def token(self) -> str:
        """Return a new token, and delete the one of the connection before.

        Raises TooManyTokensError.
        """
        try:
            self._delete()
            self._created, secret = tokens.create(
                self._user, name=self._name, scope=ApiToken.Scope.READ, lifetime=TOKEN_LIFETIME
            )
        finally:
            connection.close()  # the next connection of the socket may use another thread
        return secret

    def close(self) -> None:
        """Delete the token; if the database cannot be used, it expires by itself."""
        with suppress(DatabaseError):
            self._delete()

    def _delete(self) -> None:
        if self._created is not None:
            self._created.delete()
            self._created = None
