"""The topic `ops:routes` in one process: what a frame has, and to whom it is sent."""

from __future__ import annotations

import pytest

from live.metrics.route_meter import RouteMeter
from live.metrics.routes_topic import COMPLETE_INTERVAL, RoutesTopic
from tests.live.metrics.test_route_meter import AT, send

pytestmark = pytest.mark.django_db(transaction=True)


class Installation:
    """The topic of one process, second by second."""

    def __init__(self) -> None:
        self.meter = RouteMeter()
        self.subscribers: list[str] = []
        self.topic = RoutesTopic(self.meter, lambda: self.subscribers)

    def second(self, *, is_watched: bool = True):
        counts = self.topic.local_counts(everything=False, is_watched=is_watched)
        self.topic.put("one", counts)
        self.topic.advance()
        return self.topic.frame(AT) if self.subscribers else None


def test_new_subscriber_gets_all_rows_and_then_only_what_changed() -> None:
    installation = Installation()
    installation.second(is_watched=False)
    send(installation.meter, "/account/")
    installation.second(is_watched=False)
    for _ in range(70):
        installation.second(is_watched=False)
    installation.subscribers = ["first"]
    frame = installation.second()
    assert frame.is_complete
    assert [row.route for row in frame.rows] == ["/account/"]
    assert [entry.route for entry in frame.slowest] == ["/account/"]
    send(installation.meter, "/")
    frame = installation.second()
    assert not frame.is_complete
    assert [row.route for row in frame.rows] == ["/"]
    assert (frame.exceptions, frame.networks) == (None, None)
    installation.subscribers = ["second"]
    frame = installation.second()
    assert frame.is_complete
    assert len(frame.rows) == 2
    assert frame.exceptions == ()


def test_subscriber_who_comes_back_gets_all_rows() -> None:
    installation = Installation()
    installation.subscribers = ["first"]
    assert installation.second().is_complete
    assert not installation.second().is_complete
    installation.subscribers = []
    installation.second()
    installation.subscribers = ["first"]
    assert installation.second().is_complete


def test_all_rows_are_sent_again_and_again() -> None:
    """A client that does not keep up misses frames."""
    installation = Installation()
    installation.subscribers = ["first"]
    complete = [installation.second().is_complete for _ in range(2 * COMPLETE_INTERVAL + 1)]
    assert sum(complete) == 3


def test_row_is_sent_once_more_when_its_last_minute_ends() -> None:
    installation = Installation()
    installation.subscribers = ["first"]
    installation.second()
    send(installation.meter, "/")
    shown = []
    for _ in range(75):
        frame = installation.second()
        if not frame.is_complete:
            shown.append([row.last_minute is None for row in frame.rows])
    assert shown.count([False]) >= 50
    assert shown.count([True]) <= 1
    assert shown[-1] == []


async def test_staff_get_the_requests_and_other_users_do_not(open_client, olga, ana):
    """MET-46"""
    staff, member = await open_client(olga), await open_client(ana)
    for topic in ("ops:routes", "ops:ticker"):
        assert (await staff.subscribe(topic))["type"] == "subscribed"
        assert (await member.subscribe(topic))["code"] == "not_found"
    await staff.until("routes", is_complete=True)
    assert (await staff.until("ticker"))["requests"] == []
