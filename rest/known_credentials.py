"""Which credentials were recently those of a user, in the memory of this process.

A limit has to count a request before anything is known about it. So a stranger who uses up
the limit of a network would keep out the members of that network (or all members, behind a
proxy that is not configured). A credential that was valid a moment ago tells them apart.
It opens nothing: every request is still authenticated.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from hashlib import blake2b
from threading import Lock
from time import monotonic

RETENTION = 600.0
"""Seconds for which a credential is known after it was valid."""
MAX_CREDENTIALS = 10_000
"""Credentials that are kept; beyond that the one used least recently is forgotten."""


def credential_of(headers: Iterable[tuple[bytes, bytes]]) -> bytes | None:
    """Return what identifies the credentials in the headers of a request, None without any.

    It is a hash, so that no secret is kept.
    """
    secrets = [value for name, value in headers if name in {b"authorization", b"cookie"}]
    return blake2b(b"\0".join(secrets), digest_size=16).digest() if secrets else None


class KnownCredentials:
    """Maps credentials to users. It authenticates nobody."""

    def __init__(self) -> None:
        self._users: OrderedDict[bytes, tuple[int, float]] = OrderedDict()
        self._lock = Lock()

    def user_of(self, credential: bytes | None) -> int | None:
        """Return the id of the user to whom the credential belonged a moment ago."""
        user_id, valid_at = self._users.get(credential or b"", (None, 0.0))
        return user_id if monotonic() - valid_at < RETENTION else None

    def remember(self, credential: bytes, user_id: int) -> None:
        """Store that the credential is valid and belongs to this user."""
        with self._lock:
            self._users[credential] = (user_id, monotonic())
            self._users.move_to_end(credential)
            if len(self._users) > MAX_CREDENTIALS:
                self._users.popitem(last=False)

    def forget(self, credential: bytes) -> None:
        """Store that the credential is not valid, or not any more."""
        with self._lock:
            self._users.pop(credential, None)

    def clear(self) -> None:
        """Forget all credentials."""
        with self._lock:
            self._users.clear()

    def __len__(self) -> int:
        return len(self._users)


known_credentials = KnownCredentials()
"""Those of this process, for requests and for sockets."""
