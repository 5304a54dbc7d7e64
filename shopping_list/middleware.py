"""Set the actor and the operation id of every request."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from accounts.models import User
from shopping_list.recording import actor


class ActorMiddleware:
    """Attributes every change of a request to its user and Idempotency-Key."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle the request with its actor set."""
        with actor.acting_as(lambda: _request_user(request), _idempotency_key(request)):
            return self.get_response(request)


def _request_user(request: HttpRequest) -> User | None:
    # REST framework sets request.user to the result of its own authentication.
    return request.user if isinstance(request.user, User) else None


def _idempotency_key(request: HttpRequest) -> UUID | None:
    try:
        return UUID(request.headers.get("Idempotency-Key", ""))
    except ValueError:
        return None
