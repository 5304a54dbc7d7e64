"""The examples of docs/api.md do what the page says, run as they stand there."""

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
BOTH = ("sh", "python")
ONCE: dict[int, Callable[[ExampleList, Example], None]] = {}
"""The test of each job whose examples come to an end."""


def job(number: int) -> Callable[[Any], Any]:
    def register(check: Callable[[ExampleList, Example], None]) -> Any:
        ONCE[number] = check
        return check

    return register


@job(1)
def get_a_token(example_list: ExampleList, one: Example) -> None:
    [token] = example_list.run(one)
    headers = {"Authorization": f"Bearer {token}"}
    me = httpx.get(f"{example_list.url}/api/auth/me/", headers=headers, timeout=30)
    assert me.json()["username"] == "ana"


@job(2)
def see_what_is_on_the_lists(example_list: ExampleList, one: Example) -> None:
    example_list.add("Milk", quantity="2 l")
    example_list.add("Tea", purchased=True)
    said = example_list.run(one)
    assert any(line.startswith(example_list.list_id) and "Groceries" in line for line in said)
    assert said[-1] == "2 l Milk"


@job(3)
def put_something_on_it(example_list: ExampleList, one: Example) -> None:
    example_list.add("Bread")
    assert [line.replace(":", "") for line in example_list.run(one)] == [
        "added",
        "merged Bread",
        "added Eggs",
    ]
    quantities = {name: item["quantity"] for name, item in example_list.items.items()}
    assert quantities == {"Bread": "", "Milk": "2 l", "Eggs": "12"}


@job(4)
def tick_it(example_list: ExampleList, one: Example) -> None:
    example_list.add("Milk")
    example_list.add("Salt")
    example_list.run(one)
    assert {name: item["purchased"] for name, item in example_list.items.items()} == {
        "Milk": True,
        "Salt": False,
    }


@job(5)
def clear_and_take_back(example_list: ExampleList, one: Example) -> None:
    example_list.add("Salt")
    example_list.add("Tea", purchased=True)
    before = example_list.items.keys()
    example_list.run(one)
    undo, clear = example_list.changes[:2]
    assert (clear["verb"], len(clear["changes"])) == ("items.removed", 1)
    assert (undo["verb"], undo["undoes"]) == ("undo", clear["version"])
    assert example_list.items.keys() == before


@job(6)
def try_again(example_list: ExampleList, one: Example) -> None:
    with LossyProxy(example_list.url) as network:
        example_list.url = network.url
        said = example_list.run(one)
    assert b" 201 " in network.lost_response
    assert said == ["added"]  # and not merged with what the first try had added
    assert [change["verb"] for change in example_list.changes].count("item.added") == 1


@job(7)
def change_what_nobody_else_has_changed(example_list: ExampleList, one: Example) -> None:
    example_list.add("Milk")
    example_list.run(one)
    assert "fresh" in example_list.items["Milk"]["note"]


@job(8)
def see_what_happened(example_list: ExampleList, one: Example) -> None:
    assert example_list.run(one)[-1] == f"{example_list.changes[0]['version']} ana item.added"


@job(10)
def share_and_take_along(example_list: ExampleList, one: Example) -> None:
    example_list.add("Milk", quantity="2 l")
    url, *said = example_list.run(one)
    secret = re.fullmatch(rf"{example_list.url}/join/#(\S+)", url)
    assert secret is not None, url
    with example_list.installation.api("bob") as bob:
        accepted = bob.post("invites/accept/", json={"token": secret[1]})
    assert accepted.json()["role"] == "editor"
    if one.language == "python":
        assert "Groceries 1" in said
    else:
        assert (example_list.directory / "list.md").read_text() == "# Groceries\n\n- [ ] 2 l Milk\n"
        assert json.loads("".join(said))["unchanged"] == 1


@pytest.mark.parametrize("language", BOTH)
@pytest.mark.parametrize("number", ONCE)
def test_an_example_does_what_the_page_says(
    number: int, language: str, example_list: ExampleList
) -> None:
    """API-23"""
    ONCE[number](example_list, example(number, language))


def test_the_second_of_two_who_change_one_thing_looks_again(example_list: ExampleList) -> None:
    """API-23: somebody writes between the example's look and its write."""
    item = example_list.add("Milk")
    meddle = f"""
def meddle(answer):
    api.event_hooks = {{"response": []}}
    api.patch(f"{{HERE}}shopping-items/{item["id"]}/", json={{"note": "oat"}}).raise_for_status()

api.event_hooks = {{"response": [meddle]}}
"""
    example_list.run(example(7, "python"), between=meddle)
    assert example_list.items["Milk"]["note"] == "oat fresh"


def test_every_example_is_run() -> None:
    """API-23: the others are in test_following.py."""
    lively = {(9, "sh", 1), (9, "sh", 2), (9, "sh", 3), (9, "python", 1)}
    firsts = {(0, language, 1) for language in BOTH}
    once = {(number, language, 1) for number in ONCE for language in BOTH}
    assert {(one.job, one.language, one.number) for one in EXAMPLES} == lively | firsts | once
    assert max(one.job for one in EXAMPLES) == 10
