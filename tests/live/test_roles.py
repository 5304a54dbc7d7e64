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
from tests.support.permission_matrix import ACTS, ANYONE, LEAST, STRANGER
from tests.support.socket_client import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)

SCOPES = ("read", "tick", "write")
SCOPE = {act.name: act.scope for act in ACTS}
ON_LISTS = {
    "is told of it": "read list",
    "follow": "read list",
    "open its address": "read list",
    "resume": "read activities",
    "hear changes": "read items",
    "announce oneself": "read members",
}
"""Actions on a list over a socket, each with the REST action of the same permission."""


@dataclass(frozen=True)
class Who:
    """A client: its role on the list, and the credentials that it sends.

    `bound` is the list that its token is restricted to: `here`, `there`, or none.
    """

    role: str
    shows: str = "session"
    scope: str = "write"
    bound: str = ""
    staff: bool = False
    guest: bool = False

    def may(self) -> dict[str, bool]:
        """Return which actions the permission matrix allows this client."""
        known = self.role != ANYONE
        return {
            **{deed: self._may(act) for deed, act in ON_LISTS.items()},
            "requests": known and not self.bound,
            "ops": self.staff and not self.bound,
        }

    def _may(self, act: str) -> bool:
        if self.role not in ROLES or self.bound == "there":
            return False
        scoped = SCOPES.index(self.scope) >= SCOPES.index(SCOPE[act])
        return scoped and ROLES.index(self.role) >= ROLES.index(LEAST[act])


PEOPLE = {
    "anonymous": Who(ANYONE, shows="nothing"),
    "stranger": Who(STRANGER),
    **{role: Who(role) for role in ROLES},
    "guest": Who("viewer", guest=True),
    "staff": Who(STRANGER, staff=True),
    "staff on the list": Who("viewer", staff=True),
    "token of a stranger": Who(STRANGER, shows="token"),
    **{f"token to {scope}": Who("owner", shows="token", scope=scope) for scope in SCOPES},
    "token for this list": Who("owner", shows="token", bound="here"),
    "token for another list": Who("owner", shows="token", bound="there"),
    "token of staff": Who(STRANGER, shows="token", staff=True),
    "token of staff for this list": Who("viewer", shows="token", bound="here", staff=True),
}


@dataclass
class Visit:
    """The sockets of one client, and which actions succeeded."""

    screen: Any
    options: dict[str, Any]
    of_ana: Any
    groceries: ShoppingList
    known: bool
    did: dict[str, bool] = field(default_factory=dict)

    @property
    def topic(self) -> str:
        return topic_of(self.groceries.pk)

    async def open(self, path: str = "/ws/") -> Any:
        return await self.screen(path=path, **self.options)

    async def run(self) -> dict[str, bool]:
        """Try every action; first try those that need a subscription without one."""
        one = await self.open()
        welcome = await one.next() if self.known else {"lists": []}
        told = [place["id"] for place in welcome["lists"]]
        self.did["is told of it"] = str(self.groceries.pk) in told
        assert not await self._announce(one), "presence without a subscription"
        for name in ("requests", "ops"):
            self.did[name] = await self._follow(one, name)
            await one.send(type="unsubscribe", topic=name)
        self.did["follow"] = await self._follow(one, self.topic)
        self.did["hear changes"] = await self._hears(one)
        self.did["announce oneself"] = await self._announce(one)
        await run_in_db_thread(self.groceries.refresh_from_db)
        at = {"since": self.groceries.version - 1, "epoch": self.groceries.epoch}
        self.did["resume"] = await self._follow(one, self.topic, **at)
        self.did["open its address"] = await self._address()
        return self.did

    async def _follow(self, one: Any, topic: str, **at: Any) -> bool:
        answer = await one.follow(topic, **at)
        allowed = answer["type"] == "subscribed"
        if not allowed:
            assert answer["code"] == ("not_found" if self.known else "not_signed_in")
        return allowed

    async def _hears(self, one: Any) -> bool:
        note = uuid.uuid4().hex
        await run_in_db_thread(self.groceries.items.create, name=note)
        while (await self.of_ana.until("change"))["items"][0]["name"] != note:
            pass
        if not self.known:
            await one.send(type="ping")
        return note in json.dumps(await self._rest(one))

    async def _announce(self, one: Any) -> bool:
        await one.send(type="presence", topic=self.topic, state="shopping", id=1)
        refused = [frame for frame in await self._rest(one) if frame["type"] == "error"]
        if refused:
            assert refused[0]["code"] == ("not_found" if self.known else "not_signed_in")
            assert "presence" not in {frame["type"] for frame in await self.of_ana.barrier()}
            return False
        assert (await self.of_ana.until("presence"))["people"][0]["state"] == "shopping"
        return True

    async def _address(self) -> bool:
        one = await self.open(f"/ws/lists/{self.groceries.pk}/")
        if not self.known:
            await one.send(type="ping")
            return (await one.next())["code"] != "not_signed_in"
        assert (await one.next())["type"] == "welcome"
        answer = await one.next()
        assert answer["type"] == "subscribed" or answer["code"] == "not_found"
        return answer["type"] == "subscribed"

    async def _rest(self, one: Any) -> list[Any]:
        """Return the frames that arrived; an unauthenticated client gets an error, no pong."""
        return await one.barrier() if self.known else [await one.next()]


