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
        self.topic.totals()
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


def test_stored_totals_are_not_later_than_those_that_are_sent() -> None:
    """MET-21: what is shown has been stored before."""
    meter = RouteMeter()
    topic = RoutesTopic(meter, lambda: ())
    send(meter, "/")
    stored = topic.totals()
    send(meter, "/")
    (counts,) = topic.local_counts(everything=True, is_watched=False)
    assert [dict(row["statuses"]) for row in counts["routes"]] == [{200: 1}]
    assert stored["GET /"]["s200"] == 1
    assert topic.totals()["GET /"]["s200"] == 2
    assert stored["GET /"]["s200"] == 1  # another state, not the same one


def test_next_process_continues_with_stored_totals() -> None:
    """MET-47"""
    before, after = Installation(), Installation()
    send(before.meter, "/")
    send(before.meter, "/nothing/", 404)
    before.subscribers = after.subscribers = ["ana"]
    frame = before.second()
    after.topic.restore("gone", before.topic.totals())
    after.topic.restore("gone", before.topic.totals())
    restored = after.second()
    shown = [
        {(row.method, row.route): (row.total.statuses, row.total.histogram) for row in each.rows}
        for each in (frame, restored)
    ]
    assert shown[0] == shown[1]
    assert [row.last_minute for row in restored.rows] == [None, None]
    send(after.meter, "/")
    row = next(row for row in after.second().rows if row.route == "/")
    assert row.total.statuses == {"200": 2}
    assert row.last_minute is not None
    assert row.last_minute.statuses == {"200": 1}


def test_running_process_that_was_restored_is_not_counted_twice() -> None:
    """MET-47: it goes on to send its counts, which include those that it had stored."""
    running, other = Installation(), Installation()
    send(running.meter, "/")
    other.topic.restore("running", running.topic.totals())
    send(running.meter, "/")
    newest = running.topic.totals()
    counts = running.topic.local_counts(everything=True, is_watched=False)
    other.topic.put("running", counts)
    other.topic.restore("running", newest)
    other.topic.put("running", counts)
    other.topic.advance()
    (row,) = other.topic._table.rows()
    assert row.total.statuses == {"200": 2}


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
