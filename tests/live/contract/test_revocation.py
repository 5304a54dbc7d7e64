"""Whoever loses access in one process loses it on the sockets of another, and nobody else does.

In every case somebody does not care what they are told, and goes on asking.
"""

from __future__ import annotations

import json
import uuid
from contextlib import ExitStack
from typing import Any, Self

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from live.protocol.frames import CloseCode
from tests.support.installation import PASSWORD, PATIENCE, Place, Watcher, World

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]
BY_MESSAGE = """
import django
django.setup()
from live import runtime
async def nothing(self):
    pass
runtime.Runtime._revalidate_identities = nothing
"""
"""For the process where everybody sits: it must not find out later what no message told."""
PEOPLE = """
import json
from accounts.models import ApiToken, User
from shopping_list.models import Membership
made = []
for number in range({count}):
    person = User.objects.create_user(f"carol-{{number}}", password="{password}")
    Membership.objects.create(shopping_list_id="{list}", user=person, role="editor")
    secret = ApiToken.objects.create(user=person, name="script")[1]
    made.append([person.username, person.pk, secret])
print("MADE " + json.dumps(made))
"""
DISABLED = """
from accounts.models import User
person = User.objects.get(pk={id})
person.is_active = False
person.save()
"""
OVER = """
from django.utils import timezone
from shopping_list.models import Membership
Membership.objects.filter(user_id={id}).update(expires_at=timezone.now())
"""


