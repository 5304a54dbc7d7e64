"""The examples of docs/api.md that are told at once, run as they stand there."""

from __future__ import annotations

import json

import pytest

from tests.support.docs.api_examples import example
from tests.support.docs.example_list import ExampleList

pytestmark = pytest.mark.system
FOLLOW = example(9, "python")


def test_a_list_is_followed_from_a_snapshot_on(example_list: ExampleList) -> None:
    """API-23"""
    example_list.add("Milk")
    with example_list.start(example(9, "sh", 1)) as running:
        begun = json.loads(running.until(lambda line: '"snapshot"' in line))
        example_list.add("Bread")
        told = json.loads(running.until(lambda line: '"change"' in line))
    assert begun["items"] == ["Milk"]
    assert (told["version"], told["verb"], told["items"]) == (
        begun["version"] + 1,
        "item.added",
        ["Bread"],
    )


def test_a_list_is_followed_from_where_one_was(example_list: ExampleList) -> None:
    """API-23"""
    seen = example_list.request("GET", example_list.path)
    example_list.add("Bread")
    given = {"VERSION": seen["version"], "EPOCH": seen["epoch"]}
    with example_list.start(example(9, "sh", 2), **given) as running:
        first = json.loads(running.until(bool))
        example_list.request("PATCH", example_list.path, name="Food")
        second = json.loads(running.until(bool))
    assert [first, second] == [
        {"version": seen["version"] + 1, "verb": "item.added"},
        {"version": seen["version"] + 2, "verb": "list.renamed"},
    ]


def test_the_counters_are_followed(example_list: ExampleList) -> None:
    """API-23"""
    with example_list.start(example(9, "sh", 3)) as running:
        samples = [json.loads(running.until(bool)) for _ in range(2)]
    assert [sample["topic"] for sample in samples] == ["requests"] * 2


def test_a_list_is_followed_through_a_crash_of_the_server(example_list: ExampleList) -> None:
    """API-23: what happened while nobody listened comes first, and nothing comes twice."""
    with example_list.start(FOLLOW) as running:
        version = int(running.until(bool).split()[1])
        example_list.add("Milk")
        told = [running.until(bool)]
        example_list.installation.first_server.process.kill()
        example_list.installation.first_server.process.wait()
        example_list.installation.shell(
            "from shopping_list.models import ShoppingList;"
            f"ShoppingList.objects.get(pk='{example_list.list_id}').items.create(name='Bread')"
        )
        example_list.installation.first_server.restart()
        told.append(running.until(bool))
        example_list.add("Salt")
        told.append(running.until(bool))
    assert told == [
        f"change {version + 1} ['Milk']",
        f"change {version + 2} ['Bread']",
        f"change {version + 3} ['Salt']",
    ]


def test_a_list_that_is_deleted_is_followed_to_its_end(example_list: ExampleList) -> None:
    """API-23"""
    with example_list.start(FOLLOW) as running:
        running.until(bool)
        example_list.request("DELETE", example_list.path)
        assert running.wait() == 0
