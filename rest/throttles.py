"""Rate limits per user, or per network of a client without a user, for reads and writes.

Under ASGI, asgi_project/middleware/rate_limit.py counts each request before Django
sees it, so that requests count which fail early. The throttle corrects the count once the
user is known. The counts are in memory, because a limit must not cost a query. So each
process has its own counts and its own limit.
"""

from __future__ import annotations

from math import ceil
from time import monotonic
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from rest_framework.exceptions import Throttled
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from rest.client_address import client_network
from rest.rate_limit import RateLimiter

if TYPE_CHECKING:  # the views import this module
    from rest_framework.views import APIView

BYTES_PER_WRITE = 64 * 1024
"""A body counts as one more write for each of these bytes."""
ROWS_PER_WRITE = 25
"""Items that are added or imported by one request count as one write for each of these."""
SELECTED_ROWS_PER_WRITE = 100
"""Items that are ticked, unticked or removed count as one write for each of these."""
ROWS_PER_READ = 200
"""Items of an export or a snapshot count as one read for each of these."""
LIST_ROWS_PER_WRITE = 2
"""The rows of one list that may change in a second, for each write of one user."""
LIST_BURST_SECONDS = 250.0
"""A list may use the allowance of these seconds at once: with 40 a second, 10,000 rows."""
SCOPE_KEY = "trolley.charge"

reads, writes = RateLimiter(), RateLimiter()
list_rows = RateLimiter(LIST_BURST_SECONDS)


class RequestCharge:
    """What one request has cost so far, and who has paid: a user or a network.

    `user_id` is the user for whom the throttle has counted it, None for a stranger or
    as long as that is not known; then `is_settled` is false. `rows` are those that it
    changes in the list `list_id`, `other_rows` those that it changes in other lists.
    """

    __slots__ = (
        *("cost", "is_settled", "key", "limiter", "list_id", "other_rows", "rate", "rows"),
        "user_id",
    )

    def __init__(self, method: str | None, key: str) -> None:
        is_safe = method in SAFE_METHODS
        self.limiter = reads if is_safe else writes
        self.rate: float = settings.READS_PER_SECOND if is_safe else settings.WRITES_PER_SECOND
        self.key = key
        self.cost = 0
        self.is_settled = False
        self.user_id: int | None = None
        self.list_id: str | None = None
        self.rows = 1
        self.other_rows: dict[str, int] = {}

    def take(self, cost: int) -> float:
        """Take this much and return 0, or return the seconds to wait."""
        if not self.rate or cost <= 0:
            return 0.0
        wait = self.limiter.take(self.key, cost, rate=self.rate, now=monotonic())
        if not wait:
            self.cost += cost
        return wait

    def add(self, cost: int) -> None:
        """Take this much for work that is done, or that cannot be avoided."""
        if self.rate and cost > 0:
            self.limiter.charge(self.key, cost, rate=self.rate, now=monotonic())
            self.cost += cost

    def move_to(self, key: str) -> None:
        """Give back what was taken, and let another key pay from now on."""
        if key != self.key:
            if self.cost and self.rate:
                self.limiter.refund(self.key, self.cost, rate=self.rate)
            self.key, self.cost = key, 0

    def settle(self, key: str, cost: int, user_id: int | None) -> float:
        """Let the user or the network of `key` pay; return the seconds to wait, 0 for none."""
        self.is_settled, self.user_id = True, user_id
        self.move_to(key)
        return self.take(cost - self.cost)


def user_key(user_id: int) -> str:
    """Return the key by which the requests of a user are counted."""
    return f"user:{user_id}"


def network_key(network: str) -> str:
    """Return the key by which the requests of strangers from a network are counted."""
    return f"address:{network}"


def body_cost(content_length: str) -> int:
    """Return the cost of a write with this much body."""
    length = int(content_length) if content_length.isdecimal() else 0
    return 1 + length // BYTES_PER_WRITE


class UserRateThrottle(BaseThrottle):
    """Counts by user, over all their sessions and tokens; by network without a user."""

    def __init__(self) -> None:
        self._wait = 0.0

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Return whether the request is within the limit."""
        user_id = request.user.pk if request.user and request.user.is_authenticated else None
        key = network_key(client_network(request._request))
        charge = _charge_of(request._request, key)
        if user_id is not None:
            key = user_key(user_id)
        is_safe = request.method in SAFE_METHODS
        cost = 1 if is_safe else body_cost(request.META.get("CONTENT_LENGTH") or "0")
        if request.authenticators:
            self._wait = charge.settle(key, cost, user_id)
        else:  # the view asks for no user, so nothing more is known about the credential
            self._wait = charge.take(cost - charge.cost)
        if not is_safe and not self._wait and (list_id := view.kwargs.get("list_id")):
            charge.list_id = str(list_id)
            self._wait = _list_wait(charge.list_id)
        return self._wait == 0

    def wait(self) -> float:
        """Return the seconds after which the same request is within the limit."""
        return self._wait


def charge_rows(request: Request, rows: int, *, per: int, changes_list: bool = True) -> None:
    """Count a request as one read or write for each `per` rows, before it does the work.

    A preview, for example, does not change the list. Raises Throttled.
    """
    charge = _charge_of(request._request, "")
    charge.rows = rows if changes_list else 0
    if wait := charge.take(ceil(rows / per) - charge.cost):
        raise Throttled(wait)


def charge_done(request: Request, rows: int, *, per: int) -> None:
    """Count a request like `charge_rows`, when its rows are known only after the work."""
    charge = _charge_of(request._request, "")
    charge.rows = rows
    charge.add(ceil(rows / per) - charge.cost)


def charge_other_list(request: Request, list_id: UUID, rows: int) -> None:
    """Note that a request of a member changes rows of another list too. Raises Throttled."""
    charge = _charge_of(request._request, "")
    if wait := _list_wait(str(list_id)):
        raise Throttled(wait)
    charge.other_rows[str(list_id)] = rows


def charge_list(charge: RequestCharge) -> None:
    """Count the rows that a successful write has changed for their list.

    A link for guests creates new users, and with them new limits; the list has one.
    """
    rate = _list_rate()
    own = {} if charge.list_id is None else {charge.list_id: charge.rows}
    for list_id, rows in (own | charge.other_rows).items():
        if rate:
            list_rows.charge(list_id, rows, rate=rate, now=monotonic())


def _charge_of(request: HttpRequest, key: str) -> RequestCharge:
    """Return the charge of a request; without ASGI the first call creates it."""
    charge: RequestCharge | None = getattr(request, "_rate_charge", None)
    if charge is None:
        scope: dict[str, Any] = getattr(request, "scope", {})
        charge = scope.get(SCOPE_KEY) or RequestCharge(request.method, key)
        request._rate_charge = charge  # type: ignore[attr-defined]
    return charge


def _list_rate() -> float:
    return float(LIST_ROWS_PER_WRITE * settings.WRITES_PER_SECOND)


def _list_wait(list_id: str) -> float:
    """Return the seconds until one more row of a list may change. It takes nothing.

    Only a member takes something, in `charge_list`: others could stop a list otherwise.
    """
    rate = _list_rate()
    return list_rows.wait(list_id, rate=rate, now=monotonic()) if rate else 0.0
