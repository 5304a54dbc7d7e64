"""Every request counts, also one that fails before REST framework's throttle."""

from __future__ import annotations

import json
from typing import Any

import pytest

from accounts.models import ApiToken
from asgi_project import asgi
from live.db_threads import run_in_db_thread
from rest import throttles
from rest.known_credentials import known_credentials
from tests.support.routes import address, routes

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("application_stops"),
]

BURST = 2
NOW = 1_000.0
SAMPLE_VALUES = {"path": "x", "url": "x", "app_label": "accounts", "content_type_id": 1}


@pytest.fixture(autouse=True)
def _low_limits(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock stands, because a slow machine would regain some of a limit meanwhile."""
    monkeypatch.setattr(throttles, "monotonic", lambda: NOW)
    settings.READS_PER_SECOND = settings.WRITES_PER_SECOND = BURST / 10
    clear()


def clear() -> None:
    for limiter in (throttles.reads, throttles.writes, throttles.list_rows):
        limiter.clear()
    known_credentials.clear()


class Peer:
    """A client of the whole application, from one address."""

    def __init__(self, peer: str = "198.51.100.7", **headers: str) -> None:
        self.client = (peer, 4711)
        self.headers = [(b"host", b"localhost")]
        self.headers += [(name.encode(), value.encode()) for name, value in headers.items()]

    async def send(self, method: str, path: str, body: bytes = b"") -> tuple[int, Any, dict]:
        """Return the status, the body and the headers of the response."""
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": body}

        async def send(event: Any) -> None:
            sent.append(event)

        path, _, query = path.partition("?")
        headers = [*self.headers, (b"content-length", str(len(body)).encode())]
        scope = {"type": "http", "method": method, "path": path, "query_string": query.encode()}
        scope |= {"headers": headers, "client": self.client, "scheme": "http", "asgi": {}}
        await asgi.application(scope, receive, send)  # type: ignore[arg-type]
        response = {name.lower().decode(): value.decode() for name, value in sent[0]["headers"]}
        return sent[0]["status"], sent[1]["body"], response

    async def statuses(self, count: int, method: str, path: str) -> list[int]:
        return [(await self.send(method, path))[0] for _ in range(count)]


def paths() -> list[str]:
    """Return an address of every route of the installation."""
    urls = {address(route, SAMPLE_VALUES).replace("^", "") for route, _ in routes()}
    return [url for url in sorted(urls) if "(" not in url] + ["/nowhere/", "/static/nothing.js"]


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_every_address_refuses_a_stranger_beyond_the_limit(
    method: str, settings: Any
) -> None:
    """RATE-1, RATE-2: also those that fail before a view runs."""
    settings.READS_PER_SECOND = settings.WRITES_PER_SECOND = 0.1
    stranger = Peer()
    assert len(paths()) > 70
    for path in paths():
        clear()
        first, second = await stranger.statuses(2, method, path)
        assert (first == 429, second) == (False, 429), path
    assert (await Peer("198.51.100.8").send(method, "/"))[0] != 429


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/api/auth/me/", {}),
        ("POST", "/api/auth/login/", {}),
        ("POST", "/admin/login/", {}),
        ("GET", "/readyz", {}),
        ("GET", "/lists/00000000-0000-4000-8000-00000000dead/", {}),
        ("GET", "/api/auth/me/?format=nothing", {}),
        ("GET", "/", {"host": "bad host"}),
        ("TRACE", "/api/auth/me/", {}),
        ("PUT", "/api/auth/me/", {"cookie": "sessionid=invented"}),
    ],
)
async def test_failing_request_of_a_stranger_counts(
    method: str, path: str, headers: dict[str, str]
) -> None:
    """RATE-1"""
    statuses = await Peer(**headers).statuses(BURST + 1, method, path)
    assert 429 not in statuses[:1]
    assert statuses[-1] == 429


async def test_refusal_is_the_documented_problem() -> None:
    """RATE-2"""
    stranger = Peer()
    await stranger.statuses(BURST, "GET", "/healthz")
    status, body, headers = await stranger.send("GET", "/healthz")
    problem = json.loads(body)
    assert (status, problem["code"], headers["retry-after"]) == (429, "throttled", "5")
    assert headers["content-type"] == "application/problem+json"
    assert headers["x-request-id"] == problem["request_id"]
    assert "content-security-policy" in headers


async def test_wrong_token_counts_as_five_requests(settings: Any) -> None:
    """RATE-1: each costs a query."""
    settings.READS_PER_SECOND = 1
    statuses = [
        (await Peer(authorization=f"Bearer trl_{number}").send("GET", "/api/auth/me/"))[0]
        for number in range(4)
    ]
    assert statuses == [401, 401, 429, 429]


@pytest.mark.parametrize("peer", ["198.51.100.7", "::ffff:198.51.100.7"])
async def test_member_is_counted_as_a_user_when_strangers_have_used_up_the_network(
    ana: Any, settings: Any, peer: str
) -> None:
    """RATE-1, case M2: strangers of a network do not keep out the members of it."""
    settings.READS_PER_SECOND = 1
    _, token = await run_in_db_thread(lambda: ApiToken.objects.create(user=ana, name="script"))
    member, stranger = Peer(authorization=f"Bearer {token}"), Peer(peer)
    assert await member.statuses(1, "GET", "/api/auth/me/") == [200]
    assert await stranger.statuses(11, "GET", "/") == [200] * 10 + [429]
    assert await member.statuses(10, "GET", "/api/auth/me/") == [200] * 9 + [429]
    assert await Peer("203.0.113.1").statuses(1, "GET", "/") == [200]


async def test_member_costs_the_network_nothing(ana: Any, bob: Any, settings: Any) -> None:
    """RATE-1: the first request of a credential is counted for the network, and given back."""
    settings.READS_PER_SECOND = 1
    for user in (ana, bob) * 4:
        _, token = await run_in_db_thread(
            lambda user=user: ApiToken.objects.create(user=user, name="script")
        )
        member = Peer(authorization=f"Bearer {token}")
        assert await member.statuses(1, "GET", "/api/auth/me/") == [200]
    assert await Peer().statuses(11, "GET", "/") == [200] * 10 + [429]


async def test_credential_stays_known_after_a_request_for_a_public_document(
    ana: Any, settings: Any
) -> None:
    """RATE-1: its view asks for no user, and this says nothing about the credential."""
    settings.READS_PER_SECOND = 1
    _, token = await run_in_db_thread(lambda: ApiToken.objects.create(user=ana, name="script"))
    member = Peer(authorization=f"Bearer {token}")
    for path in ("/api/auth/me/", "/api/live/asyncapi.json", "/api/schema/"):
        assert await member.statuses(1, "GET", path) == [200]
        assert len(known_credentials) == 1, path
    assert await Peer().statuses(11, "GET", "/") == [200] * 10 + [429]


async def test_revoked_token_is_forgotten(ana: Any, settings: Any) -> None:
    """RATE-1: it does not use up the limit of its former user."""
    settings.READS_PER_SECOND = 1
    row, token = await run_in_db_thread(lambda: ApiToken.objects.create(user=ana, name="script"))
    member = Peer(authorization=f"Bearer {token}")
    assert await member.statuses(1, "GET", "/api/auth/me/") == [200]
    assert len(known_credentials) == 1
    await run_in_db_thread(row.delete)
    assert await member.statuses(1, "GET", "/api/auth/me/") == [401]
    assert len(known_credentials) == 0


async def member_of(user: Any) -> Peer:
    """Return a client with a new token of a user."""
    _, token = await run_in_db_thread(lambda: ApiToken.objects.create(user=user, name="script"))
    return Peer(**{"authorization": f"Bearer {token}", "content-type": "application/json"})


async def writes_left(member: Peer) -> int:
    """Return how many writes the user may still send at once."""
    count = 0
    while (await member.send("PATCH", "/api/auth/me/", b'{"name": "Ana"}'))[0] == 200:
        count += 1
    return count


def body(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


LINES = [{"name": f"Item {number}"} for number in range(110)]
TEXT = "\n".join(line["name"] for line in LINES)
WORK = [
    ("POST", "shopping-items/bulk/", body(items=LINES), 5),
    ("POST", "import/", body(format="text", content=TEXT), 5),
    ("POST", "import/", body(format="text", content=TEXT, dry_run=True), 2),
    ("POST", "shopping-items/tick/", body(purchased=False), 2),
    ("POST", "shopping-items/remove/", body(purchased=False), 2),
    ("POST", "shopping-items/", body(name="Milk"), 1),
]


@pytest.mark.parametrize(("method", "path", "content", "cost"), WORK)
async def test_write_counts_by_its_rows(
    ana: Any, groceries: Any, settings: Any, method: str, path: str, content: bytes, cost: int
) -> None:
    """RATE-3"""
    settings.WRITES_PER_SECOND = 1000
    member, url = await member_of(ana), f"/api/shopping-lists/{groceries.pk}/"
    if "purchased" in content.decode():
        await member.send("POST", f"{url}shopping-items/bulk/", body(items=LINES))
    clear()
    settings.WRITES_PER_SECOND = 1  # ten at once
    assert (await member.send(method, url + path, content))[0] in {200, 201}
    assert await writes_left(member) == 10 - cost


@pytest.mark.parametrize("path", ["snapshot/", "export/?format=text", "export/?format=json"])
async def test_read_counts_by_its_rows(ana: Any, groceries: Any, settings: Any, path: str) -> None:
    """RATE-3"""
    settings.WRITES_PER_SECOND, settings.READS_PER_SECOND = 1000, 1
    member, url = await member_of(ana), f"/api/shopping-lists/{groceries.pk}/"
    for start in (0, 400):
        lines = [{"name": f"Item {number}"} for number in range(start, start + 400)]
        await member.send("POST", f"{url}shopping-items/bulk/", body(items=lines))
    assert await member.statuses(4, "GET", url + path) == [200, 200, 200, 429]


async def test_list_has_a_limit_for_all_of_its_members(
    ana: Any, bob: Any, groceries: Any, settings: Any
) -> None:
    """RATE-4: a link for guests creates new users, and with them new limits."""
    settings.WRITES_PER_SECOND = 20
    first, second = await member_of(ana), await member_of(bob)
    url = f"/api/shopping-lists/{groceries.pk}/shopping-items/"
    rate = throttles.LIST_ROWS_PER_WRITE * 20
    burst = throttles.LIST_BURST_SECONDS * rate
    assert burst == 10_000
    throttles.list_rows.charge(str(groceries.pk), burst - 50, rate=rate, now=NOW)
    assert (await first.send("POST", f"{url}bulk/", body(items=LINES)))[0] == 200
    status, _, headers = await second.send("POST", url, body(name="Milk"))
    assert (status, int(headers["retry-after"])) == (429, 2)
    other = await first.send("POST", "/api/shopping-lists/", body(name="Another list"))
    assert other[0] == 201


async def test_user_who_is_no_member_does_not_use_up_the_limit_of_a_list(
    mallory: Any, groceries: Any, settings: Any
) -> None:
    """RATE-4"""
    settings.WRITES_PER_SECOND = 20
    stranger = await member_of(mallory)
    url = f"/api/shopping-lists/{groceries.pk}/shopping-items/bulk/"
    assert (await stranger.send("POST", url, body(items=LINES)))[0] == 404
    assert len(throttles.list_rows) == 0
