"""The user of a socket: authenticates by session or token, and checks it again later."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db.models import BigIntegerField, DateTimeField, QuerySet, UUIDField
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts import sessions, tokens
from accounts.models import ApiToken, Session, User
from accounts.proxy_auth import user_of_session
from live.delivery.readings import Position
from live.fingerprint import fingerprint
from rest.batches import MAX_IDS_PER_QUERY, batched
from rest.compiled_query import CompiledQuery, Row
from rest.text import strip_secret
from shopping_list.models import Membership
from shopping_list.rows import ROLES

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
UserAndList = tuple[int, UUID]
"""The id of a user and the id of a list."""

_POSITION_COLUMNS = ("shopping_list__epoch", "shopping_list__version", "shopping_list__digest")


@dataclass(frozen=True, slots=True)
class Identity:
    """A user who authenticated one socket, by a session or by a token.

    `session` and `token` are fingerprints, never the secret. `lookup_key` finds
    the session or token in the database. `restricted_to_list` is the only list
    that a restricted token allows. `expires_at` is in epoch seconds.
    `session_auth_hash` changes with the password. `may_tick` is false for a token that only reads.
    """

    user_id: int
    name: str
    is_staff: bool
    is_guest: bool
    lookup_key: str
    session: str | None = None
    token: str | None = None
    restricted_to_list: UUID | None = None
    expires_at: float | None = None
    session_auth_hash: str = ""
    may_tick: bool = True


def identity_from_session(key: str, *, proxy_user: str | None = None) -> Identity | None:
    """Return the user who is signed in with a session, or None.

    `proxy_user` is the name that a trusted proxy sent with the handshake.
    """
    session = sessions.find(key)
    if session is None:
        return None
    data = session.get_decoded()
    if data.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    user = User.objects.filter(pk=data[SESSION_KEY], is_active=True).first()
    session_auth_hash = data.get(HASH_SESSION_KEY, "")
    if user is None or not constant_time_compare(session_auth_hash, user.get_session_auth_hash()):
        return None
    if user_of_session(user, data, proxy_user) != user:
        return None
    return Identity(
        user_id=user.pk,
        name=user.display_name,
        is_staff=user.is_staff,
        is_guest=user.is_guest,
        lookup_key=session.session_key,
        session=fingerprint(session.session_key),
        expires_at=session.expire_date.timestamp(),
        session_auth_hash=session_auth_hash,
    )


def identity_from_token(secret: str) -> Identity | None:
    """Return the user of a bearer token, or None."""
    token = tokens.find(strip_secret(secret))
    if token is None:
        return None
    return Identity(
        user_id=token.user.pk,
        name=token.user.display_name,
        # A token for one list has no rights over the installation.
        is_staff=token.user.is_staff and token.list_id is None,
        is_guest=token.user.is_guest,
        lookup_key=token.digest,
        token=fingerprint(token.digest),
        restricted_to_list=token.list_id,
        expires_at=None if token.expiry is None else token.expiry.timestamp(),
        session_auth_hash=token.user.get_session_auth_hash(),
        may_tick=token.scope != ApiToken.Scope.READ,
    )


def visible_lists(user_id: int) -> dict[UUID, Position]:
    """Return the lists of which a user is a member, with their positions."""
    return dict(map(_listed_position, _lists_of_user(user_id, timezone.now())))


def list_position(user_id: int, list_id: UUID) -> Position | None:
    """Return the position of a list if the user may view it, else None."""
    rows = _list_of_user(user_id, list_id, timezone.now())
    return next((position for _, position in map(_listed_position, rows)), None)


def may_tick(user_id: int, list_id: UUID) -> bool:
    """Tell whether the role of a user on a list allows to tick its items."""
    memberships = _active_memberships().filter(user_id=user_id, shopping_list_id=list_id)
    role = memberships.values_list("role", flat=True).first()
    return role is not None and ROLES.index(role) >= ROLES.index("ticker")


def memberships(user_ids: Collection[int]) -> dict[UserAndList, Position]:
    """Return the memberships of these users, with the positions of the lists."""
    positions: dict[UserAndList, Position] = {}
    for batch in batched(user_ids, MAX_IDS_PER_QUERY):
        rows = _active_memberships().filter(user_id__in=batch).order_by()
        for user_id, list_id, *position in rows.values_list(
            "user_id", "shopping_list_id", *_POSITION_COLUMNS
        ):
            positions[user_id, list_id] = Position(*position)
    return positions


def _active_memberships(now: datetime | None = None) -> QuerySet[Membership]:
    return Membership.objects.active(now).filter(shopping_list__deleted_at=None)


def _listed_position(row: Row) -> tuple[UUID, Position]:
    list_id, *position = row
    return list_id, Position(*position)


# Every socket that opens runs these, so after a process was killed thousands do at once.
_lists_of_user = CompiledQuery(
    lambda user_id, now: (
        _active_memberships(now)
        .filter(user_id=user_id)
        .order_by("pk")
        .values_list("shopping_list_id", *_POSITION_COLUMNS)
    ),
    fields=[BigIntegerField(), DateTimeField()],
    sample_arguments=(
        (1, datetime(2026, 1, 1, tzinfo=UTC)),
        (2, datetime(2026, 1, 2, tzinfo=UTC)),
    ),
)
_list_of_user = CompiledQuery(
    lambda user_id, list_id, now: (
        _active_memberships(now)
        .filter(user_id=user_id, shopping_list_id=list_id)
        .order_by()
        .values_list("shopping_list_id", *_POSITION_COLUMNS)
    ),
    fields=[BigIntegerField(), UUIDField(), DateTimeField()],
    sample_arguments=(
        (1, UUID(int=1), datetime(2026, 1, 1, tzinfo=UTC)),
        (2, UUID(int=2), datetime(2026, 1, 2, tzinfo=UTC)),
    ),
)


def staff_among(user_ids: Collection[int]) -> set[int]:
    """Return the ids of those users who are staff."""
    staff: set[int] = set()
    for batch in batched(user_ids, MAX_IDS_PER_QUERY):
        rows = User.objects.filter(pk__in=batch, is_staff=True)
        staff.update(rows.values_list("pk", flat=True))
    return staff


def still_valid(identities: Collection[Identity]) -> dict[Identity, float | None]:
    """Return the identities that could authenticate again now, each with its expiry time."""
    auth_hashes = _read_in_batches({identity.user_id for identity in identities}, _auth_hashes)
    sessions = _read_in_batches(
        {identity.lookup_key for identity in identities if identity.session}, _session_expiries
    )
    api_tokens = _read_in_batches(
        {identity.lookup_key for identity in identities if identity.token}, _token_expiries
    )
    valid: dict[Identity, float | None] = {}
    for identity in identities:
        expiries = sessions if identity.session else api_tokens
        has_same_password = auth_hashes.get(identity.user_id) == identity.session_auth_hash
        if has_same_password and identity.lookup_key in expiries:
            valid[identity] = expiries[identity.lookup_key]
    return valid


def _auth_hashes(user_ids: Collection[int]) -> Iterable[tuple[int, str]]:
    users = User.objects.filter(pk__in=user_ids, is_active=True).only("pk", "password")
    return ((user.pk, user.get_session_auth_hash()) for user in users)


def _session_expiries(keys: Collection[str]) -> Iterable[tuple[str, float | None]]:
    unexpired = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    rows = unexpired.values_list("session_key", "expire_date")
    return ((key, expiry.timestamp()) for key, expiry in rows)


def _token_expiries(digests: Collection[str]) -> Iterable[tuple[str, float | None]]:
    api_tokens = ApiToken.objects.filter(digest__in=digests).order_by()
    rows = api_tokens.values_list("digest", "expiry")
    return ((digest, expiry and expiry.timestamp()) for digest, expiry in rows)


def _read_in_batches(
    keys: Collection[K], read: Callable[[Collection[K]], Iterable[tuple[K, V]]]
) -> dict[K, V]:
    values: dict[K, V] = {}
    for batch in batched(keys, MAX_IDS_PER_QUERY):
        values.update(read(batch))
    return values
