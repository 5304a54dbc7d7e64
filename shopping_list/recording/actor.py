"""The user who acts, and the operation id, for the code that runs now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID, uuid4

from accounts.models import User


def _no_user() -> User | None:
    return None


@dataclass
class ActorContext:
    """One request or command: how to find its user, and its operation id.

    The user is a callable because a request knows its user only after the view
    has authenticated it. An operation id names at most one change of a list, so
    a second change of the same request has none. Whether it is used already is
    read from the log (locking.py), because a rollback frees it again.
    """

    find_user: Callable[[], User | None] = _no_user
    operation_id: UUID | None = None


_acting: ContextVar[ActorContext | None] = ContextVar("acting", default=None)


def current() -> ActorContext:
    """Return the context of the code that runs now, an empty one outside a request."""
    return _acting.get() or ActorContext()


@contextmanager
def acting_as(
    user: User | Callable[[], User | None] | None, op: UUID | None = None
) -> Iterator[None]:
    """Attribute every change made inside the block to this user."""
    find_user = user if callable(user) else (lambda: user)
    token = _acting.set(ActorContext(find_user, op))
    try:
        yield
    finally:
        _acting.reset(token)


@contextmanager
def with_operation() -> Iterator[None]:
    """Give the changes made inside the block an operation id, if the request has none."""
    context = current()
    if context.operation_id is not None:
        yield
        return
    with acting_as(context.find_user, uuid4()):
        yield
