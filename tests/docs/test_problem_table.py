"""Each row of the table of problems in docs/api.md is provoked over a real server."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from tests.support.databases import copy_template
from tests.support.docs.api_examples import PAGE
from tests.support.processes import SSL_CONTEXT, ServerProcess

pytestmark = pytest.mark.system
ELSEWHERE = {
    *("timed_out", "address_too_long", "headers_too_long", "busy", "database_unavailable"),
    *("fault_running", "no_drill"),
}
"""Provoked by tests/asgi_project: test_http_limits, test_failing_database, test_bounded_queue, and
by tests/system/test_demo.py."""
ROWS = [
    (int(status), code)
    for status, code in re.findall(r"^\| (\d{3}) \| `(\w+)` \|", PAGE, re.MULTILINE)
    if code not in ELSEWHERE
]
SMALL_LIMITS = """
import types, django
django.setup()
from accounts import tokens
from accounts.models import User
from live import views
from shopping_list import ceilings
from shopping_list.api.suggestions import SuggestionsView
from shopping_list.services import invites
User.objects.filter(username="bob").update(is_superuser=True)
tokens.MAX_TOKENS = 4
ceilings.MAX_ITEMS, ceilings.MAX_MEMBERS, ceilings.MAX_OWNED_LISTS = 50, 3, 12
invites.MAX_OPEN_INVITES = 2
views.runtime = types.SimpleNamespace(get_running=lambda: None)
def crash(*_):
    raise RuntimeError("on purpose")
