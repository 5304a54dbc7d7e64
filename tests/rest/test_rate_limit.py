"""A rate with a burst: what may be used comes back evenly."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rest import rate_limit
from rest.rate_limit import BURST_SECONDS, RateLimiter, TokenBucket


def test_a_burst_is_ten_seconds_of_the_rate_and_then_each_waits_its_turn():
    one = RateLimiter()
    assert [one.take("ana", rate=2, now=100) for _ in range(20)] == [0] * 20
    assert one.take("ana", rate=2, now=100) == pytest.approx(0.5)
    assert one.take("ana", rate=2, now=100.25) == pytest.approx(0.25)
    assert one.take("ana", rate=2, now=100.5) == 0
    assert one.take("ana", rate=2, now=100.5) > 0


def test_everybody_has_their_own():
    one = RateLimiter()
    while not one.take("ana", rate=1, now=5):
        pass
    assert one.take("bob", rate=1, now=5) == 0


def test_what_was_refused_costs_nothing():
    one = RateLimiter()
    while not one.take("ana", rate=1, now=5):
        pass
    assert {one.take("ana", rate=1, now=5) for _ in range(50)} == {1.0}


def test_who_rests_has_a_whole_burst_again_and_no_more():
    one = RateLimiter()
    one.take("ana", 10, rate=1, now=0)
    assert one.take("ana", 10, rate=1, now=1_000) == 0
    assert one.take("ana", rate=1, now=1_000) > 0


def test_what_is_bigger_than_a_burst_takes_a_whole_one():
    one = RateLimiter()
    assert one.take("ana", 1_000, rate=1, now=0) == 0
    assert one.take("ana", 1_000, rate=1, now=4) == pytest.approx(6)
    assert one.take("ana", 1_000, rate=1, now=10) == 0


@given(st.lists(st.tuples(st.floats(0, 20), st.integers(1, 9)), max_size=60), st.integers(1, 9))
def test_no_span_of_time_sees_more_than_a_burst_and_the_rate(steps, rate):
    one, now, done = RateLimiter(), 0.0, []
    for pause, cost in steps:
        now += pause
        if not one.take("ana", cost, rate=rate, now=now):
            done.append((now, min(cost, rate * BURST_SECONDS)))
    for start, _ in done:
        for end, _ in done:
            used = sum(cost for at, cost in done if start <= at <= end)
            assert used <= rate * (BURST_SECONDS + max(0, end - start)) + 1e-6


def test_it_forgets_who_may_do_everything_again(monkeypatch):
    monkeypatch.setattr(rate_limit, "MIN_PRUNE_SIZE", 10)
    one = RateLimiter()
    one._prune_above = 10
    for number in range(10_000):
        one.take(f"address:{number}", rate=1, now=number * 0.1)
    assert len(one) < 50


def test_token_bucket_allows_a_burst_and_then_the_rate():
    bucket = TokenBucket(rate=20, burst=40)
    assert [bucket.take(1_000.0) for _ in range(41)] == [True] * 40 + [False]
    assert not bucket.take(1_000.04)
    assert bucket.take(1_000.05)
    assert not bucket.take(1_000.05)


@given(st.lists(st.floats(0, 3), max_size=60), st.integers(1, 9), st.integers(1, 20))
def test_token_bucket_decides_as_a_bucket_that_is_filled_evenly(pauses, rate, burst):
    bucket, tokens, now = TokenBucket(rate=rate, burst=burst), float(burst), 0.0
    for pause in pauses:
        now += pause
        tokens = min(burst, tokens + pause * rate)
        assume(abs(tokens - 1) > 1e-5)  # at the edge, rounding decides
        assert bucket.take(now) == (tokens >= 1)
        tokens -= tokens >= 1
