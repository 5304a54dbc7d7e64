"""Who is behind a socket: from a session or a token to a person, and back again later."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts import sessions, tokens
from accounts.models import ApiToken, Session, User
from shopping_list.models import Membership

CHUNK = 500
"""Values asked for in one query."""

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
UserAndList = tuple[int, UUID]
"""A person and a list."""
Position = tuple[str, int]
"""An epoch and a version: where a list's history stands."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A person as one socket showed them: by a session or by a token.

    `session` and `token` are names that tell nothing (`reference`), never the
    secret; `key` is what the database finds the session or token by.
    `only` is the one list that a narrow token opens. `expires` is in seconds
    since the epoch. `proof` changes with the password.
    """

    user_id: int
    name: str
    staff: bool
    key: str
    session: str | None = None
    token: str | None = None
    restricted_to_list: UUID | None = None
    expires: float | None = None
    session_auth_hash: str = ""


def fingerprint(key: str) -> str:
    """Return a name for a session or token that may be sent around and logged."""
    return hashlib.sha256(key.encode()).hexdigest()[:24]


def identity_from_session(key: str) -> Identity | None:
    """Return who is signed in to a session, or None."""
    found = sessions.find(key)
    if found is None:
        return None
    data = found.get_decoded()
    if data.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    user = User.objects.filter(pk=data[SESSION_KEY], is_active=True).first()
    proof = data.get(HASH_SESSION_KEY, "")
    if user is None or not constant_time_compare(proof, user.get_session_auth_hash()):
        return None
    return Identity(
        user_id=user.pk,
        name=user.display_name,
        staff=user.is_staff,
        key=key,
        session=fingerprint(key),
        expires=found.expire_date.timestamp(),
        session_auth_hash=proof,
    )


def identity_from_token(secret: str) -> Identity | None:
    """Return whom a bearer token stands for, or None."""
    token = tokens.find(secret)
    if token is None:
        return None
    return Identity(
        user_id=token.user.pk,
        name=token.user.display_name,
        # A token that opens one list opens nothing of the installation.
        staff=token.user.is_staff and token.list_id is None,
        key=token.digest,
        token=fingerprint(token.digest),
        restricted_to_list=token.list_id,
        expires=None if token.expiry is None else token.expiry.timestamp(),
        session_auth_hash=token.user.get_session_auth_hash(),
    )


def visible_lists(user_id: int) -> dict[UUID, Position]:
    """Return where each list stands that a person is a member of."""
    current = Membership.objects.active()
    mine = current.filter(user_id=user_id, shopping_list__deleted_at=None)
    return {list_id: (epoch, version) for list_id, epoch, version in _placed(mine)}


def list_position(user_id: int, list_id: UUID) -> Position | None:
    """Return where a list stands if a person may see it, else None."""
    mine = Membership.objects.active().filter(
        user_id=user_id, shopping_list_id=list_id, shopping_list__deleted_at=None
    )
    return next(((epoch, version) for _, epoch, version in _placed(mine)), None)


def _placed(found: QuerySet[Membership]) -> Iterable[tuple[UUID, str, int]]:
    return found.order_by("pk").values_list(
        "shopping_list_id", "shopping_list__epoch", "shopping_list__version"
    )


def memberships(users: Collection[int]) -> dict[UserAndList, Position]:
    """Return who may see what, of these people, and where each list stands."""
    found: dict[UserAndList, Position] = {}
    for some in _chunks(users):
        current = Membership.objects.active()
        rows = current.filter(user_id__in=some, shopping_list__deleted_at=None)
        columns = ("user_id", "shopping_list_id", "shopping_list__epoch", "shopping_list__version")
        for user_id, list_id, epoch, version in rows.order_by().values_list(*columns):
            found[user_id, list_id] = (epoch, version)
    return found


def staff_of(users: Collection[int]) -> set[int]:
    """Return those of these people who run the installation."""
    found: set[int] = set()
    for some in _chunks(users):
        found.update(User.objects.filter(pk__in=some, is_staff=True).values_list("pk", flat=True))
    return found


def still_valid(identities: Iterable[Identity]) -> dict[Identity, float | None]:
    """Return those that would still be let in, each with when it expires."""
    asked = list(identities)
    people = _read_in_chunks({one.user_id for one in asked}, _people)
    sessions = _read_in_chunks({one.key for one in asked if one.session}, _sessions)
    api_tokens = _read_in_chunks({one.key for one in asked if one.token}, _tokens)
    good: dict[Identity, float | None] = {}
    for one in asked:
        known = sessions if one.session else api_tokens
        if people.get(one.user_id) == one.session_auth_hash and one.key in known:
            good[one] = known[one.key]
    return good


def _people(ids: list[int]) -> Iterable[tuple[int, str]]:
    active = User.objects.filter(pk__in=ids, is_active=True).only("pk", "password")
    return ((user.pk, user.get_session_auth_hash()) for user in active)


def _sessions(keys: list[str]) -> Iterable[tuple[str, float | None]]:
    live = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    return ((key, at.timestamp()) for key, at in live.values_list("session_key", "expire_date"))


def _tokens(digests: list[str]) -> Iterable[tuple[str, float | None]]:
    live = ApiToken.objects.filter(digest__in=digests).order_by()
    return ((key, at and at.timestamp()) for key, at in live.values_list("digest", "expiry"))


def _read_in_chunks(
    keys: Collection[K], read: Callable[[list[K]], Iterable[tuple[K, V]]]
) -> dict[K, V]:
    found: dict[K, V] = {}
    for some in _chunks(keys):
        found.update(read(some))
    return found


def _chunks(values: Collection[Any]) -> Iterable[list[Any]]:
    ordered = list(values)
    return (ordered[start : start + CHUNK] for start in range(0, len(ordered), CHUNK))
