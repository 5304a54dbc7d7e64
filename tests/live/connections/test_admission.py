"""New connections above the rate are deferred; existing connections are not affected."""

from __future__ import annotations

import time

import pytest

from live.connections import identity
from live.connections.admission import (
    BURST_SECONDS,
    MAX_BARE_SOCKETS,
    MAX_BARE_SOCKETS_PER_NETWORK,
    MAX_RETRY,
    MIN_PRUNE_SIZE,
    MIN_RETRY,
    AdmissionControl,
)
from live.db_threads import run_in_db_thread
from live.protocol.frames import CloseCode
from rest.client_address import network_of
from rest.known_credentials import known_credentials

RATE = 10.0
HOME, OTHER = "192.0.2.1", "2001:db8::/64"


def try_connections(admission: AdmissionControl, count: int, now: float) -> list[float | None]:
    return [admission.admit(now, HOME, has_credential=True) for _ in range(count)]


def test_burst_is_admitted_and_next_connection_is_deferred():
    """LIV-23, SEC-14."""
    admission = AdmissionControl(rate=RATE)
    burst = int(BURST_SECONDS * RATE)
    assert try_connections(admission, burst, 0.0) == [None] * burst
    assert admission.admit(0.0, HOME, has_credential=True) == MIN_RETRY


def test_deferred_connections_get_different_retry_delays():
    """LIV-23."""
    admission = AdmissionControl(rate=RATE)
    try_connections(admission, int(BURST_SECONDS * RATE), 0.0)
    delays = try_connections(admission, 50, 0.0)
    assert delays == [round(MIN_RETRY + position / RATE, 2) for position in range(50)]


def test_connection_is_admitted_when_retried_after_its_delay():
    """LIV-23."""
    admission = AdmissionControl(rate=RATE)
    try_connections(admission, int(BURST_SECONDS * RATE), 0.0)
    for delay in try_connections(admission, 200, 0.0):
        assert admission.admit(delay, HOME, has_credential=True) is None


def test_retry_delay_is_bounded():
    admission = AdmissionControl(rate=RATE)
    delays = [delay for delay in try_connections(admission, 1_000, 0.0) if delay is not None]
    assert max(delays) == MAX_RETRY
    assert admission.admit(1_000.0, HOME, has_credential=True) is None


def test_rate_below_one_per_second_still_admits_connections():
    admission = AdmissionControl(rate=0.1)
    assert try_connections(admission, 2, 0.0) == [None, 10.0]


def test_stranger_does_not_keep_members_out():
    """SEC-14: 300 handshakes a second without a credential, and every member gets in."""
    admission = AdmissionControl(rate=100.0)
    admitted = 0
    for millisecond in range(0, 10_000, 10):
        now = millisecond / 1000
        results = [admission.admit(now, HOME) for _ in range(3)]
        admitted += results.count(None)
        if millisecond % 50 == 0:
            assert admission.admit(now, OTHER, has_credential=True) is None
            assert admission.admit(now, HOME, has_credential=True, is_known=True) is None
    assert admitted <= 140  # 40 at once and ten a second


def test_network_whose_credentials_are_wrong_is_deferred():
    """SEC-14: also one of a member who is not known there, but not a known one."""
    admission = AdmissionControl(rate=100.0)
    tries = 0
    while admission.admit(0.0, HOME, has_credential=True) is None:
        admission.credential_was_wrong(0.0, HOME)
        tries += 1
    assert tries == 8
    assert admission.admit(0.0, HOME, has_credential=True, is_known=True) is None
    assert admission.admit(0.0, OTHER, has_credential=True) is None
    assert admission.admit(1.0, HOME, has_credential=True) is None


def test_sockets_without_a_credential_have_a_number():
    """SEC-14: until they authenticate or are closed."""
    admission = AdmissionControl(rate=100_000.0)
    for _ in range(MAX_BARE_SOCKETS_PER_NETWORK):
        assert admission.admit(0.0, HOME) is None
        admission.add_bare_socket(HOME)
    assert admission.admit(0.0, HOME) is not None
    assert admission.admit(0.0, OTHER) is None
    admission.remove_bare_socket(HOME)
    assert admission.admit(0.0, HOME) is None
    for number in range(MAX_BARE_SOCKETS):
        admission.add_bare_socket(f"network {number}")
    assert admission.admit(0.0, OTHER) is not None
    assert admission.admit(0.0, OTHER, has_credential=True) is None


def test_memory_does_not_grow_with_the_number_of_networks():
    admission = AdmissionControl(rate=1_000_000.0)
    for number in range(3 * MIN_PRUNE_SIZE):
        admission.admit(float(number), f"network {number}", has_credential=True)
    assert len(admission._networks) <= MIN_PRUNE_SIZE + 1


@pytest.mark.django_db(transaction=True)
async def test_deferred_connection_costs_no_query_and_delays_no_client(
    open_client, live_runtime, create_session, ana, bob, groceries, monkeypatch
):
    """LIV-23, SEC-14."""
    admitted = await open_client(ana)
    await admitted.subscribe(groceries)
    await admitted.until("snapshot")
    key, looked_up = await run_in_db_thread(create_session, bob), []
    original = identity.identity_from_session

    def look_up(key, **names):
        looked_up.append(key)
        return original(key, **names)

    monkeypatch.setattr(identity, "identity_from_session", look_up)
    now = time.monotonic()
    live_runtime.admission = AdmissionControl(rate=0.001)
    assert live_runtime.admission.admit(now, HOME, has_credential=True) is None
    for path in ("/ws/", f"/ws/lists/{groceries.pk}/", "/ws/"):
        deferred = await open_client(path=path, session=key)
        assert deferred.accepted
        assert await deferred.wait_closed() == CloseCode.OVERLOADED
        error, bye = deferred.frames
        assert error["code"] == "overloaded"
        assert MIN_RETRY <= bye["retry_in"] <= MAX_RETRY
    assert looked_up == []
    await run_in_db_thread(groceries.items.create, name="Milk")
    await admitted.until("change")
    live_runtime.admission = AdmissionControl(rate=RATE)
    assert (await (await open_client(session=key)).next())["type"] == "welcome"


@pytest.mark.django_db(transaction=True)
async def test_member_is_admitted_when_strangers_have_used_up_the_limit_of_the_network(
    open_client, live_runtime, create_session, create_token, ana
):
    """SEC-14: the credential of the member was valid a moment ago."""
    known_credentials.clear()
    key = await run_in_db_thread(create_session, ana)
    token = await run_in_db_thread(create_token, ana)
    members = ({"session": key}, {"token": token, "origin": None})
    for options in members:
        assert (await (await open_client(**options)).next())["type"] == "welcome"
    assert len(known_credentials) == 2
    network = network_of(None)
    while live_runtime.admission.admit(time.monotonic(), network) is None:
        pass
    stranger = await open_client(token="trl_invented", origin=None)
    assert await stranger.wait_closed() == CloseCode.OVERLOADED
    for options in members:
        assert (await (await open_client(**options)).next())["type"] == "welcome"
