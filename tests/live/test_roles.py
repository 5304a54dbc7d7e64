"""Permissions over a socket: the permission matrix of the REST API, applied to frames.

Every frame is authorised, not only the handshake: a client without the permission
gets an error for each frame, and its socket stays open. The REST half is in
tests/shopping_list/api: test_roles.py and test_tenants.py.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from accounts.models import User
from live.db_threads import run_in_db_thread
from shopping_list.models import Membership, ShoppingList
from shopping_list.rows import ROLES, topic_of
from shopping_list.services import invites
from tests.support.permission_matrix import ANONYMOUS, MIN_ROLES, OPERATIONS, STRANGER
from tests.support.socket_client import TIMEOUT

pytestmark = pytest.mark.django_db(transaction=True)

SCOPES = ("read", "tick", "write")
SCOPE = {operation.name: operation.scope for operation in OPERATIONS}
LIST_ACTIONS = {
    "is listed in welcome": "read list",
    "is in the topic of lists": "read list",
    "is in the topic of activity": "read activities",
    "subscribe": "read list",
    "open list address": "read list",
    "resume": "read activities",
    "receive changes": "read items",
    "announce presence": "read members",
    "announce trip": "tick item",
}
"""Actions on a list over a socket, each with the REST action of the same permission."""


@dataclass(frozen=True)
class Actor:
    """A kind of client: its role on the list, and the credentials that it sends.

    `bound` is the list that its token is restricted to: `here`, `there`, or none.
    """

    role: str
    credentials: str = "session"
    scope: str = "write"
    bound: str = ""
    staff: bool = False
    guest: bool = False

    def allowed_actions(self) -> dict[str, bool]:
        """Return which actions the permission matrix allows this client."""
        authenticated = self.role != ANONYMOUS
        return {
            **{action: self._is_allowed(operation) for action, operation in LIST_ACTIONS.items()},
            "requests": authenticated and not self.bound and not self.guest,
            "requests:1h": authenticated and not self.bound and not self.guest,
            "signals": authenticated and not self.bound and not self.guest,
            "ops": self.staff and not self.bound,
        }

    def _is_allowed(self, operation: str) -> bool:
        if self.role not in ROLES or self.bound == "there":
            return False
        scoped = SCOPES.index(self.scope) >= SCOPES.index(SCOPE[operation])
        return scoped and ROLES.index(self.role) >= ROLES.index(MIN_ROLES[operation])


ACTORS = {
    "anonymous": Actor(ANONYMOUS, credentials="nothing"),
    "user without membership": Actor(STRANGER),
    **{role: Actor(role) for role in ROLES},
    "guest": Actor("viewer", guest=True),
    "staff": Actor(STRANGER, staff=True),
    "staff member of the list": Actor("viewer", staff=True),
    "token of user without membership": Actor(STRANGER, credentials="token"),
    **{
        f"token with scope {scope}": Actor("owner", credentials="token", scope=scope)
        for scope in SCOPES
    },
    "token for this list": Actor("owner", credentials="token", bound="here"),
    "token for another list": Actor("owner", credentials="token", bound="there"),
    "staff token": Actor(STRANGER, credentials="token", staff=True),
    "staff token for this list": Actor("viewer", credentials="token", bound="here", staff=True),
}


@dataclass
class PermissionCheck:
    """The sockets of one client, and which actions succeeded."""

    open_client: Any
    options: dict[str, Any]
    ana_socket: Any
    groceries: ShoppingList
    authenticated: bool
    results: dict[str, bool] = field(default_factory=dict)

    @property
    def topic(self) -> str:
        return topic_of(self.groceries.pk)

    async def open(self, path: str = "/ws/") -> Any:
        return await self.open_client(path=path, **self.options)

    async def run(self) -> dict[str, bool]:
        """Try every action; first try those that need a subscription without one."""
        client = await self.open()
        welcome = await client.next() if self.authenticated else {"lists": []}
        listed = [position["id"] for position in welcome["lists"]]
        self.results["is listed in welcome"] = str(self.groceries.pk) in listed
        assert not await self._announce(client), "presence without a subscription"
        assert not await self._announce(client, aisles=["Dairy"])
        for name in ("requests", "requests:1h", "signals", "ops"):
            self.results[name] = await self._subscribe(client, name)
            await client.send(type="unsubscribe", topic=name)
        self.results["is in the topic of lists"] = await self._is_in(client, "lists", "id")
        self.results["is in the topic of activity"] = await self._is_in(client, "activity", "list")
        self.results["subscribe"] = await self._subscribe(client, self.topic)
        self.results["receive changes"] = await self._receives_change(client)
        self.results["announce presence"] = await self._announce(client)
        self.results["announce trip"] = await self._announce(client, aisles=["Dairy"])
        await run_in_db_thread(self.groceries.refresh_from_db)
        position = {"since": self.groceries.version - 1, "epoch": self.groceries.epoch}
        self.results["resume"] = await self._subscribe(client, self.topic, **position)
        self.results["open list address"] = await self._open_list_address()
        return self.results

    async def _subscribe(self, client: Any, topic: str, **position: Any) -> bool:
        reply = await client.subscribe(topic, **position)
        allowed = reply["type"] == "subscribed"
        if not allowed:
            assert reply["code"] == ("not_found" if self.authenticated else "not_signed_in")
        return allowed

    async def _is_in(self, client: Any, topic: str, key: str) -> bool:
        """Tell whether a topic of all lists has this list."""
        if not await self._subscribe(client, topic):
            return False
        frame = await client.next()
        await client.send(type="unsubscribe", topic=topic)
        await client.until("unsubscribed")
        rows = frame["lists"] if topic == "lists" else frame["entries"]
        return str(self.groceries.pk) in [row[key] for row in rows]

    async def _receives_change(self, client: Any) -> bool:
        note = uuid.uuid4().hex
        await run_in_db_thread(self.groceries.items.create, name=note)
        while (await self.ana_socket.until("change"))["items"][0]["name"] != note:
            pass
        if not self.authenticated:
            await client.send(type="ping")
        return note in json.dumps(await self._received_frames(client))

    async def _announce(self, client: Any, **details: Any) -> bool:
        await client.send(type="presence", topic=self.topic, state="shopping", id=1, **details)
        errors = [
            frame for frame in await self._received_frames(client) if frame["type"] == "error"
        ]
        if errors:
            expected = "not_found" if self.authenticated else "not_signed_in"
            if self.results.get("subscribe"):
                expected = "forbidden"
            assert errors[0]["code"] == expected
            assert "presence" not in {frame["type"] for frame in await self.ana_socket.drain()}
            return False
        assert (await self.ana_socket.until("presence"))["people"][0]["state"] == "shopping"
        return True

    async def _open_list_address(self) -> bool:
        client = await self.open(f"/ws/lists/{self.groceries.pk}/")
        if not self.authenticated:
            await client.send(type="ping")
            return (await client.next())["code"] != "not_signed_in"
        assert (await client.next())["type"] == "welcome"
        reply = await client.next()
        assert reply["type"] == "subscribed" or reply["code"] == "not_found"
        return reply["type"] == "subscribed"

    async def _received_frames(self, client: Any) -> list[Any]:
        """Return the frames that arrived; an unauthenticated client gets an error, no pong."""
        return await client.drain() if self.authenticated else [await client.next()]


@pytest.mark.parametrize("name", ACTORS)
async def test_every_client_is_allowed_exactly_what_the_permission_matrix_says(
    *,
    name,
    live_runtime,
    open_client,
    create_session,
    create_token,
    make_user,
    ana,
    groceries,
    hardware,
):
    """LIV-26, SEC-3."""
    actor = ACTORS[name]

    def create_credentials() -> dict[str, Any]:
        if actor.credentials == "nothing":
            return {"origin": None}
        user = (
            create_guest(groceries, ana) if actor.guest else make_user("carl", is_staff=actor.staff)
        )
        for shopping_list in (groceries, hardware):
            if actor.role in ROLES and not actor.guest:
                Membership.objects.create(shopping_list=shopping_list, user=user, role=actor.role)
        if actor.credentials == "session":
            return {"session": create_session(user)}
        bound = {"here": groceries.pk, "there": hardware.pk, "": None}[actor.bound]
        return {"token": create_token(user, scope=actor.scope, list_id=bound), "origin": None}

    live_runtime.periodic_tasks.intervals = replace(live_runtime.intervals, auth_timeout=TIMEOUT)
    ana_socket = await open_client(ana)
    await ana_socket.subscribe(groceries)
    await ana_socket.until("snapshot")
    options = await run_in_db_thread(create_credentials)
    check = PermissionCheck(
        open_client, options, ana_socket, groceries, authenticated=actor.role != ANONYMOUS
    )
    assert await check.run() == actor.allowed_actions()


def create_guest(groceries: ShoppingList, owner: User) -> User:
    """Create a guest with the role of a viewer."""
    secret = invites.new_secret()
    invites.create(groceries.pk, owner, secret=secret, role="viewer", guest=True)
    return invites.accept_as_guest(secret, "Grandma").user


UNKNOWN = "00000000-0000-4000-8000-00000000dead"
SECRET_NAME = "Secret list of mallory"


def frames_naming(list_id: str, epoch: str, version: int) -> list[dict[str, Any]]:
    """Return every frame that names a list, as a client that knows all its details sends them."""
    spellings = (list_id, list_id.upper(), f"{{{list_id}}}", f"urn:uuid:{list_id}", f"{list_id} ")
    position = {"since": version, "epoch": epoch}
    return [
        *({"type": "subscribe", "topic": f"list:{spelling}", "id": 1} for spelling in spellings),
        {"type": "subscribe", "topic": f"list:{list_id}", "id": 2, **position},
        {"type": "subscribe", "topic": f"list:{list_id}", "id": 3, **position, "since": 0},
        {"type": "subscribe", "topic": f"requests:{list_id}", "id": 4},
        {"type": "subscribe", "topic": f"ops:{list_id}", "id": 5},
        {"type": "presence", "topic": f"list:{list_id}", "state": "shopping", "id": 6},
        {"type": "unsubscribe", "topic": f"list:{list_id}", "id": 7},
    ]


async def probe(open_client: Any, user: User, list_id: str, epoch: str, version: int) -> list[str]:
    """Return, as text, every frame that a user gets who tries a list id on both addresses."""
    received: list[str] = []
    for path in ("/ws/", f"/ws/lists/{list_id}/", f"/ws/lists/{list_id}/?since=0&epoch={epoch}"):
        client = await open_client(user, path=path)
        for frame in frames_naming(list_id, epoch, version):
            await client.send(**frame)
        received += [json.dumps(frame).replace(list_id, "ID") for frame in await client.drain()]
        await client.disconnect()
    return received


@pytest.mark.parametrize("state", ["active", "in the trash", "left"])
async def test_foreign_list_is_indistinguishable_from_unknown_list(
    open_client, ana, bob, mallory, groceries, state
):
    """LIV-13, LIV-26, SEC-3."""

    def create_lists() -> ShoppingList:
        mallory_list = ShoppingList.objects.create(name=SECRET_NAME, created_by=mallory)
        Membership.objects.create(shopping_list=mallory_list, user=mallory, role="owner")
        mallory_list.items.create(name="Gold")
        if state == "left":
            for shopping_list, user in ((mallory_list, ana), (groceries, mallory)):
                Membership.objects.create(shopping_list=shopping_list, user=user)
                Membership.objects.get(shopping_list=shopping_list, user=user).delete()
        for shopping_list in (mallory_list, groceries):
            shopping_list.refresh_from_db()
        return mallory_list

    mallory_list = await run_in_db_thread(create_lists)
    if state == "in the trash":
        for shopping_list in (mallory_list, groceries):
            await run_in_db_thread(trash, shopping_list)
    for user, foreign in ((ana, mallory_list), (mallory, groceries)):
        foreign_frames = await probe(
            open_client, user, str(foreign.pk), foreign.epoch, foreign.version
        )
        unknown_frames = await probe(open_client, user, UNKNOWN, foreign.epoch, foreign.version)
        assert foreign_frames == unknown_frames
        assert len(foreign_frames) == 3 * len(frames_naming("", "", 0)) + 2
        assert {json.loads(frame)["type"] for frame in foreign_frames} == {"error"}
        assert {json.loads(frame)["code"] for frame in foreign_frames} == {"not_found"}
    assert not any(SECRET_NAME in frame or "Gold" in frame for frame in foreign_frames)


def trash(shopping_list: ShoppingList) -> None:
    """Move a list to the trash."""
    from django.utils import timezone

    row = ShoppingList._base_manager.get(pk=shopping_list.pk)
    row.deleted_at = timezone.now()
    row.save()
