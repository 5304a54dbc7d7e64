"""The examples of docs/api.md run unchanged and do what the page says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.support.docs.api_examples import EXAMPLES, Example, example
from tests.support.docs.example_list import Scene
from tests.support.docs.lossy_proxy import LosesTheFirstAnswer

pytestmark = pytest.mark.system
LANGUAGES = ("sh", "python")
CHECKS: dict[int, Callable[[Scene, Example], None]] = {}
"""The test of each job whose examples end by themselves."""


def job(number: int) -> Callable[[Any], Any]:
    def register(check: Callable[[Scene, Example], None]) -> Any:
        CHECKS[number] = check
        return check

    return register


@job(1)
def get_token(scene: Scene, snippet: Example) -> None:
    [token] = scene.run(snippet)
    headers = {"Authorization": f"Bearer {token}"}
    me = httpx.get(f"{scene.url}/api/auth/me/", headers=headers, timeout=30)
    assert me.json()["username"] == "ana"


@job(2)
def read_lists(scene: Scene, snippet: Example) -> None:
    scene.add("Milk", quantity="2 l")
    scene.add("Tea", purchased=True)
    output = scene.run(snippet)
    assert any(line.startswith(scene.list) and "Groceries" in line for line in output)
    assert output[-1] == "2 l Milk"


@job(3)
def add_items(scene: Scene, snippet: Example) -> None:
    scene.add("Bread")
    assert [line.replace(":", "") for line in scene.run(snippet)] == [
        "added",
        "merged Bread",
        "added Eggs",
    ]
    quantities = {name: item["quantity"] for name, item in scene.items.items()}
    assert quantities == {"Bread": "", "Milk": "2 l", "Eggs": "12"}


@job(4)
def tick_item(scene: Scene, snippet: Example) -> None:
    scene.add("Milk")
    scene.add("Salt")
    scene.run(snippet)
    assert {name: item["purchased"] for name, item in scene.items.items()} == {
        "Milk": True,
        "Salt": False,
    }


@job(5)
def clear_and_undo(scene: Scene, snippet: Example) -> None:
    scene.add("Salt")
    scene.add("Tea", purchased=True)
    before = scene.items.keys()
    scene.run(snippet)
    undo, clear = scene.changes[:2]
    assert (clear["verb"], len(clear["changes"])) == ("items.removed", 1)
    assert (undo["verb"], undo["undoes"]) == ("undo", clear["version"])
    assert scene.items.keys() == before


@job(6)
def retry_after_lost_response(scene: Scene, snippet: Example) -> None:
    with LosesTheFirstAnswer(scene.url) as network:
        scene.url = network.url
        output = scene.run(snippet)
    assert b" 201 " in network.lost
    assert output == ["added"]  # and not merged with the item that the first attempt added
    assert [change["verb"] for change in scene.changes].count("item.added") == 1


@job(7)
def edit_conditionally(scene: Scene, snippet: Example) -> None:
    scene.add("Milk")
    scene.run(snippet)
    assert "fresh" in scene.items["Milk"]["note"]


@job(8)
def read_activity(scene: Scene, snippet: Example) -> None:
    assert scene.run(snippet)[-1] == f"{scene.changes[0]['version']} ana item.added"


@job(10)
def share_and_export(scene: Scene, snippet: Example) -> None:
    scene.add("Milk", quantity="2 l")
    url, *output = scene.run(snippet)
    secret = re.fullmatch(rf"{scene.url}/join/#(\S+)", url)
    assert secret is not None, url
    with scene.world.api("bob") as bob:
        accepted = bob.post("invites/accept/", json={"token": secret[1]})
    assert accepted.json()["role"] == "editor"
    if snippet.language == "python":
        assert "Groceries 1" in output
    else:
        assert (scene.place / "list.md").read_text() == "# Groceries\n\n- [ ] 2 l Milk\n"
        assert json.loads("".join(output))["unchanged"] == 1


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("number", CHECKS)
def test_example_does_what_the_page_says(number: int, language: str, scene: Scene) -> None:
    """API-23"""
    CHECKS[number](scene, example(number, language))


def test_conditional_edit_example_retries_after_concurrent_change(scene: Scene) -> None:
    """API-23: another client writes between the read and the write of the example."""
    item = scene.add("Milk")
    interference = f"""
def interfere(response):
    api.event_hooks = {{"response": []}}
    api.patch(f"{{HERE}}shopping-items/{item["id"]}/", json={{"note": "oat"}}).raise_for_status()

api.event_hooks = {{"response": [interfere]}}
"""
    scene.run(example(7, "python"), between=interference)
    assert scene.items["Milk"]["note"] == "oat fresh"


def test_every_example_is_tested() -> None:
    """API-23: the other examples are in test_streaming_examples.py."""
    streaming = {(9, "sh", 1), (9, "sh", 2), (9, "sh", 3), (9, "python", 1)}
    setup = {(0, language, 1) for language in LANGUAGES}
    checked = {(number, language, 1) for number in CHECKS for language in LANGUAGES}
    assert {
        (snippet.job, snippet.language, snippet.number) for snippet in EXAMPLES
    } == streaming | setup | checked
    assert max(snippet.job for snippet in EXAMPLES) == 10
