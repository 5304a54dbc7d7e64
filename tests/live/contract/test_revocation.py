"""A user who loses access in one process loses it on the sockets of another; others keep theirs.

In every test the client ignores what it is told, and keeps sending requests.
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
from tests.support.installation import PASSWORD, Installation
from tests.support.processes import ServerProcess
from tests.support.websocket_client import WebSocketClient

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]
WITHOUT_REVALIDATION = """
import django
django.setup()
from live import periodic_tasks
async def nothing(self):
    pass
periodic_tasks.PeriodicTasks.revalidate_identities = nothing
"""
"""For the process with the sockets: only a message may reveal to it that access was lost."""
CREATE_EDITORS = """
import json
from accounts.models import ApiToken, User
from shopping_list.models import Membership
editors = []
for number in range({count}):
    user = User.objects.create_user(f"carol-{{number}}", password="{password}")
    Membership.objects.create(shopping_list_id="{list}", user=user, role="editor")
    secret = ApiToken.objects.create(user=user, name="script")[1]
    editors.append([user.username, user.pk, secret])
print("EDITORS " + json.dumps(editors))
"""
DISABLE_USER = """
from accounts.models import User
user = User.objects.get(pk={id})
user.is_active = False
user.save()
"""
EXPIRE_MEMBERSHIP = """
from django.utils import timezone
from shopping_list.models import Membership
Membership.objects.filter(user_id={id}).update(expires_at=timezone.now())
"""


class BrowserClient(httpx.Client):
    """The cookies and the CSRF token of a browser, at one of the processes."""

    def __init__(self, server: ServerProcess) -> None:
        super().__init__(base_url=server.url, timeout=30)
        self.get("/signin/")

    def fetch(self, method: str, path: str, **body: Any) -> httpx.Response:
        """Send a request as our pages do."""
        headers = {"X-CSRFToken": self.cookies["trolley_csrftoken"]}
        return self.request(method, f"/api/{path}", json=body or None, headers=headers)

    def fetch_json(self, method: str, path: str, **body: Any) -> Any:
        """Send a request that succeeds, and return its JSON."""
        response = self.fetch(method, path, **body)
        assert response.is_success, response.text
        return response.json() if response.content else None

    def sign_in(self, name: str) -> Self:
        """Sign a user in."""
        self.fetch_json("POST", "auth/login/", username=name, password=PASSWORD)
        return self


class TwoServers:
    """Two processes: requests go to the first client, sockets are open at the second client."""

    def __init__(self, installation: Installation) -> None:
        self.installation, self.list_id = installation, installation.list_id
        self.first_server, self.second_server = (
            installation.first_server,
            installation.start_server("second", before=WITHOUT_REVALIDATION),
        )
        self.topic = f"list:{self.list_id}"
        self.path = f"shopping-lists/{self.list_id}/"
        self.browsers: list[BrowserClient] = []
        self.owner = self.open_browser("ana")
        output = installation.shell(
            CREATE_EDITORS.format(count=8, password=PASSWORD, list=self.list_id)
        )
        lines = output.splitlines()
        line = next(line for line in lines if line.startswith("EDITORS "))
        self._editors: list[tuple[str, int, str]] = json.loads(line.removeprefix("EDITORS "))

    def take_editor(self) -> tuple[str, int, str]:
        """Return name, id and token of another editor of the list."""
        return self._editors.pop()

    def open_browser(self, name: str | None = None) -> BrowserClient:
        """Open a browser at the first process, signed in if a name is given."""
        browser = BrowserClient(self.first_server)
        self.browsers.append(browser)
        return browser if name is None else browser.sign_in(name)

    def subscribe(self, who: BrowserClient | str) -> WebSocketClient:
        """Subscribe to the list at the second process, with the session of a browser or a token."""
        if isinstance(who, str):
            client = WebSocketClient(self.second_server.url, who)
        else:
            client = WebSocketClient(
                self.second_server.url, session=who.cookies["trolley_sessionid"]
            )
        client.until("welcome")
        client.send(type="subscribe", topic=self.topic)
        client.until("snapshot")
        return client

    def edit(self) -> str:
        """Change the list, and return the new note of the item."""
        note = uuid.uuid4().hex
        self.installation.edit(note)
        return note


@pytest.fixture(scope="module")
def servers(redis, tmp_path_factory):
    """An installation of two processes with a Redis between them."""
    data = tmp_path_factory.mktemp("servers") / "data"
    installation = Installation(data, server="uvicorn", layer="redis-pubsub", redis=redis)
    servers = TwoServers(installation)
    yield servers
    for browser in servers.browsers:
        browser.close()
    installation.close()


def assert_disconnected(servers: TwoServers, client: WebSocketClient) -> None:
    """Check that a socket gets `bye` and is closed, and that it receives nothing more."""
    assert client.until("bye")["code"] == client.wait_closed() == CloseCode.REVOKED
    servers.edit()
    with pytest.raises(ConnectionClosed):
        client.send(type="subscribe", topic=servers.topic)
    with pytest.raises(ConnectionClosed):
        client.next()


def assert_subscription_ended(
    servers: TwoServers, client: WebSocketClient, *, leaves: bool
) -> None:
    """Check that a socket is told that its subscription ended."""
    ended = {"type": "ended", "topic": servers.topic, "reason": "revoked"}
    assert client.until("ended") == ended
    if leaves:
        assert client.until("left")["list"] == servers.list_id


def assert_no_access(servers: TwoServers, client: WebSocketClient, other: WebSocketClient) -> None:
    """Send every kind of request for the list while others edit it; all must be refused."""
    for turn in range(3):
        other.until_note(servers.edit())
        client.send(type="subscribe", topic=servers.topic, id=turn)
        client.send(type="subscribe", topic=servers.topic, since=0, epoch="k3f9a2xx", id=turn)
        client.send(type="presence", topic=servers.topic, state="shopping", id=turn)
        client.send(type="unsubscribe", topic=servers.topic, id=turn)
        error = {"type": "error", "id": turn, "code": "not_found", "message": "no such topic"}
        assert client.drain() == [error] * 4


def assert_receives_edit(servers: TwoServers, *others: WebSocketClient) -> None:
    """Check that other sockets still get changes."""
    note = servers.edit()
    for other in others:
        other.until_note(note)


def next_request_status(servers: TwoServers, who: BrowserClient | str) -> int:
    """Return the status of the next request, at the process with the sockets."""
    url = f"{servers.second_server.url}/api/{servers.path}"
    if isinstance(who, str):
        return httpx.get(url, headers={"Authorization": f"Bearer {who}"}, timeout=30).status_code
    return httpx.get(url, cookies=dict(who.cookies), timeout=30).status_code


@pytest.mark.parametrize("where", ["in the same browser", "in another browser"])
def test_ended_session_closes_its_sockets_and_no_others(servers, where):
    """LIV-15, SEC-4."""
    name, _, token = servers.take_editor()
    ended, kept = servers.open_browser(name), servers.open_browser(name)
    with ExitStack() as stack:
        client, second_client, same, script = (
            stack.enter_context(servers.subscribe(who)) for who in (ended, ended, kept, token)
        )
        if where == "in the same browser":
            ended.fetch_json("POST", "auth/logout/")
        else:
            sessions = kept.fetch_json("GET", "auth/sessions/")["results"]
            (other,) = (session for session in sessions if not session["current"])
            kept.fetch_json("DELETE", f"auth/sessions/{other['id']}/")
        assert_disconnected(servers, client)
        assert_disconnected(servers, second_client)
        assert_receives_edit(servers, same, script)
    assert next_request_status(servers, ended) == 401
    assert next_request_status(servers, kept) == 200


def test_new_password_closes_every_other_socket_of_the_user(servers):
    """LIV-27, SEC-4."""
    name, _, _ = servers.take_editor()
    current, elsewhere = servers.open_browser(name), servers.open_browser(name)
    with (
        servers.subscribe(elsewhere) as client,
        servers.subscribe(servers.installation.fixtures["bob"]) as other,
    ):
        new = "another horse battery"
        current.fetch_json("POST", "auth/password/", current_password=PASSWORD, new_password=new)
        assert_disconnected(servers, client)
        assert_receives_edit(servers, other)
    assert (next_request_status(servers, elsewhere), next_request_status(servers, current)) == (
        401,
        200,
    )


@pytest.mark.parametrize("how", ["disabled", "deleted"])
def test_disabled_or_deleted_user_is_disconnected_everywhere(servers, how):
    """LIV-27, SEC-4."""
    name, pk, token = servers.take_editor()
    browser = servers.open_browser(name)
    bob = servers.installation.fixtures["bob"]
    with (
        servers.subscribe(browser) as client,
        servers.subscribe(token) as second_client,
        servers.subscribe(bob) as other,
    ):
        if how == "disabled":
            servers.installation.shell(DISABLE_USER.format(id=pk))
        else:
            browser.fetch_json("DELETE", "auth/me/", password=PASSWORD)
        assert_disconnected(servers, client)
        assert_disconnected(servers, second_client)
        assert_receives_edit(servers, other)
    assert (next_request_status(servers, browser), next_request_status(servers, token)) == (
        401,
        401,
    )


def test_deleted_token_closes_its_sockets_and_no_others(servers):
    """LIV-27, SEC-4."""
    name, _, token = servers.take_editor()
    browser = servers.open_browser(name)
    with servers.subscribe(token) as client, servers.subscribe(browser) as other:
        (row,) = browser.fetch_json("GET", "tokens/")["results"]
        browser.fetch_json("DELETE", f"tokens/{row['id']}/")
        assert_disconnected(servers, client)
        assert_receives_edit(servers, other)
    assert (next_request_status(servers, token), next_request_status(servers, browser)) == (
        401,
        200,
    )


def test_removed_member_gets_nothing_when_the_client_keeps_asking(servers):
    """LIV-14, SEC-4."""
    name, pk, token = servers.take_editor()
    browser = servers.open_browser(name)
    bob = servers.installation.fixtures["bob"]
    with (
        servers.subscribe(browser) as client,
        servers.subscribe(token) as second_client,
        servers.subscribe(bob) as other,
    ):
        servers.owner.fetch_json("DELETE", f"{servers.path}members/{pk}/")
        for socket in (client, second_client):
            assert_subscription_ended(servers, socket, leaves=True)
            assert_no_access(servers, socket, other)
    assert (next_request_status(servers, browser), next_request_status(servers, token)) == (
        404,
        404,
    )


def test_downgraded_member_must_subscribe_again(servers):
    """LIV-27, SEC-4."""
    name, pk, _ = servers.take_editor()
    browser = servers.open_browser(name)
    with servers.subscribe(browser) as client:
        servers.owner.fetch_json("PATCH", f"{servers.path}members/{pk}/", role="viewer")
        assert_subscription_ended(servers, client, leaves=False)
        servers.edit()
        assert client.drain() == []
        client.send(type="subscribe", topic=servers.topic, id=1)
        assert client.until("subscribed")["id"] == 1
        client.until("snapshot")
        assert_receives_edit(servers, client)


def test_expired_guest_membership_ends_the_subscription(servers):
    """LIV-27, INV-9, SEC-4."""
    body = {"role": "editor", "guest": True}
    invite = servers.owner.fetch_json("POST", f"{servers.path}invites/", **body)
    guest = servers.open_browser()
    guest.fetch_json("POST", "invites/accept/", token=invite["token"], name="Grandma")
    pk = guest.fetch_json("GET", "auth/me/")["id"]
    with (
        servers.subscribe(guest) as client,
        servers.subscribe(servers.installation.fixtures["bob"]) as other,
    ):
        servers.installation.shell(EXPIRE_MEMBERSHIP.format(id=pk))
        assert_subscription_ended(servers, client, leaves=True)
        assert_no_access(servers, client, other)
    assert next_request_status(servers, guest) == 404