class Browser(httpx.Client):
    """A browser at one of the processes, as far as cookies go."""

    def __init__(self, place: Place) -> None:
        super().__init__(base_url=place.url, timeout=30)
        self.get("/signin/")

    def ask(self, method: str, path: str, **body: Any) -> httpx.Response:
        """Send what one of our pages would send."""
        headers = {"X-CSRFToken": self.cookies["csrftoken"]}
        return self.request(method, f"/api/{path}", json=body or None, headers=headers)

    def done(self, method: str, path: str, **body: Any) -> Any:
        answer = self.ask(method, path, **body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def sign_in(self, name: str) -> Self:
        self.done("POST", "auth/login/", username=name, password=PASSWORD)
        return self


class Pair:
    """Two processes: everything is done at the first, and everybody sits at the second."""

    def __init__(self, world: World) -> None:
        self.world, self.list = world, world.list
        self.first, self.second = world.first, world.serve("second", before=BY_MESSAGE)
        self.topic = f"list:{self.list}"
        self.path = f"shopping-lists/{self.list}/"
        self.browsers: list[Browser] = []
        self.owner = self.browser("ana")
        said = world.shell(PEOPLE.format(count=8, password=PASSWORD, list=self.list))
        made = next(line for line in said.splitlines() if line.startswith("MADE "))
        self._people: list[tuple[str, int, str]] = json.loads(made.removeprefix("MADE "))

    def person(self) -> tuple[str, int, str]:
        """Return name, id and token of another editor of the list."""
        return self._people.pop()

    def browser(self, name: str | None = None) -> Browser:
        """Come to the first process, and sign in."""
        browser = Browser(self.first)
        self.browsers.append(browser)
        return browser if name is None else browser.sign_in(name)

    def look(self, who: Browser | str) -> Watcher:
        """Follow the list at the second process, with a browser's session or a token."""
        if isinstance(who, str):
            one = Watcher(self.second.url, who)
        else:
            one = Watcher(self.second.url, session=who.cookies["sessionid"])
        one.until("welcome", PATIENCE)
        one.send(type="subscribe", topic=self.topic)
        one.until("snapshot", PATIENCE)
        return one

    def edit(self) -> str:
        """Change the list, and return the note by which that is known."""
        note = uuid.uuid4().hex
        self.world.edit(note)
        return note


@pytest.fixture(scope="module")
def pair(redis, tmp_path_factory):
    """An installation of two processes with a Redis between them."""
    data = tmp_path_factory.mktemp("pair") / "data"
    world = World(data, server="uvicorn", layer="redis-pubsub", redis=redis)
    made = Pair(world)
    yield made
    for browser in made.browsers:
        browser.close()
    world.close()


def is_out(pair: Pair, one: Watcher) -> None:
    """See a socket told that it is over, and get nothing however often it asks."""
    assert one.until("bye", PATIENCE)["code"] == one.closed() == CloseCode.REVOKED
    pair.edit()
    with pytest.raises(ConnectionClosed):
        one.send(type="subscribe", topic=pair.topic)
    with pytest.raises(ConnectionClosed):
        one.next(PATIENCE)


def sees_the_end(pair: Pair, one: Watcher, *, leaves: bool) -> None:
    """See a socket told that the list is over for it, and get nothing of it afterwards."""
    ended = {"type": "ended", "topic": pair.topic, "reason": "revoked"}
    assert one.until("ended", PATIENCE) == ended
    if leaves:
        assert one.until("left", PATIENCE)["list"] == pair.list


def gets_nothing(pair: Pair, one: Watcher, other: Watcher) -> None:
    """Ask for everything again and again, while others edit."""
    for turn in range(3):
        other.until_note(pair.edit())
        one.send(type="subscribe", topic=pair.topic, id=turn)
        one.send(type="subscribe", topic=pair.topic, since=0, epoch="k3f9a2xx", id=turn)
        one.send(type="presence", topic=pair.topic, state="shopping", id=turn)
        one.send(type="unsubscribe", topic=pair.topic, id=turn)
        told = {"type": "error", "id": turn, "code": "not_found", "message": "no such topic"}
        assert one.rest() == [told] * 4


def hears(pair: Pair, *others: Watcher) -> None:
    """See that others get what happens now."""
    note = pair.edit()
    for other in others:
        other.until_note(note)


def refused(pair: Pair, who: Browser | str) -> int:
    """Return how the next request is refused, at the process that holds the socket."""
    url = f"{pair.second.url}/api/{pair.path}"
    if isinstance(who, str):
        return httpx.get(url, headers={"Authorization": f"Bearer {who}"}, timeout=30).status_code
    return httpx.get(url, cookies=dict(who.cookies), timeout=30).status_code


@pytest.mark.parametrize("how", ["here", "from afar"])
def test_the_end_of_a_session_closes_its_sockets_and_no_others(pair, how):
    """LIV-15, SEC-4."""
    name, _, token = pair.person()
    doomed, kept = pair.browser(name), pair.browser(name)
    with ExitStack() as looks:
        one, two, same, script = (
            looks.enter_context(pair.look(who)) for who in (doomed, doomed, kept, token)
        )
        if how == "here":
            doomed.done("POST", "auth/logout/")
        else:
            found = kept.done("GET", "auth/sessions/")["results"]
            (other,) = (session for session in found if not session["current"])
            kept.done("DELETE", f"auth/sessions/{other['id']}/")
        is_out(pair, one)
        is_out(pair, two)
        hears(pair, same, script)
    assert refused(pair, doomed) == 401
    assert refused(pair, kept) == 200


def test_another_password_closes_every_other_socket_of_the_person(pair):
    """LIV-27, SEC-4."""
    name, _, _ = pair.person()
    here, elsewhere = pair.browser(name), pair.browser(name)
    with pair.look(elsewhere) as one, pair.look(pair.world.made["bob"]) as other:
        new = "another horse battery"
        here.done("POST", "auth/password/", current_password=PASSWORD, new_password=new)
        is_out(pair, one)
        hears(pair, other)
    assert (refused(pair, elsewhere), refused(pair, here)) == (401, 200)


@pytest.mark.parametrize("how", ["disabled", "deleted"])
def test_who_may_not_come_any_more_is_out_everywhere(pair, how):
    """LIV-27, SEC-4."""
    name, pk, token = pair.person()
    browser = pair.browser(name)
    bob = pair.world.made["bob"]
    with pair.look(browser) as one, pair.look(token) as two, pair.look(bob) as other:
        if how == "disabled":
            pair.world.shell(DISABLED.format(id=pk))
        else:
            browser.done("DELETE", "auth/me/", password=PASSWORD)
        is_out(pair, one)
        is_out(pair, two)
        hears(pair, other)
    assert (refused(pair, browser), refused(pair, token)) == (401, 401)


def test_a_deleted_token_closes_its_sockets_and_no_others(pair):
    """LIV-27, SEC-4."""
    name, _, token = pair.person()
    browser = pair.browser(name)
    with pair.look(token) as one, pair.look(browser) as other:
        (found,) = browser.done("GET", "tokens/")["results"]
        browser.done("DELETE", f"tokens/{found['id']}/")
        is_out(pair, one)
        hears(pair, other)
    assert (refused(pair, token), refused(pair, browser)) == (401, 200)


def test_a_removed_member_who_goes_on_asking_gets_nothing(pair):
    """LIV-14, SEC-4."""
    name, pk, token = pair.person()
    browser = pair.browser(name)
    bob = pair.world.made["bob"]
    with pair.look(browser) as one, pair.look(token) as two, pair.look(bob) as other:
        pair.owner.done("DELETE", f"{pair.path}members/{pk}/")
        for socket in (one, two):
            sees_the_end(pair, socket, leaves=True)
            gets_nothing(pair, socket, other)
    assert (refused(pair, browser), refused(pair, token)) == (404, 404)


def test_a_lower_role_ends_the_topic_until_it_is_asked_for_again(pair):
    """LIV-27, SEC-4."""
    name, pk, _ = pair.person()
    browser = pair.browser(name)
    with pair.look(browser) as one:
        pair.owner.done("PATCH", f"{pair.path}members/{pk}/", role="viewer")
        sees_the_end(pair, one, leaves=False)
        pair.edit()
        assert one.rest() == []
        one.send(type="subscribe", topic=pair.topic, id=1)
        assert one.until("subscribed")["id"] == 1
        one.until("snapshot")
        hears(pair, one)


def test_the_end_of_a_guests_invite_ends_what_the_guest_sees(pair):
    """LIV-27, INV-9, SEC-4."""
    body = {"role": "editor", "guest": True}
    invite = pair.owner.done("POST", f"{pair.path}invites/", **body)
    guest = pair.browser()
    guest.done("POST", "invites/accept/", token=invite["token"], name="Grandma")
    pk = guest.done("GET", "auth/me/")["id"]
    with pair.look(guest) as one, pair.look(pair.world.made["bob"]) as other:
        pair.world.shell(OVER.format(id=pk))
        sees_the_end(pair, one, leaves=True)
        gets_nothing(pair, one, other)
    assert refused(pair, guest) == 404
