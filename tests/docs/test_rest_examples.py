"""The examples of docs/api.md run unchanged and do what the page says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.support.docs.api_examples import EXAMPLES, Example, example
from tests.support.docs.example_list import ExampleList
from tests.support.docs.lossy_proxy import LossyProxy

pytestmark = pytest.mark.system
LANGUAGES = ("sh", "python")
CHECKS: dict[int, Callable[[ExampleList, Example], None]] = {}
"""The test of each job whose examples end by themselves."""


def job(number: int) -> Callable[[Any], Any]:
    def register(check: Callable[[ExampleList, Example], None]) -> Any:
        CHECKS[number] = check
        return check

    return register


@job(1)
def get_token(example_list: ExampleList, snippet: Example) -> None:
    [token] = example_list.run(snippet)
    headers = {"Authorization": f"Bearer {token}"}
    me = httpx.get(f"{example_list.url}/api/auth/me/", headers=headers, timeout=30)
    assert me.json()["username"] == "ana"


@job(2)
def read_lists(example_list: ExampleList, snippet: Example) -> None:
    example_list.add("Milk", quantity="2 l")
    example_list.add("Tea", purchased=True)
    output = example_list.run(snippet)
    assert any(line.startswith(example_list.list_id) and "Groceries" in line for line in output)
    assert output[-1] == "2 l Milk"


@job(3)
def add_items(example_list: ExampleList, snippet: Example) -> None:
    example_list.add("Bread")
    assert [line.replace(":", "") for line in example_list.run(snippet)] == [
        "added",
        "merged Bread",
        "added Eggs",
    ]
    quantities = {name: item["quantity"] for name, item in example_list.items.items()}
    assert quantities == {"Bread": "", "Milk": "2 l", "Eggs": "12"}


@job(4)
def tick_item(example_list: ExampleList, snippet: Example) -> None:
    example_list.add("Milk")
    example_list.add("Salt")
    example_list.run(snippet)
    assert {name: item["purchased"] for name, item in example_list.items.items()} == {
        "Milk": True,
        "Salt": False,
    }


@job(5)
def clear_and_undo(example_list: ExampleList, snippet: Example) -> None:
    example_list.add("Salt")
    example_list.add("Tea", purchased=True)
    before = example_list.items.keys()
    example_list.run(snippet)
    undo, clear = example_list.changes[:2]
    assert (clear["verb"], clear["summary"]["items"]) == ("items.removed", 1)
    assert (undo["verb"], undo["undoes"]) == ("undo", clear["version"])
    assert example_list.items.keys() == before


@job(6)
def retry_after_lost_response(example_list: ExampleList, snippet: Example) -> None:
    with LossyProxy(example_list.url) as network:
        example_list.url = network.url
        output = example_list.run(snippet)
    assert b" 201 " in network.lost_response
    assert output == ["added"]  # and not merged with the item that the first attempt added
    assert [change["verb"] for change in example_list.changes].count("item.added") == 1


@job(7)
def edit_conditionally(example_list: ExampleList, snippet: Example) -> None:
    example_list.add("Milk")
    example_list.run(snippet)
    assert "fresh" in example_list.items["Milk"]["note"]


@job(8)
def read_activity(example_list: ExampleList, snippet: Example) -> None:
    assert example_list.run(snippet)[-1] == f"{example_list.changes[0]['version']} ana item.added"


@job(10)
def share_and_export(example_list: ExampleList, snippet: Example) -> None:
    example_list.add("Milk", quantity="2 l")
    url, *output = example_list.run(snippet)
    secret = re.fullmatch(rf"{example_list.url}/join/#(\S+)", url)
    assert secret is not None, url
    with example_list.installation.api("bob") as bob:
        accepted = bob.post("invites/accept/", json={"token": secret[1]})
    assert accepted.json()["role"] == "editor"
    if snippet.language == "python":
        assert "Groceries 1" in output
    else:
        assert (example_list.directory / "list.md").read_text() == "# Groceries\n\n- [ ] 2 l Milk\n"
        assert json.loads("".join(output))["unchanged"] == 1


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("number", CHECKS)
def test_example_does_what_the_page_says(
    number: int, language: str, example_list: ExampleList
) -> None:
    """API-23"""
    CHECKS[number](example_list, example(number, language))


def test_conditional_edit_example_retries_after_concurrent_change(
    example_list: ExampleList,
) -> None:
    """API-23: another client writes between the read and the write of the example."""
    item = example_list.add("Milk")
    interference = f"""
def interfere(response):
    api.event_hooks = {{"response": []}}
    api.patch(f"{{HERE}}shopping-items/{item["id"]}/", json={{"note": "oat"}}).raise_for_status()

api.event_hooks = {{"response": [interfere]}}
"""
    example_list.run(example(7, "python"), between=interference)
    assert example_list.items["Milk"]["note"] == "oat fresh"


def test_every_example_is_tested() -> None:
    """API-23: the other examples are in test_streaming_examples.py."""
    streaming = {(9, "sh", 1), (9, "sh", 2), (9, "sh", 3), (9, "python", 1)}
    setup = {(0, language, 1) for language in LANGUAGES}
    checked = {(number, language, 1) for number in CHECKS for language in LANGUAGES}
    assert {
        (snippet.job, snippet.language, snippet.number) for snippet in EXAMPLES
    } == streaming | setup | checked
    assert max(snippet.job for snippet in EXAMPLES) == 10
