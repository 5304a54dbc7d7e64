"""The rules of a connection, frame by frame, without a socket or a clock."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from live.connections.state_machine import (
    Authenticate,
    Close,
    ConnectionState,
    RecordSeen,
    Reply,
    SetPresence,
    SetTripPresence,
    StartSubscription,
    StopSubscription,
    parse_list_topic,
)
from live.protocol import frames
from live.protocol.frames import CloseCode

LIST = "list:8f0e7a4e-5d2c-4a8e-9b6e-1c2d3e4f5a6b"


NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def make_connection(*, identified: bool = True) -> ConnectionState:
    return ConnectionState(is_authenticated=identified, unix_time=NOW.timestamp)


def receive(connection: ConnectionState, *sent: object, now: float = 0.0) -> list:
    messages = [frame if isinstance(frame, str) else json.dumps(frame) for frame in sent]
    return list(connection.receive("\n".join(messages), now))


def error_of(effect: object) -> tuple[str, int | None]:
    assert isinstance(effect, Reply)
    assert isinstance(effect.frame, frames.Error)
    return effect.frame.code, effect.frame.id


def test_ping_returns_pong_with_its_id():
    assert receive(make_connection(), {"type": "ping", "id": 10}) == [Reply(frames.Pong(id=10))]


def test_frames_of_one_message_are_handled_in_order():
    effects = receive(make_connection(), {"type": "ping", "id": 1}, {"type": "ping", "id": 2})
    assert effects == [Reply(frames.Pong(id=1)), Reply(frames.Pong(id=2))]


def test_trailing_newline_is_ignored():
    assert receive(make_connection(), '{"type":"ping"}\n') == [Reply(frames.Pong())]


def test_unknown_fields_are_ignored():
    assert receive(make_connection(), {"type": "ping", "id": 1, "x": [1]}) == [
        Reply(frames.Pong(id=1))
    ]


def test_subscribe_frame_passes_on_its_position():
    position = {"since": 41, "epoch": "k3f9a2xx", "digest": "5f1b3c07e4d2a986"}
    frame = {"type": "subscribe", "id": 7, "topic": LIST, **position}
    assert receive(make_connection(), frame) == [StartSubscription(LIST, 7, **position)]


def test_seen_is_recorded_only_for_a_subscribed_topic():
    connection = make_connection()
    frame = {"type": "seen", "topic": LIST, "version": 43, "digest": "5f", "paint_ms": 7}
    assert receive(connection, frame) == []
    receive(connection, {"type": "subscribe", "topic": LIST})
    seen = frames.Seen(topic=LIST, version=43, digest="5f", paint_ms=7)
    assert receive(connection, frame) == [RecordSeen(seen)]


def test_unsubscribe_requires_a_subscription():
    connection = make_connection()
    assert error_of(receive(connection, {"type": "unsubscribe", "id": 1, "topic": LIST})[0]) == (
        "not_found",
        1,
    )
    receive(connection, {"type": "subscribe", "topic": LIST})
    assert receive(connection, {"type": "unsubscribe", "id": 2, "topic": LIST}) == [
        StopSubscription(LIST, 2)
    ]


def test_presence_requires_a_list_subscription():
    connection = make_connection()
    frame = {"type": "presence", "topic": LIST, "state": "shopping", "id": 4}
    assert error_of(receive(connection, frame)[0]) == ("not_found", 4)
    receive(
        connection, {"type": "subscribe", "topic": LIST}, {"type": "subscribe", "topic": "requests"}
    )
    announced = frames.SetPresence(topic=LIST, state="shopping", id=4)
    assert receive(connection, frame) == [SetPresence(announced)]
    assert error_of(receive(connection, {**frame, "topic": "requests"})[0]) == ("not_found", 4)


TRIP = {"id": "0f2b1c4e-7a55-4c1d-9e83-5b6d1f0a9c22", "started_at": "2026-11-22T10:00:00Z"}


def test_trip_needs_permission_and_other_presence_does_not():
    """TOG-4"""
    connection = make_connection()
    frame = {"type": "presence", "topic": LIST, "state": "shopping"}
    assert error_of(receive(connection, {**frame, "trip": TRIP})[0]) == ("not_found", None)
    receive(connection, {"type": "subscribe", "topic": LIST})
    for details, effect in (
        ({"trip": TRIP}, SetTripPresence),
        ({"aisles": ["Dairy"]}, SetTripPresence),
        ({"trip": None, "aisles": []}, SetPresence),
        ({"editing": TRIP["id"], "leaving_at": TRIP["started_at"]}, SetPresence),
    ):
        (received,) = receive(connection, {**frame, **details})
        assert type(received) is effect


@pytest.mark.parametrize(
    ("details", "message"),
    [
        ({"trip": 7}, "`$.trip`"),
        ({"trip": {"id": TRIP["id"]}}, "`started_at`"),
        ({"trip": {**TRIP, "id": "7"}}, "`$.trip.id`"),
        ({"trip": {**TRIP, "started_at": "2026-11-22T10:00:00"}}, "`$.trip.started_at`"),
        ({"trip": {**TRIP, "shop": "x" * 101}}, "length <= 100 - at `$.trip.shop`"),
        ({"trip": {**TRIP, "shop": " "}}, "`$.trip.shop`"),
        ({"trip": {**TRIP, "shop": "Corner\nshop"}}, "`$.trip.shop`"),
        ({"aisles": ["Dairy\u202e"]}, "`$.aisles[...]`"),
        ({"aisles": ["Dairy\x00"]}, "`$.aisles[...]`"),
        ({"aisles": None}, "`$.aisles`"),
        ({"aisles": [""]}, "length >= 1 - at `$.aisles[...]`"),
        ({"aisles": ["Dairy", 7]}, "`$.aisles[...]`"),
        ({"aisles": [f"Aisle {number}" for number in range(21)]}, "length <= 20 - at `$.aisles`"),
        ({"aisles": ["Dairy", "Dairy"]}, "aisles: the same name twice"),
        ({"editing": "Milk"}, "`$.editing`"),
        ({"leaving_at": "soon"}, "`$.leaving_at`"),
        ({"leaving_at": "9999-12-31T23:59:59Z"}, "leaving_at: at most 2 minutes ago and at most"),
        ({"leaving_at": "0001-01-01T00:00:00+14:00"}, "leaving_at"),
        ({"state": "viewing", "trip": TRIP}, "trip and aisles: only with the state `shopping`"),
        ({"state": "away", "aisles": ["Dairy"]}, "only with the state `shopping`"),
    ],
)
def test_refused_presence_names_the_field_and_the_rule(details, message):
    """TOG-3"""
    connection = make_connection()
    receive(connection, {"type": "subscribe", "topic": LIST})
    frame = {"type": "presence", "topic": LIST, "state": "shopping", "id": 4, **details}
    (reply,) = receive(connection, frame)
    assert error_of(reply) == ("bad_frame", 4)
    assert message in re.sub(r"\[\d+\]", "[...]", reply.frame.message)


@pytest.mark.parametrize(
    ("delay", "is_accepted"),
    [
        (timedelta(minutes=-2, seconds=-1), False),
        (timedelta(minutes=-2), True),
        (timedelta(minutes=10), True),
        (timedelta(hours=24), True),
        (timedelta(hours=24, seconds=1), False),
    ],
)
def test_time_of_leaving_is_bounded_by_the_clock_of_the_server(delay, is_accepted):
    """TOG-3"""
    connection = make_connection()
    receive(connection, {"type": "subscribe", "topic": LIST})
    frame = {"type": "presence", "topic": LIST, "state": "viewing", "id": 4}
    (effect,) = receive(connection, {**frame, "leaving_at": (NOW + delay).isoformat()})
    assert isinstance(effect, SetPresence) == is_accepted
    if not is_accepted:
        assert error_of(effect) == ("bad_frame", 4)


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "x",
        "[]",
        "null",
        '"ping"',
        "{}",
        '{"type":"dance"}',
        '{"type":7}',
        '{"type":"ping","id":"seven"}',
        '{"type":"subscribe"}',
        '{"type":"subscribe","topic":7}',
        '{"type":"subscribe","topic":"requests","digest":7}',
        '{"type":"seen","topic":"requests","digest":"5f"}',
        '{"type":"seen","topic":"requests","version":"43","digest":"5f"}',
        '{"type":"subscribe","topic":"requests","since":NaN,"epoch":"k3f9a2xx"}',
        '{"type":"presence","topic":"requests","state":"dancing"}',
        '{"type":"auth","token":"again"}',
        "[" * 60_000,
        '{"type":"ping","id":1e400}',
    ],
)
def test_bad_frame_returns_error_and_keeps_socket_open(frame):
    connection = make_connection()
    effects = receive(connection, frame)
    assert [error_of(effect)[0] for effect in effects] == ["bad_frame"]
    assert receive(connection, {"type": "ping"}) == [Reply(frames.Pong())]


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ('{"type":"ping","text":"\\ud800"}', "half of a surrogate pair"),
        ('{"type":"ping"', "ends too early"),
        ('{"type":"subscribe","topic":7}', "Expected `string`, got `integer` - at `$.topic`"),
        ('{"type":"seen","topic":"x","version":"int","digest":true}', "Expected `integer`, got"),
        ('{"type":"ping","list":' + "[" * 60_000, "nested too deeply"),
    ],
)
def test_error_of_a_bad_frame_names_what_is_wrong(frame, reason):
    (reply,) = receive(make_connection(), frame)
    assert reason in reply.frame.message


def test_bad_frame_error_has_the_id_of_the_frame():
    assert error_of(receive(make_connection(), {"type": "dance", "id": 3})[0]) == ("bad_frame", 3)


def test_tenth_bad_frame_closes_socket():
    connection = make_connection()
    for _ in range(9):
        assert len(receive(connection, "x")) == 1
    assert receive(connection, "x")[-1] == Close(CloseCode.BAD_FRAMES, "too many bad frames")


def test_frames_after_close_are_ignored():
    connection = make_connection()
    assert isinstance(list(connection.receive(b"x", 0.0))[-1], Close)
    assert receive(connection, {"type": "ping"}) == []


def test_binary_message_closes_connection():
    """SEC-13"""
    (effect,) = make_connection().receive(b"\x00", 0.0)
    assert effect.code == CloseCode.BAD_FRAMES


@pytest.mark.parametrize("text", ["x" * 65_537, "\N{EURO SIGN}" * 21_846])
def test_too_long_message_closes_connection(text):
    """SEC-13"""
    (effect,) = make_connection().receive(text, 0.0)
    assert effect.code == CloseCode.TOO_BIG


def test_message_of_maximum_length_is_accepted():
    padding = "x" * (65_536 - len('{"type":"ping","x":""}'))
    assert receive(make_connection(), '{"type":"ping","x":"' + padding + '"}') == [
        Reply(frames.Pong())
    ]


def test_burst_is_allowed_before_rate_limit_applies():
    """SEC-14"""
    connection = make_connection()
    ping = {"type": "ping"}
    for _ in range(60):
        assert receive(connection, ping) == [Reply(frames.Pong())]
    assert receive(connection, ping, now=0.05) == [Reply(frames.Pong())]
    (effect,) = receive(connection, ping, now=0.06)
    assert (effect.code, effect.retry_in) == (CloseCode.OVERLOADED, 5.0)


def test_allowed_rate_can_be_sustained():
    connection = make_connection()
    for second in range(100):
        for _ in range(20):
            assert receive(connection, {"type": "ping"}, now=float(second)) == [
                Reply(frames.Pong())
            ]


def test_topics_are_limited_and_repeated_topic_counts_once():
    connection = make_connection()
    for number in range(200):
        receive(connection, {"type": "subscribe", "topic": f"t{number}"}, now=number)
    assert isinstance(
        receive(connection, {"type": "subscribe", "topic": "t7"}, now=300)[0], StartSubscription
    )
    rejected = receive(connection, {"type": "subscribe", "topic": "t200", "id": 5}, now=300)
    assert error_of(rejected[0]) == ("too_many_topics", 5)
    connection.remove_topic("t7")
    assert isinstance(
        receive(connection, {"type": "subscribe", "topic": "t200"}, now=300)[0], StartSubscription
    )


def test_unauthenticated_socket_accepts_only_auth_frame():
    connection = make_connection(identified=False)
    assert error_of(receive(connection, {"type": "ping", "id": 1})[0]) == ("not_signed_in", 1)
    assert receive(connection, {"type": "auth", "token": "t", "id": 2}) == [Authenticate("t", 2)]


def test_auth_applies_to_next_frame_of_same_message():
    connection = make_connection(identified=False)
    message = '{"type":"auth","token":"t"}\n{"type":"ping"}'
    effects = connection.receive(message, 0.0)
    assert next(effects) == Authenticate("t")
    connection.mark_authenticated()
    assert list(effects) == [Reply(frames.Pong())]


@pytest.mark.parametrize(
    "topic",
    [
        LIST.upper().replace("LIST", "list"),
        LIST.replace("-", ""),
        "list:{8f0e7a4e-5d2c-4a8e-9b6e-1c2d3e4f5a6b}",
        "list:",
        "list:8f",
        "requests",
        "",
    ],
)
def test_list_topic_requires_canonical_uuid(topic):
    assert parse_list_topic(topic) is None
    assert str(parse_list_topic(LIST)) in LIST


@given(st.text(max_size=200) | st.binary(max_size=20))
def test_arbitrary_message_never_raises(message):
    """LIV-18, SEC-27."""
    for effect in make_connection().receive(message, 0.0):
        assert isinstance(effect, Reply | Close)


@pytest.mark.parametrize("frame_id", [2**53, -(2**53), 10**400])
def test_id_that_a_client_cannot_store_exactly_is_refused_and_not_repeated(frame_id):
    """LIV-52"""
    (effect,) = ConnectionState(is_authenticated=True).receive(
        f'{{"type":"ping","id":{frame_id}}}', 0.0
    )
    assert (effect.frame.code, effect.frame.id) == ("bad_frame", None)


def test_largest_id_is_repeated():
    """LIV-52"""
    frame = f'{{"type":"ping","id":{2**53 - 1}}}'
    (effect,) = ConnectionState(is_authenticated=True).receive(frame, 0.0)
    assert effect.frame.id == 2**53 - 1
