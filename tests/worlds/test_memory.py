"""Digests of memory, by which small worlds know that a state is not new."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tests.worlds.memory import digest_of

Suspended = Coroutine[Any, Any, None]


class Box:
    def __init__(self, content: object) -> None:
        self.content = content


def test_digest_is_equal_when_objects_have_equal_content():
    """WLD-6."""
    assert digest_of(Box([1, {"a": 2}])) == digest_of(Box([1, {"a": 2}]))
    assert digest_of(Box([1, {"a": 2}])) != digest_of(Box([1, {"a": 3}]))


def test_digest_tells_one_object_from_two_equal_ones():
    """WLD-6."""
    same, other = Box(1), Box(1)
    assert digest_of([same, same]) != digest_of([same, other])


def test_digest_ends_when_objects_refer_to_each_other():
    """WLD-6."""
    box = Box(None)
    box.content = [box]
    assert digest_of(box) == digest_of(box)


def test_digest_leaves_out_what_is_measured():
    """WLD-6."""
    assert digest_of({"received_at": 1, "version": 2}) == digest_of(
        {"received_at": 3, "version": 2}
    )


def test_digest_keeps_the_order_of_times_that_are_compared():
    """WLD-6."""
    first, later = {"known_at": 1000.11}, {"known_at": 1000.12}
    assert digest_of(first) == digest_of(later)
    assert digest_of([first, later]) != digest_of([later, first])
    assert digest_of([first, later]) == digest_of([{"known_at": 1000.13}, {"known_at": 1000.14}])


async def wait_before_use(content: object) -> None:
    await asyncio.sleep(0)
    print(content)


async def wait_after_use(content: object) -> None:
    print(content)
    await asyncio.sleep(0)


async def wait_in_loop(content: object) -> None:
    while True:
        await asyncio.sleep(0)
        print(content)
        content = None


async def wait_before_error(content: object) -> None:
    try:
        await asyncio.sleep(0)
    except ValueError:
        print(content)


@pytest.mark.parametrize(
    ("function", "is_read_again"),
    [
        (wait_before_use, True),
        (wait_after_use, False),
        (wait_in_loop, True),
        (wait_before_error, True),
    ],
)
def test_digest_has_a_variable_when_it_may_be_read_again(
    function: Callable[[object], Suspended], is_read_again: bool
):
    """WLD-6."""
    first, second = function("one"), function("two")
    for each in (first, second):
        each.send(None)
    assert (digest_of(first) != digest_of(second)) is is_read_again
    first.close()
    second.close()


def test_digest_tells_where_a_coroutine_waits():
    """WLD-6."""

    async def wait_twice() -> None:
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    first, second = wait_twice(), wait_twice()
    first.send(None)
    second.send(None)
    second.send(None)
    assert digest_of(first) != digest_of(second)
    first.close()
    second.close()


def test_digest_has_what_a_loop_has_not_reached():
    """WLD-6: the iterator is on the stack of the coroutine, and has no name."""

    async def wait_for_each(content: list[int]) -> None:
        for _ in iter(content):
            await asyncio.sleep(0)

    first, second = wait_for_each([1, 2, 3]), wait_for_each([1, 2])
    first.send(None)
    second.send(None)
    assert digest_of(first) != digest_of(second)
    first.close()
    second.close()
