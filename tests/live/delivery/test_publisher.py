"""A change is broadcast once, after its commit, whether or not the layer works."""

from __future__ import annotations

import time

import pytest
from channels_redis.pubsub import RedisPubSubChannelLayer
from django.db import transaction

from live.delivery import local_bus, publisher
from live.delivery.local_bus import CONTROL_GROUP, GroupMessage, group_name
from shopping_list.models import Membership

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sent():
    """The messages that the relay of this process gets."""
    messages: list[GroupMessage] = []
    local_bus.register(messages.append)
    yield messages
    local_bus.unregister(messages.append)


@pytest.fixture
def layer_calls(monkeypatch):
    """A channel layer whose Redis does not respond; returns the times of its calls."""
    calls = []

    class CountingLayer(RedisPubSubChannelLayer):
        def __getattr__(self, name):
            if name == "group_send":
                calls.append(time.monotonic())
            return super().__getattr__(name)

    layer = CountingLayer(hosts=[{"address": "redis://127.0.0.1:1/0"}])
    monkeypatch.setattr(publisher, "get_channel_layer", lambda: layer)
    monkeypatch.setattr(publisher, "_direct_publisher", publisher.DirectPublisher())
    return calls


def test_change_is_published_after_its_commit(groceries, sent):
    sent.clear()
    with transaction.atomic():
        groceries.items.create(name="Milk")
        assert sent == []
    (outgoing,) = sent
    assert outgoing.group == group_name(groceries.pk)
    assert b"Milk" in outgoing.message["frame"]


def test_change_is_never_published_when_rolled_back(groceries, sent):
    """LIV-3."""
    sent.clear()
    with transaction.atomic():
        groceries.items.create(name="Milk")
        transaction.set_rollback(True)
    assert sent == []


def test_membership_change_is_also_sent_to_the_control_group(groceries, mallory, sent):
    sent.clear()
    Membership.objects.create(shopping_list=groceries, user=mallory)
    assert [outgoing.group for outgoing in sent] == [group_name(groceries.pk), CONTROL_GROUP]
    assert sent[1].message["access_changes"] == {"joined": (mallory.pk,)}


def test_relay_is_unregistered_when_its_event_loop_is_closed(groceries):
    def closed_relay(_outgoing: GroupMessage) -> None:
        raise RuntimeError("Event loop is closed")

    local_bus.register(closed_relay)
    groceries.items.create(name="Milk")
    assert not local_bus.deliver_locally(GroupMessage("g", {}))


def test_unreachable_layer_costs_one_attempt_without_relay(groceries, layer_calls):
    """LIV-5."""
    for number in range(20):
        groceries.items.create(name=f"Item {number}")
    assert len(layer_calls) == 1
    assert groceries.items.count() == 20


def test_edit_is_saved_when_publisher_fails(groceries, monkeypatch):
    def failing_send(_outgoing: GroupMessage) -> None:
        raise OSError("no more")

    monkeypatch.setattr(publisher, "_send", failing_send)
    groceries.items.create(name="Milk")
    assert groceries.items.count() == 1


def test_failpoint_is_ignored_outside_of_debug(groceries, settings, monkeypatch):
    monkeypatch.setenv("TROLLEY_FAILPOINT", "after_commit")
    settings.DEBUG = False
    groceries.items.create(name="Milk")
