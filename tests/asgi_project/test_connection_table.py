"""How many connections a process admits, how much they hold, and when they are late."""

from __future__ import annotations

import pytest
from django.conf import settings as django_settings

from asgi_project.serving import connection_table as limits
from asgi_project.serving.connection_table import ConnectionTable
from asgi_project.serving.peers import network_of_peers
from asgi_project.serving.request_limits import HEAD_TIMEOUT, RequestProgress

KIB = 1024


class FakeConnection:
    """A connection without a server; a test says whether it is idle."""

    network = None
    held_bytes = 0

    def __init__(self, now=0.0):
        self.progress = RequestProgress(now)
        self.idle = self.closed = False

    def is_idle(self):
        return self.idle

    def close_idle(self):
        self.closed = True


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def new_table(clock=None, **options):
    network_of = network_of_peers(django_settings.TRUSTED_PROXIES)
    options = {"max_per_network": 3, "max_descriptor": 900, "network_of": network_of, **options}
    return ConnectionTable(clock or Clock(), **options)


def admit(table, count, host="192.0.2.1", descriptor=10):
    """Return the admitted ones of `count` new connections of a host."""
    connections = [FakeConnection() for _ in range(count)]
    return [each for each in connections if table.admit(each, host=host, descriptor=descriptor)]


def test_connections_of_one_network_are_limited():
    """SEC-31"""
    table = new_table()
    admitted = admit(table, 5)
    assert (len(admitted), len(table), table.refused_count) == (3, 3, 2)
    assert len(admit(table, 1, host="192.0.2.2")) == 1
    table.discard(admitted[0])
    table.discard(admitted[0])
    assert len(admit(table, 2)) == 1


@pytest.mark.parametrize(
    ("first", "second", "are_counted_together"),
    [
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("192.0.2.1", "192.0.2.2", False),
    ],
)
def test_network_of_a_peer_is_its_address_or_its_prefix(first, second, are_counted_together):
    """SEC-31"""
    table = new_table(max_per_network=1)
    assert len(admit(table, 1, host=first)) == 1
    assert bool(admit(table, 1, host=second)) != are_counted_together


@pytest.mark.parametrize("proxies", [["192.0.2.0/24"], ["*"], ["192.0.2.1"]])
def test_trusted_proxy_has_no_limit_of_its_own(settings, proxies):
    """SEC-31"""
    settings.TRUSTED_PROXIES = proxies
    table = new_table()
    assert len(admit(table, 50)) == 50
    assert len(admit(table, 50, host="::ffff:192.0.2.1")) == 50
    assert len(admit(table, 5, host="not an address")) == 5


def test_idle_connection_makes_room_for_another_of_its_network():
    """SEC-31"""
    table = new_table()
    idle, *_ = admit(table, 3)
    idle.idle = True
    assert len(admit(table, 1)) == 1
    assert idle.closed
    assert (len(admit(table, 1)), len(table)) == (0, 3)


@pytest.mark.parametrize("shortage", ["connections", "descriptors"])
def test_idle_connection_of_the_largest_network_makes_room_for_all(monkeypatch, shortage):
    """SEC-31"""
    table = new_table()
    admit(table, 1, host="192.0.2.7")[0].idle = True
    idle, *_ = admit(table, 3)
    idle.idle = True
    monkeypatch.setattr(limits, "MAX_CONNECTIONS", 4 if shortage == "connections" else 9)
    descriptor = 10 if shortage == "connections" else 901
    assert len(admit(table, 1, host="192.0.2.8", descriptor=descriptor)) == 1
    assert idle.closed
    assert admit(table, 1, host="192.0.2.9", descriptor=descriptor) == []
    assert admit(table, 1, host="192.0.2.9", descriptor=940) == []


def test_last_descriptors_are_kept_free():
    """SEC-31"""
    table = new_table(max_per_network=0)
    assert len(admit(table, 1, descriptor=899)) == 1
    assert admit(table, 1, descriptor=900) == []


def test_connections_of_a_process_are_limited(monkeypatch):
    """SEC-31"""
    monkeypatch.setattr(limits, "MAX_CONNECTIONS", 4)
    table = new_table()
    for number in range(4):
        assert len(admit(table, 1, host=f"192.0.2.{number}")) == 1
    assert admit(table, 1, host="192.0.2.9") == []


def upload(table, connection, *lengths):
    """Receive parts of a body; return whether each may be kept."""
    results = []
    for length in lengths:
        connection.progress.on_body(length)
        results.append(table.hold(connection, length))
    return results


def test_unfinished_bodies_have_a_budget_for_each_network_and_in_all():
    """SEC-31"""
    table = new_table(max_per_network=0)
    size = 512 * KIB
    hosts = ["192.0.2.1", "192.0.2.2", "192.0.2.3"]
    first = [upload(table, each, size)[0] for host in hosts for each in admit(table, 9, host)]
    assert first == ([True] * 8 + [False]) * 3
    late_comers = [upload(table, each, size)[0] for each in admit(table, 9, "192.0.2.200")]
    assert late_comers == [True] * 8 + [False]
    assert upload(table, admit(table, 1, "192.0.2.201")[0], size) == [False]
    assert upload(table, admit(table, 1, "192.0.2.201")[0], 16 * KIB) == [True]


def test_budget_is_returned_after_the_response_and_after_a_disconnect():
    """SEC-31"""
    table = new_table(max_per_network=0)
    connections = admit(table, 8)
    for connection in connections:
        assert upload(table, connection, 512 * KIB) == [True]
    extra = admit(table, 1)[0]
    assert upload(table, extra, 64 * KIB) == [False]
    table.release(connections[0])
    table.release(connections[0])
    assert upload(table, extra, 64 * KIB) == [True]
    table.discard(connections[1])
    assert upload(table, extra, 512 * KIB, 448 * KIB) == [True, True]
    assert upload(table, extra, 64 * KIB) == [False]


def test_late_connections_are_listed():
    """SEC-32"""
    clock = Clock()
    table = new_table(clock)
    silent, busy = admit(table, 2)
    busy.progress.on_data(10, 0)
    busy.progress.on_head_complete(0)
    busy.progress.on_request_complete()
    clock.now = HEAD_TIMEOUT
    assert table.late() == []
    clock.now += 0.1
    assert table.late() == [silent]
