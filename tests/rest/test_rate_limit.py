"""The rate limiter: a burst, then an evenly refilled budget."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rest import rate_limit
from rest.rate_limit import BURST_SECONDS, RateLimiter, TokenBucket


def test_burst_is_ten_seconds_of_the_rate_and_then_requests_wait():
    limiter = RateLimiter()
    assert [limiter.take("ana", rate=2, now=100) for _ in range(20)] == [0] * 20
    assert limiter.take("ana", rate=2, now=100) == pytest.approx(0.5)
    assert limiter.take("ana", rate=2, now=100.25) == pytest.approx(0.25)
    assert limiter.take("ana", rate=2, now=100.5) == 0
    assert limiter.take("ana", rate=2, now=100.5) > 0


def test_each_key_has_its_own_budget():
    limiter = RateLimiter()
    while not limiter.take("ana", rate=1, now=5):
        pass
    assert limiter.take("bob", rate=1, now=5) == 0


def test_rejected_request_does_not_consume_budget():
    limiter = RateLimiter()
    while not limiter.take("ana", rate=1, now=5):
        pass
    assert {limiter.take("ana", rate=1, now=5) for _ in range(50)} == {1.0}


def test_budget_refills_to_one_burst_at_most():
    limiter = RateLimiter()
    limiter.take("ana", 10, rate=1, now=0)
    assert limiter.take("ana", 10, rate=1, now=1_000) == 0
    assert limiter.take("ana", rate=1, now=1_000) > 0


def test_cost_above_the_burst_takes_the_whole_burst():
    limiter = RateLimiter()
    assert limiter.take("ana", 1_000, rate=1, now=0) == 0
    assert limiter.take("ana", 1_000, rate=1, now=4) == pytest.approx(6)
    assert limiter.take("ana", 1_000, rate=1, now=10) == 0


@given(st.lists(st.tuples(st.floats(0, 20), st.integers(1, 9)), max_size=60), st.integers(1, 9))
def test_no_time_span_admits_more_than_a_burst_and_the_rate(steps, rate):
    limiter, now, admitted = RateLimiter(), 0.0, []
    for pause, cost in steps:
        now += pause
        if not limiter.take("ana", cost, rate=rate, now=now):
            admitted.append((now, min(cost, rate * BURST_SECONDS)))
    for start, _ in admitted:
        for end, _ in admitted:
            used = sum(cost for time, cost in admitted if start <= time <= end)
            assert used <= rate * (BURST_SECONDS + max(0, end - start)) + 1e-6


def test_keys_with_a_full_budget_are_pruned(monkeypatch):
    monkeypatch.setattr(rate_limit, "MIN_PRUNE_SIZE", 10)
    limiter = RateLimiter()
    limiter._prune_above = 10
    for number in range(10_000):
        limiter.take(f"address:{number}", rate=1, now=number * 0.1)
    assert len(limiter) < 50


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
