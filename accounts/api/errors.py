"""The status and the code of every error with which this app refuses a request.

Errors of REST framework itself, and those of accounts/authentication.py, are not here.
"""

from __future__ import annotations

from collections.abc import Mapping

from accounts.deletion import LastSuperuserError
from accounts.guests import AlreadyRegisteredError, GuestNotAllowedError
from accounts.passwords import InvalidResetLinkError
from accounts.registration import RegistrationClosedError
from accounts.tokens import TooManyTokensError
from rest.errors import DomainError
from rest.idempotency import KeyReusedError


class BadCredentialsError(DomainError):
    """The name or the password is wrong; the response does not reveal which."""

    message = "The name or the password is wrong."


ERRORS: Mapping[type[DomainError], tuple[int, str]] = {
    AlreadyRegisteredError: (409, "not_a_guest"),
    BadCredentialsError: (400, "bad_credentials"),
    GuestNotAllowedError: (403, "guest"),
    InvalidResetLinkError: (404, "not_found"),
    KeyReusedError: (422, "idempotency_key_reused"),
    LastSuperuserError: (409, "last_superuser"),
    RegistrationClosedError: (403, "registration_closed"),
    TooManyTokensError: (409, "too_many_tokens"),
}
