"""Writers that edit one list at random, over REST and with the models."""

from __future__ import annotations

import random
import uuid
from typing import Any

import httpx

from tests.support.installation import Installation

# An edit may fail because another writer changed the item first.
ACCEPTED_STATUSES = {200, 201, 204, 404, 409}

MODEL_WRITER = """
import random
from django.db import IntegrityError, transaction
from shopping_list.models import ShoppingItem, ShoppingList
chance = random.Random({seed})
shopping_list = ShoppingList.objects.get(pk="{list}")
for turn in range({turns}):
    items = list(shopping_list.items.all())
    some = chance.sample(items, min(3, len(items)))
    ids = [item.pk for item in some]
    action = chance.randrange(6)
    try:
        with transaction.atomic():
            if action == 0:
                shopping_list.items.create(name=f"model {seed} {{turn}}")
            elif action == 1:
                names = [f"bulk {seed} {{turn}} {{n}}" for n in range(3)]
                rows = [ShoppingItem(shopping_list=shopping_list, name=name) for name in names]
                ShoppingItem.objects.bulk_create(rows)
            elif action == 2:
                ShoppingItem.objects.filter(pk__in=ids).update(note=f"updated {{turn}}")
            elif action == 3 and len(items) > 5:
                ShoppingItem.objects.filter(pk__in=ids[:2]).delete()
            elif action == 4 and some:
                some[0].quantity = str(turn)
                some[0].save()
            elif action == 5:
                shopping_list.items.create(name=f"never {seed} {{turn}}")
                raise InterruptedError
    except (IntegrityError, InterruptedError, ShoppingItem.DoesNotExist):
        pass
"""


def write_by_model(installation: Installation, *, seed: int, turns: int) -> None:
    """Write with the models in another process; some writes are rolled back."""
    installation.shell(MODEL_WRITER.format(seed=seed, turns=turns, list=installation.list_id))


class RestWriter:
    """Edits the list over REST, and repeats unresponseed requests with the same key."""

    def __init__(self, installation: Installation, who: str, *, seed: int) -> None:
        self.rng = random.Random(seed)
        self.api = installation.api(who)
        self.path = f"shopping-lists/{installation.list_id}/shopping-items/"
        self.seed = seed

    def write(self, turns: int) -> None:
        """Make this number of edits."""
        with self.api:
            for turn in range(turns):
                self._edit(turn)

    def _edit(self, turn: int) -> None:
        items = self._request("GET", f"{self.path}?page_size=1000").json()["results"]
        action = self.rng.randrange(6)
        if action < 2 or not items:
            self._request("POST", self.path, name=f"rest {self.seed} {turn}")
            return
        item, other = self.rng.choice(items), self.rng.choice(items)
        address = f"{self.path}{item['id']}/"
        if action == 2:
            self._request("PATCH", address, purchased=not item["purchased"])
        elif action == 3:
            self._request("PATCH", address, name=f"renamed {self.seed} {turn}")
        elif action == 4:
            self._request("PATCH", address, after=None if other == item else other["id"])
        elif len(items) > 5:
            self._request("DELETE", address)

    def _request(self, method: str, path: str, **body: Any) -> httpx.Response:
        key = {"Idempotency-Key": str(uuid.uuid4())}
        for _ in range(20):
            try:
                response = self.api.request(method, path, json=body or None, headers=key)
            except httpx.TransportError:
                continue  # the process that got the request was killed
            assert response.status_code in ACCEPTED_STATUSES or _anchor_was_removed(response), (
                response.text
            )
            return response
        raise AssertionError("no process responses")


def _anchor_was_removed(response: httpx.Response) -> bool:
    """Tell whether another writer removed the item that `after` names."""
    return response.status_code == 400 and list(response.json()["errors"]) == ["after"]