@pytest.mark.parametrize("name", PEOPLE)
async def test_every_client_is_allowed_exactly_what_the_permission_matrix_says(
    *, name, live, screen, session_of, token_of, make_user, ana, groceries, hardware
):
    """LIV-26, SEC-3."""
    who = PEOPLE[name]

    def come() -> dict[str, Any]:
        if who.shows == "nothing":
            return {"origin": None}
        person = guest_of(groceries, ana) if who.guest else make_user("carl", is_staff=who.staff)
        for one in (groceries, hardware):
            if who.role in ROLES and not who.guest:
                Membership.objects.create(shopping_list=one, user=person, role=who.role)
        if who.shows == "session":
            return {"session": session_of(person)}
        bound = {"here": groceries.pk, "there": hardware.pk, "": None}[who.bound]
        return {"token": token_of(person, scope=who.scope, list_id=bound), "origin": None}

    live.intervals = replace(live.intervals, auth=PATIENCE)
    of_ana = await screen(ana)
    await of_ana.follow(groceries)
    await of_ana.until("snapshot")
    options = await run_in_db_thread(come)
    visit = Visit(screen, options, of_ana, groceries, known=who.role != ANYONE)
    assert await visit.run() == who.may()


def guest_of(groceries: ShoppingList, owner: User) -> User:
    """Create a guest with the role of a viewer."""
    secret = invites.new_secret()
    invites.create(groceries.pk, owner, secret=secret, role="viewer", guest=True)
    return invites.accept_as_guest(secret, "Grandma").user


UNKNOWN = "00000000-0000-4000-8000-00000000dead"
LOOT = "Loot of mallory"


def asked(list_id: str, epoch: str, version: int) -> list[dict[str, Any]]:
    """Return every frame that names a list, as a client that knows all its details sends them."""
    spellings = (list_id, list_id.upper(), f"{{{list_id}}}", f"urn:uuid:{list_id}", f"{list_id} ")
    where = {"since": version, "epoch": epoch}
    return [
        *({"type": "subscribe", "topic": f"list:{one}", "id": 1} for one in spellings),
        {"type": "subscribe", "topic": f"list:{list_id}", "id": 2, **where},
        {"type": "subscribe", "topic": f"list:{list_id}", "id": 3, **where, "since": 0},
        {"type": "subscribe", "topic": f"requests:{list_id}", "id": 4},
        {"type": "subscribe", "topic": f"ops:{list_id}", "id": 5},
        {"type": "presence", "topic": f"list:{list_id}", "state": "shopping", "id": 6},
        {"type": "unsubscribe", "topic": f"list:{list_id}", "id": 7},
    ]


async def walk(screen: Any, user: User, list_id: str, epoch: str, version: int) -> list[str]:
    """Return, as text, every frame that a user gets who tries a list id on both addresses."""
    told: list[str] = []
    for path in ("/ws/", f"/ws/lists/{list_id}/", f"/ws/lists/{list_id}/?since=0&epoch={epoch}"):
        one = await screen(user, path=path)
        for frame in asked(list_id, epoch, version):
            await one.send(**frame)
        told += [json.dumps(frame).replace(list_id, "ID") for frame in await one.barrier()]
        await one.leave()
    return told


@pytest.mark.parametrize("gone", ["there", "in the trash", "left"])
async def test_foreign_list_is_indistinguishable_from_unknown_list(
    screen, ana, bob, mallory, groceries, gone
):
    """LIV-13, LIV-26, SEC-3."""

    def stage() -> ShoppingList:
        loot = ShoppingList.objects.create(name=LOOT, created_by=mallory)
        Membership.objects.create(shopping_list=loot, user=mallory, role="owner")
        loot.items.create(name="Gold")
        if gone == "left":
            for one, user in ((loot, ana), (groceries, mallory)):
                Membership.objects.create(shopping_list=one, user=user)
                Membership.objects.get(shopping_list=one, user=user).delete()
        for one in (loot, groceries):
            one.refresh_from_db()
        return loot

    loot = await run_in_db_thread(stage)
    if gone == "in the trash":
        for one in (loot, groceries):
            await run_in_db_thread(trash, one)
    for user, foreign in ((ana, loot), (mallory, groceries)):
        strange = await walk(screen, user, str(foreign.pk), foreign.epoch, foreign.version)
        unknown = await walk(screen, user, UNKNOWN, foreign.epoch, foreign.version)
        assert strange == unknown
        assert len(strange) == 3 * len(asked("", "", 0)) + 2
        assert {json.loads(frame)["type"] for frame in strange} == {"error"}
        assert {json.loads(frame)["code"] for frame in strange} == {"not_found"}
    assert not any(LOOT in one or "Gold" in one for one in strange)


def trash(one: ShoppingList) -> None:
    """Move a list to the trash."""
    from django.utils import timezone

    found = ShoppingList._base_manager.get(pk=one.pk)
    found.deleted_at = timezone.now()
    found.save()
