"""What the frames of the dashboard cost the network."""

from __future__ import annotations

from live.metrics.viewer_traffic import SECONDS, ViewerTraffic


def test_bytes_are_those_of_all_viewers_and_a_mean_of_the_last_seconds():
    """MCH-6"""
    traffic = ViewerTraffic()
    assert (traffic.viewers, traffic.bytes_per_second) == (0, 0.0)
    traffic.add(300, ("ana", "ben"))
    traffic.add(100, ("ana",))
    traffic.tick()
    assert (traffic.viewers, traffic.bytes_per_second) == (2, 700.0)
    traffic.tick()
    assert (traffic.viewers, traffic.bytes_per_second) == (0, 350.0)
    for _ in range(SECONDS):
        traffic.tick()
    assert traffic.bytes_per_second == 0.0
