"""The streaming examples of docs/api.md run unchanged and do what the page says."""

from __future__ import annotations

import json

import pytest

from tests.support.docs.api_examples import example
from tests.support.docs.example_list import Scene

pytestmark = pytest.mark.system
STREAM = example(9, "python")


def test_example_streams_list_from_snapshot(scene: Scene) -> None:
    """API-23"""
    scene.add("Milk")
    with scene.start(example(9, "sh", 1)) as running:
        snapshot = json.loads(running.until(lambda line: '"snapshot"' in line))
        scene.add("Bread")
        change = json.loads(running.until(lambda line: '"change"' in line))
    assert snapshot["items"] == ["Milk"]
    assert (change["version"], change["verb"], change["items"]) == (
        snapshot["version"] + 1,
        "item.added",
        ["Bread"],
    )


def test_example_resumes_list_from_version(scene: Scene) -> None:
    """API-23"""
    position = scene.ask("GET", scene.here)
    scene.add("Bread")
    environment = {"VERSION": position["version"], "EPOCH": position["epoch"]}
    with scene.start(example(9, "sh", 2), **environment) as running:
        first = json.loads(running.until(bool))
        scene.ask("PATCH", scene.here, name="Food")
        second = json.loads(running.until(bool))
    assert [first, second] == [
        {"version": position["version"] + 1, "verb": "item.added"},
        {"version": position["version"] + 2, "verb": "list.renamed"},
    ]


def test_example_streams_request_counters(scene: Scene) -> None:
    """API-23"""
    with scene.start(example(9, "sh", 3)) as running:
        samples = [json.loads(running.until(bool)) for _ in range(2)]
    assert [sample["topic"] for sample in samples] == ["requests"] * 2


def test_example_misses_no_change_when_server_crashes(scene: Scene) -> None:
    """API-23: changes missed during the outage arrive first, and no change arrives twice."""
    with scene.start(STREAM) as running:
        version = int(running.until(bool).split()[1])
        scene.add("Milk")
        lines = [running.until(bool)]
        scene.world.first.process.kill()
        scene.world.first.process.wait()
        scene.world.shell(
            "from shopping_list.models import ShoppingList;"
            f"ShoppingList.objects.get(pk='{scene.list}').items.create(name='Bread')"
        )
        scene.world.first.start_again()
        lines.append(running.until(bool))
        scene.add("Salt")
        lines.append(running.until(bool))
    assert lines == [
        f"change {version + 1} ['Milk']",
        f"change {version + 2} ['Bread']",
        f"change {version + 3} ['Salt']",
    ]


def test_example_ends_when_list_is_deleted(scene: Scene) -> None:
    """API-23"""
    with scene.start(STREAM) as running:
        running.until(bool)
        scene.ask("DELETE", scene.here)
        assert running.end() == 0
