"""Each promise, broken on purpose in a history that is right."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

import pytest

from trolley_check import elle
from trolley_check.history import (
    Applied,
    Copied,
    Ended,
    Event,
    HistoryError,
    Invoked,
    OutOfOrder,
    Read,
    ReceivedAnyway,
    Removed,
    Responded,
    Revoked,
    as_line,
    read_lines,
)
from trolley_check.judge import RULES, judge

LIST, EPOCH, EDITS = "list", "k3f9a2xx", 6
SOCKETS = ("socket 1", "socket 2")


def digest(version: int) -> str:
    return f"{version:016x}"


def right_history(edits: int = EDITS) -> list[Event]:
    """Return edits one after another, each of which two sockets get and a client reads."""
    events: list[Event] = []
    clock = itertools.count()

    def add(kind: type[Event], client: str, **values: object) -> None:
        events.append(kind(client=client, list=LIST, time=float(next(clock)), **values))

    for socket in SOCKETS:
        start = {"version": 1, "digest": digest(1), "computed": digest(1)}
        add(Copied, socket, epoch=EPOCH, **start)
    for version in range(2, edits + 2):
        op = f"op {version}"
        add(Invoked, "writer", op=op, items=1)
        for socket in SOCKETS:
            position = {"version": version, "base": digest(version - 1)}
            rows = {"digest": digest(version), "computed": digest(version), "items": 1}
            add(Applied, socket, epoch=EPOCH, op=op, **position, **rows)
        add(Responded, "writer", op=op, status=200)
        began = float(next(clock))
        position = {"version": version, "digest": digest(version)}
        add(Read, "writer", began=began, epoch=EPOCH, **position)
    for client in SOCKETS:
        position = {"version": edits + 1, "digest": digest(edits + 1)}
        add(Ended, client, epoch=EPOCH, **position)
    return events


Change = Callable[[list[Event]], None]


def the(kind: type[Event], events: list[Event], **values: object) -> int:
    """Return the index of the one event of this kind with these values."""
    (index,) = (
        index
        for index, event in enumerate(events)
        if isinstance(event, kind)
        and all(getattr(event, name) == value for name, value in values.items())
    )
    return index


def change_event(events: list[Event], index: int, **values: object) -> None:
    events[index] = replace(events[index], **values)


def another_order(events: list[Event]) -> None:
    """The second socket gets two edits in the other order."""
    for version, op in ((3, "op 4"), (4, "op 3")):
        change_event(events, the(Applied, events, client="socket 2", version=version), op=op)


def skipped_version(events: list[Event]) -> None:
    del events[the(Applied, events, client="socket 1", version=4)]


def sent_twice(events: list[Event]) -> None:
    events.append(OutOfOrder(client="socket 1", list=LIST, version=4, after=4))


def other_base(events: list[Event]) -> None:
    for socket in SOCKETS:
        change_event(events, the(Applied, events, client=socket, version=4), base=digest(9))


def other_rows(events: list[Event]) -> None:
    change_event(events, the(Applied, events, client="socket 2", version=4), computed=digest(9))


def nothing_saved(events: list[Event]) -> None:
    events += [
        Invoked(client="writer", list=LIST, op="lost", items=1),
        Responded(client="writer", list=LIST, op="lost", status=201),
    ]


def done_twice(events: list[Event]) -> None:
    for socket in SOCKETS:
        change_event(events, the(Applied, events, client=socket, version=4), op="op 3")


def unknown_edit(events: list[Event]) -> None:
    del events[the(Responded, events, op="op 3")]
    del events[the(Invoked, events, op="op 3")]


def refused_edit(events: list[Event]) -> None:
    change_event(events, the(Responded, events, op="op 3"), status=409)


def half_of_a_change(events: list[Event]) -> None:
    change_event(events, the(Invoked, events, op="op 3"), items=3)


def before_an_answered_edit(events: list[Event]) -> None:
    """The edit of version 3 is sent after that of version 4 was answered."""
    answered = events[the(Responded, events, op="op 4")].time
    change_event(events, the(Invoked, events, op="op 3"), time=answered + 0.1)
    change_event(events, the(Responded, events, op="op 3"), time=answered + 0.2)


def old_response(events: list[Event]) -> None:
    change_event(events, the(Read, events, version=5), version=2, digest=digest(2))


def response_without_what_a_socket_has(events: list[Event]) -> None:
    """A socket has a change before it can be read: it was sent before it was committed."""
    began = events[the(Applied, events, client="socket 1", version=5)].time + 0.1
    events.append(
        Read(
            client="reader",
            list=LIST,
            began=began,
            time=began + 0.1,
            epoch=EPOCH,
            version=4,
            digest=digest(4),
        )
    )


def change_after_the_end_of_access(events: list[Event]) -> None:
    events += [
        Revoked(client="guest", list=LIST),
        ReceivedAnyway(client="guest", list=LIST, version=5),
    ]


def guest_is_not_told(events: list[Event]) -> None:
    events.append(Removed(client="guest", list=LIST))


def guest_goes_on(events: list[Event]) -> None:
    events += [
        Removed(client="socket 2", list=LIST, time=1.0),
        Revoked(client="socket 2", list=LIST, time=900.0),
    ]


def different_end(events: list[Event]) -> None:
    change_event(events, the(Ended, events, client="socket 2"), digest=digest(9))


BROKEN: list[tuple[Change, str]] = [
    (another_order, "order"),
    (skipped_version, "gap"),
    (sent_twice, "gap"),
    (other_base, "gap"),
    (other_rows, "digest"),
    (nothing_saved, "lost"),
    (done_twice, "repeated"),
    (unknown_edit, "phantom"),
    (refused_edit, "phantom"),
    (half_of_a_change, "atomic"),
    (before_an_answered_edit, "real time"),
    (old_response, "stale read"),
    (old_response, "back"),
    (response_without_what_a_socket_has, "stale read"),
    (change_after_the_end_of_access, "revoked"),
    (guest_is_not_told, "revoked"),
    (guest_goes_on, "revoked"),
    (different_end, "converged"),
]


def test_right_history_has_no_finding():
    """CHK-1"""
    verdict = judge(right_history())
    assert verdict.findings == ()
    assert (verdict.edits, verdict.deliveries, verdict.clients) == (EDITS, 2 * EDITS, 2)


@pytest.mark.parametrize(("break_it", "rule"), BROKEN)
def test_broken_promise_is_noticed(break_it, rule):
    """CHK-1"""
    events = right_history()
    break_it(events)
    assert rule in {finding.rule for finding in judge(events).findings}


def test_every_rule_is_broken_by_a_test():
    """CHK-1"""
    assert {rule for _, rule in BROKEN} == set(RULES)


def test_edit_without_an_answer_may_have_an_effect_or_none():
    """CHK-1"""
    events = right_history()
    change_event(events, the(Responded, events, op="op 3"), status=0)
    events += [
        Invoked(client="writer", list=LIST, op="unknown", items=1),
        Responded(client="writer", list=LIST, op="unknown", status=0),
    ]
    assert judge(events).findings == ()


def test_lists_are_judged_apart():
    """CHK-1"""
    other = [replace(event, list="other") for event in right_history()]
    skipped_version(other)
    findings = judge([*right_history(), *other]).findings
    assert {finding.list for finding in findings} == {"other"}


def test_history_is_read_as_it_was_written():
    """CHK-1"""
    events = [*right_history(), Removed(client="guest", list=LIST)]
    assert list(read_lines(map(as_line, events))) == events


@pytest.mark.parametrize("line", ["", "[]", '{"event": "other"}', '{"event": "read"}'])
def test_line_that_is_no_event_is_named(line):
    """CHK-1"""
    with pytest.raises(HistoryError, match="line 2 is no event"):
        list(read_lines([as_line(right_history()[0]), line]))


def test_elle_gets_every_edit_and_what_was_read():
    """CHK-3"""
    lines = list(elle.operations(right_history(edits=12)))
    assert lines[0].startswith("{:index 0 :type :invoke :process ")
    assert lines[0].endswith(":time 2000000000 :f :txn :value [[:append 0 1]]}")
    assert sum(":append" in line for line in lines) == 2 * 12
    reads = [line for line in lines if ":type :ok" in line and ":r 0" in line]
    assert [line.partition(":value ")[2] for line in reads] == [
        "[[:r 0 [1 2 3 4 5 6 7 8 9 10]]]}"
    ] * len(SOCKETS)
