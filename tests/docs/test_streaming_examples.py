"""The streaming examples of docs/api.md run unchanged and do what the page says."""

from __future__ import annotations

import json

import pytest

from tests.support.docs.api_examples import example
from tests.support.docs.example_list import ExampleList

pytestmark = pytest.mark.system
STREAM = example(9, "python")


def test_example_streams_list_from_snapshot(example_list: ExampleList) -> None:
    """API-23"""
    example_list.add("Milk")
    with example_list.start(example(9, "sh", 1)) as running:
        snapshot = json.loads(running.until(lambda line: '"snapshot"' in line))
        example_list.add("Bread")
        change = json.loads(running.until(lambda line: '"change"' in line))
    assert snapshot["items"] == ["Milk"]
    assert (change["version"], change["verb"], change["items"]) == (
        snapshot["version"] + 1,
        "item.added",
        ["Bread"],
    )


def test_example_resumes_list_from_version(example_list: ExampleList) -> None:
    """API-23"""
    position = example_list.request("GET", example_list.path)
    example_list.add("Bread")
    environment = {
        "VERSION": position["version"],
        "EPOCH": position["epoch"],
        "DIGEST": position["digest"],
    }
    with example_list.start(example(9, "sh", 2), **environment) as running:
        first = json.loads(running.until(bool))
        example_list.request("PATCH", example_list.path, name="Food")
        second = json.loads(running.until(bool))
    assert [first, second] == [
        {"version": position["version"] + 1, "verb": "item.added"},
        {"version": position["version"] + 2, "verb": "list.renamed"},
    ]


def test_example_streams_request_counters(example_list: ExampleList) -> None:
    """API-23"""
    with example_list.start(example(9, "sh", 3)) as running:
        samples = [json.loads(running.until(bool)) for _ in range(2)]
    assert [sample["topic"] for sample in samples] == ["requests"] * 2


def test_example_misses_no_change_when_server_crashes(example_list: ExampleList) -> None:
    """API-23: changes missed during the outage arrive first, and no change arrives twice."""
    with example_list.start(STREAM) as running:
        version = int(running.until(bool).split()[1])
        example_list.add("Milk")
        lines = [running.until(bool)]
        example_list.installation.first_server.process.kill()
        example_list.installation.first_server.process.wait()
        example_list.installation.shell(
            "from shopping_list.models import ShoppingList;"
            f"ShoppingList.objects.get(pk='{example_list.list_id}').items.create(name='Bread')"
        )
        example_list.installation.first_server.restart()
        lines.append(running.until(bool))
        example_list.add("Salt")
        lines.append(running.until(bool))
    assert lines == [
        f"change {version + 1} ['Milk']",
        f"change {version + 2} ['Bread']",
        f"change {version + 3} ['Salt']",
    ]


def test_example_ends_when_list_is_deleted(example_list: ExampleList) -> None:
    """API-23"""
    with example_list.start(STREAM) as running:
        running.until(bool)
        example_list.request("DELETE", example_list.path)
        assert running.wait() == 0
