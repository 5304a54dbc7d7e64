"""Servers run the same limits faster when tests scale the time."""

from __future__ import annotations

import socket

import pytest

from asgi_project.serving.listener import STALL_TIMEOUT, open_listener
from asgi_project.serving.time_scale import scaled


def test_durations_are_not_scaled_by_default():
    assert scaled(20.0) == 20.0


def test_durations_follow_the_setting(settings):
    settings.LIVE_TIME_SCALE = 0.1
    assert scaled(20.0) == pytest.approx(2.0)


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="only Linux has the option")
@pytest.mark.parametrize("scale", [1.0, 0.1])
def test_listener_limits_stalled_peers_by_the_scaled_timeout(settings, scale):
    settings.LIVE_TIME_SCALE = scale
    with open_listener("127.0.0.1", 0) as listener:
        milliseconds = listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
    assert milliseconds == STALL_TIMEOUT * 1000 * scale