SuggestionsView.get = crash
"""
"""In the server of this test some limits are low, one view raises, and there is no sample."""
PASSWORD = "correct horse battery"
LOGIN = {"username": "bob", "password": PASSWORD}
WRONG = {"username": "ana", "password": "not the password"}


class Provoker:
    """Causes each problem on purpose. A method has the code of its problem as its name."""

    def __init__(self, url: str, fixtures: dict[str, Any], clients: ExitStack) -> None:
        self.url, self.fixtures, self.clients = url, fixtures, clients
        self.list_url = f"shopping-lists/{fixtures['list']}/"
        self.items_url = f"{self.list_url}shopping-items/"
        self.item_url = f"{self.items_url}{fixtures['item']}/"
        self.ana, self.bob = (self.client(token=fixtures[name]) for name in ("ana", "bob"))
        self.stranger, self.browser = self.client(), self.client()
        self.browser.get(self.url)
        self.renew_csrf(self.browser)
        signed_in = self.browser.post("auth/login/", json=LOGIN)
        assert signed_in.status_code == 200, signed_in.text
        self.renew_csrf(self.browser)

    def client(self, token: str = "") -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        options = {"headers": headers, "timeout": 30, "verify": SSL_CONTEXT}
        return self.clients.enter_context(httpx.Client(base_url=f"{self.url}/api/", **options))

    @staticmethod
    def renew_csrf(browser: httpx.Client) -> None:
        name = next(name for name in browser.cookies if name.endswith("trolley_csrftoken"))
        browser.headers["X-CSRFToken"] = browser.cookies[name]

    def visitor(self) -> httpx.Client:
        """Return a browser that has loaded the page and is not signed in."""
        visitor = self.client()
        visitor.get(self.url)
        self.renew_csrf(visitor)
        return visitor

    def invite(self, **fields: Any) -> httpx.Response:
        return self.ana.post(f"{self.list_url}invites/", json={"role": "editor", **fields})

    def invalid(self) -> httpx.Response:
        return self.ana.post("shopping-lists/", json={})

    def bad_json(self) -> httpx.Response:
        return self.ana.post("shopping-lists/", content="{", headers={"Content-Type": JSON})

    def bad_request(self) -> httpx.Response:
        return self.ana.get("shopping-lists/", headers={"Host": "evil.example"})

    def bad_credentials(self) -> httpx.Response:
        return self.stranger.post("api-token-auth/", json=WRONG)

    def not_authenticated(self) -> httpx.Response:
        return self.stranger.get("shopping-lists/")

    def authentication_failed(self) -> httpx.Response:
        return self.stranger.get("shopping-lists/", headers={"Authorization": "Bearer trl_x"})

    def account_required(self) -> httpx.Response:
        body = {"token": self.invite().json()["token"], "name": "Grandma"}
        return self.visitor().post("invites/accept/", json=body)

    def permission_denied(self) -> httpx.Response:
        return self.bob.patch(self.list_url, json={"name": "Mine"})

    def guest(self) -> httpx.Response:
        grandma, token = self.visitor(), self.invite(guest=True).json()["token"]
        grandma.post("invites/accept/", json={"token": token, "name": "Grandma"})
        self.renew_csrf(grandma)
        return grandma.get("tokens/")

    def registration_closed(self) -> httpx.Response:
        body = {"username": "carl", "password": PASSWORD, "name": "Carl"}
        return self.visitor().post("auth/register/", json=body)

    def csrf_failed(self) -> httpx.Response:
        return self.stranger.post("auth/login/", json=LOGIN)

    def not_found(self) -> httpx.Response:
        return self.ana.get(f"shopping-lists/{uuid.uuid4()}/")

    def method_not_allowed(self) -> httpx.Response:
        return self.ana.delete("shopping-lists/")

    def not_acceptable(self) -> httpx.Response:
        return self.ana.get("shopping-lists/", headers={"Accept": "text/html"})

    def duplicate(self) -> httpx.Response:
        return self.ana.post(f"{self.items_url}?on_duplicate=error", json={"name": "Milk"})

    def id_taken(self) -> httpx.Response:
        other = self.ana.post("shopping-lists/", json={"name": "Other"}).json()["id"]
        body = {"name": "Salt", "id": self.fixtures["item"]}
        return self.ana.post(f"shopping-lists/{other}/shopping-items/", json=body)

    def merge_conflict(self) -> httpx.Response:
        for text in ("a", "b"):
            added = self.ana.post(self.items_url, json={"name": "Ham", "note": text * 600})
        return added

    def too_many_items(self) -> httpx.Response:
        items = [{"name": f"Item {number}"} for number in range(51)]
        return self.ana.post(f"{self.items_url}bulk/", json={"items": items})

    def too_many_lists(self) -> httpx.Response:
        return [self.bob.post("shopping-lists/", json={"name": "x"}) for _ in range(13)][-1]

    def too_many_members(self) -> httpx.Response:
        party = self.ana.post("shopping-lists/", json={"name": "Party"}).json()["id"]
        invite = {"role": "editor", "guest": True}
        token = self.ana.post(f"shopping-lists/{party}/invites/", json=invite).json()["token"]
        body = {"token": token, "name": "Guest"}
        return [self.visitor().post("invites/accept/", json=body) for _ in range(3)][-1]

    def upgrade_required(self) -> httpx.Response:
        return self.stranger.get(f"{self.url}/ws/")

    def last_owner(self) -> httpx.Response:
        return self.ana.delete(f"{self.list_url}members/{self.fixtures['ana_id']}/")

    def cannot_undo(self) -> httpx.Response:
        version = self.ana.patch(self.item_url, json={"note": "fresh"}).json()["version"]
        self.ana.patch(self.item_url, json={"note": "not fresh"})
        return self.ana.post(f"{self.list_url}activities/{version}/undo/")

    def not_in_log(self) -> httpx.Response:
        return self.ana.get(f"{self.list_url}snapshot/?version=0")

    def nothing_to_put_back(self) -> httpx.Response:
        version = self.ana.get(self.list_url).json()["version"]
        return self.ana.post(f"{self.list_url}activities/{version}/put-back/")

    def too_many_invites(self) -> httpx.Response:
        return [self.invite() for _ in range(3)][-1]

    def too_many_tokens(self) -> httpx.Response:
        body = {"name": "x", "scope": "read"}
        return [self.browser.post("tokens/", json=body) for _ in range(5)][-1]

    def not_a_guest(self) -> httpx.Response:
        body = {"username": "bob2", "password": PASSWORD}
        return self.browser.post("auth/upgrade/", json=body)

    def last_superuser(self) -> httpx.Response:
        return self.browser.request("DELETE", "auth/me/", json={"password": PASSWORD})

    def precondition_failed(self) -> httpx.Response:
        return self.ana.patch(self.item_url, json={"note": ""}, headers={"If-Match": '"0"'})

    def too_large(self) -> httpx.Response:
        return self.ana.post("shopping-lists/", json={"name": "x" * 300_000})

    def unsupported_media_type(self) -> httpx.Response:
        headers = {"Content-Type": "text/plain"}
        return self.ana.post("shopping-lists/", content="{}", headers=headers)

    def idempotency_key_reused(self) -> httpx.Response:
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        names = ("One", "Two")
        return [
            self.ana.post("shopping-lists/", json={"name": name}, headers=headers) for name in names
        ][-1]

    def throttled(self) -> httpx.Response:
        visitor = self.visitor()
        return [visitor.post("invites/preview/", json={"token": "x"}) for _ in range(61)][-1]

    def locked_out(self) -> httpx.Response:
        return [self.stranger.post("api-token-auth/", json=WRONG) for _ in range(4)][-1]

    def server_error(self) -> httpx.Response:
        return self.ana.get("suggestions/?q=x")

    def no_sample(self) -> httpx.Response:
        return self.ana.get("live/requests/")


JSON = "application/json"


@pytest.fixture(scope="module")
def provoker(tmp_path_factory: Any) -> Iterator[Provoker]:
    data = tmp_path_factory.mktemp("problems") / "data"
    fixtures = copy_template(data)
    limits = {"ALLOWED_HOSTS": "localhost", "TROLLEY_SIGNIN_FAILURES": "3"}
    server = ServerProcess(data, before=SMALL_LIMITS, preloaded=True, **limits)
    with server, ExitStack() as clients:
        yield Provoker(server.url, fixtures, clients)


def test_every_problem_of_the_table_is_sent_by_a_server(provoker: Provoker) -> None:
    """API-24: in the order of the table, because some change what comes after them."""
    assert len(ROWS) >= 30
    sent = {}
    for status, code in ROWS:
        provoke: Callable[[], httpx.Response] = getattr(provoker, code)
        response = provoke()
        body = response.json()
        assert response.headers["Content-Type"] == "application/problem+json", body
        assert body["request_id"] == response.headers["X-Request-ID"]
        sent[status, code] = (response.status_code, body["status"], body["code"])
    assert sent == {(status, code): (status, status, code) for status, code in ROWS}
