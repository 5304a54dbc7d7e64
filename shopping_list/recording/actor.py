"""Who is acting, and under which operation id, for the code that runs now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from accounts.models import User


def _no_user() -> User | None:
    return None


@dataclass
class ActorContext:
    """One request or command: its person, found late, and its operation id.

    The person is a callable because a request knows its user only after the
    view has authenticated it. An operation id names at most one change of a
    list, so a second change of one request goes without; which one came first
    is read from the log (recording.py), because a rollback takes it back.
    """

    find_user: Callable[[], User | None] = _no_user
    operation_id: UUID | None = None


_acting: ContextVar[ActorContext | None] = ContextVar("acting", default=None)


def current() -> ActorContext:
    """Return who is acting now; nobody, where nobody was named."""
    return _acting.get() or ActorContext()


@contextmanager
def acting_as(
    person: User | Callable[[], User | None] | None, op: UUID | None = None
) -> Iterator[None]:
    """Attribute every change made inside the block to this person."""
    find = person if callable(person) else (lambda: person)
    token = _acting.set(ActorContext(find, op))
    try:
        yield
    finally:
        _acting.reset(token)
