"""People and programs who edit one list at random, over REST and around it."""

from __future__ import annotations

import random
import uuid
from typing import Any

import httpx

from tests.support.installation import World

# What somebody else did to the item meanwhile is no failure of an edit.
FINE = {200, 201, 204, 404, 409}

BY_MODEL = """
import random
from django.db import IntegrityError, transaction
from shopping_list.models import ShoppingItem, ShoppingList
chance = random.Random({seed})
one = ShoppingList.objects.get(pk="{list}")
for turn in range({turns}):
    items = list(one.items.all())
    some = chance.sample(items, min(3, len(items)))
    ids = [item.pk for item in some]
    deed = chance.randrange(6)
    try:
        with transaction.atomic():
            if deed == 0:
                one.items.create(name=f"model {seed} {{turn}}")
            elif deed == 1:
                names = [f"bulk {seed} {{turn}} {{n}}" for n in range(3)]
                made = [ShoppingItem(shopping_list=one, name=name) for name in names]
                ShoppingItem.objects.bulk_create(made)
            elif deed == 2:
                ShoppingItem.objects.filter(pk__in=ids).update(note=f"updated {{turn}}")
            elif deed == 3 and len(items) > 5:
                ShoppingItem.objects.filter(pk__in=ids[:2]).delete()
            elif deed == 4 and some:
                some[0].quantity = str(turn)
                some[0].save()
            elif deed == 5:
                one.items.create(name=f"never {seed} {{turn}}")
                raise InterruptedError
    except (IntegrityError, InterruptedError, ShoppingItem.DoesNotExist):
        pass
"""


def by_model(world: World, *, seed: int, turns: int) -> None:
    """Write with the models, in a process of its own; some of it is rolled back."""
    world.shell(BY_MODEL.format(seed=seed, turns=turns, list=world.list))


class Writer:
    """Edits the list over REST, and repeats what was not answered under the same key."""

    def __init__(self, world: World, who: str, *, seed: int) -> None:
        self.chance = random.Random(seed)
        self.api = world.api(who)
        self.path = f"shopping-lists/{world.list}/shopping-items/"
        self.seed = seed

    def write(self, turns: int) -> None:
        """Make as many edits."""
        with self.api:
            for turn in range(turns):
                self._edit(turn)

    def _edit(self, turn: int) -> None:
        items = self._ask("GET", f"{self.path}?page_size=1000").json()["results"]
        deed = self.chance.randrange(6)
        if deed < 2 or not items:
            self._ask("POST", self.path, name=f"rest {self.seed} {turn}")
            return
        one, other = self.chance.choice(items), self.chance.choice(items)
        address = f"{self.path}{one['id']}/"
        if deed == 2:
            self._ask("PATCH", address, purchased=not one["purchased"])
        elif deed == 3:
            self._ask("PATCH", address, name=f"renamed {self.seed} {turn}")
        elif deed == 4:
            self._ask("PATCH", address, after=None if other == one else other["id"])
        elif len(items) > 5:
            self._ask("DELETE", address)

    def _ask(self, method: str, path: str, **body: Any) -> httpx.Response:
        key = {"Idempotency-Key": str(uuid.uuid4())}
        for _ in range(20):
            try:
                answer = self.api.request(method, path, json=body or None, headers=key)
            except httpx.TransportError:
                continue  # the process is gone that was asked
            assert answer.status_code in FINE or _anchor_is_gone(answer), answer.text
            return answer
        raise AssertionError("nobody answers")


def _anchor_is_gone(answer: httpx.Response) -> bool:
    """Tell whether somebody else removed the item that one was to go behind."""
    return answer.status_code == 400 and list(answer.json()["errors"]) == ["after"]
