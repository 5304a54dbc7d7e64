"""Counts every request before Django sees it, so that requests count which fail early."""

from __future__ import annotations

from math import ceil
from typing import Any

from asgiref.typing import (
    ASGI3Application,
    ASGIReceiveCallable,
    ASGISendCallable,
    ASGISendEvent,
    Scope,
)

from asgi_project.middleware.problem_sender import send_problem
from rest.client_address import scope_network
from rest.known_credentials import credential_of, known_credentials
from rest.throttles import (
    SCOPE_KEY,
    RequestCharge,
    body_cost,
    charge_list,
    network_key,
    user_key,
)

WRONG_CREDENTIAL_COST = 5
"""A request whose credential is wrong counts as so many: each costs a query."""


class RateLimitMiddleware:
    """Lets the user pay for a request, if its credential was valid a moment ago, else the network.

    The throttle of REST framework corrects that: a member whose credential was not known
    yet gets the network's units back. It authenticates nobody.
    """

    def __init__(self, app: ASGI3Application) -> None:
        self.app = app

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Pass the request on, or answer 429 with the seconds to wait."""
        assert scope["type"] == "http"
        credential = credential_of(scope["headers"])
        network = network_key(scope_network(scope))
        user_id = known_credentials.user_of(credential)
        charge = RequestCharge(scope["method"], network if user_id is None else user_key(user_id))
        wait = charge.take(_cost(scope))
        if wait:
            headers = {"Retry-After": str(ceil(wait))}
            await send_problem(send, 429, "throttled", "Too many requests.", headers)
            return
        status = 0

        async def send_recording_status(event: ASGISendEvent) -> None:
            nonlocal status
            if event["type"] == "http.response.start":
                status = event["status"]
            await send(event)

        scope[SCOPE_KEY] = charge  # type: ignore[literal-required]
        await self.app(scope, receive, send_recording_status)
        if 200 <= status < 300:
            charge_list(charge)
        if credential is not None:
            _learn(credential, charge, status, network)


def _cost(scope: Any) -> int:
    if scope["method"] in {"GET", "HEAD", "OPTIONS"}:
        return 1
    lengths = (value for name, value in scope["headers"] if name == b"content-length")
    return body_cost(next(lengths, b"0").decode("latin-1"))


def _learn(credential: bytes, charge: RequestCharge, status: int, network: str) -> None:
    """Remember whose credential it is, or that it is wrong."""
    if charge.is_settled and charge.user_id is not None:
        known_credentials.remember(credential, charge.user_id)
    elif charge.is_settled or status == 401:
        known_credentials.forget(credential)
        if status == 401:
            charge.move_to(network)
            charge.add(WRONG_CREDENTIAL_COST - charge.cost)
