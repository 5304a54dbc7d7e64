"""The only authentication backend: the locks, then the password."""

from __future__ import annotations

from typing import Any

from axes.backends import AxesStandaloneBackend
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from accounts.lockout import AddressLockoutBackend


class PasswordBackend(AxesStandaloneBackend, ModelBackend):  # type: ignore[misc]  # axes is untyped
    """Authenticates by name and password, unless the name or the address is locked.

    It is one backend and not a list of three, so that `login(request, user)` and the test
    client's `force_login(user)` need no name of a backend.
    """

    def authenticate(  # type: ignore[override]
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **credentials: Any,
    ) -> AbstractBaseUser | None:
        """Return the user. Raises PermissionDenied if the name or the address is locked.

        A program that has no request has no address to lock either.
        """
        credentials |= {"username": username, "password": password}
        if request is not None:
            AddressLockoutBackend().authenticate(request, **credentials)
            AxesStandaloneBackend.authenticate(self, request, **credentials)
        return ModelBackend.authenticate(self, request, **credentials)
