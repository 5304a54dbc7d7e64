"""Who may do what on a list: one table for every door that leads to one.

The REST tests run every row with every person. A test of another door, the
sockets, takes `least` by the name of the act.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shopping_list.rows import ROLES, Role

STRANGER = "stranger"
ANYONE = "anonymous"
PEOPLE = (ANYONE, STRANGER, *ROLES)

LIST = "shopping-lists/{list}/"
ITEMS = f"{LIST}shopping-items/"
NEW = "7d9d4c1e-0000-4000-8000-000000000001"


@dataclass(frozen=True)
class Act:
    """One verb on one address, and the least role that may do it.

    `path` is below /api/, with {list}, {item} and other ids of a scene
    (scene.py) to fill in; so is what `body` quotes.
    """

    name: str
    method: str
    path: str
    least: Role
    ok: int = 200
    body: Any = None
    scope: str = "write"

    def __str__(self) -> str:
        return self.name

    def answer_for(self, who: str) -> int:
        """Return the status that this person gets."""
        if who == ANYONE:
            return 401
        if who == STRANGER:
            return 404
        return self.ok if ROLES.index(who) >= ROLES.index(self.least) else 403


ITEM, BOUGHT, MEMBER = f"{ITEMS}{{item}}/", f"{ITEMS}{{bought}}/", f"{LIST}members/{{member}}/"
INVITES, INVITE = f"{LIST}invites/", f"{LIST}invites/{{invite}}/"
UNDO = f"{LIST}activities/{{%s}}/undo/"
ONE = {"members": ["{member}"]}

ACTS = (
    Act("read list", "GET", LIST, "viewer", scope="read"),
    Act("replace list", "PUT", LIST, "owner", body={"name": "New"}),
    Act("rename list", "PATCH", LIST, "owner", body={"name": "New"}),
    Act("delete list", "DELETE", LIST, "owner", 204),
    Act("restore list", "POST", f"{LIST}restore/", "owner"),
    Act("read activities", "GET", f"{LIST}activities/", "viewer", scope="read"),
    Act("undo an edit", "POST", UNDO % "edited", "editor"),
    Act("undo a tick", "POST", UNDO % "ticked", "ticker", scope="tick"),
    Act("undo a rename", "POST", UNDO % "renamed", "owner"),
    Act("read members", "GET", f"{LIST}members/", "viewer", scope="read"),
    Act("read member", "GET", MEMBER, "viewer", scope="read"),
    Act("change role", "PATCH", MEMBER, "owner", body={"role": "viewer"}),
    Act("remove member", "DELETE", MEMBER, "owner", 204),
    Act("leave", "DELETE", f"{LIST}members/{{me}}/", "viewer", 204),
    Act("add members", "PUT", f"{LIST}add-members/", "owner", body=ONE),
    Act("remove members", "PUT", f"{LIST}remove-members/", "owner", body=ONE),
    Act("read invites", "GET", INVITES, "owner"),
    Act("invite", "POST", INVITES, "owner", 201, {"role": "editor"}),
    Act("read invite", "GET", INVITE, "owner"),
    Act("revoke invite", "DELETE", INVITE, "owner", 204),
    Act("read items", "GET", ITEMS, "viewer", scope="read"),
    Act("add item", "POST", ITEMS, "editor", 201, {"name": "Butter"}),
    Act("read item", "GET", ITEM, "viewer", scope="read"),
    Act("tick item", "PATCH", ITEM, "ticker", body={"purchased": True}, scope="tick"),
    Act("untick item", "PATCH", BOUGHT, "ticker", body={"purchased": False}, scope="tick"),
    Act("edit item", "PATCH", ITEM, "editor", body={"note": "the good one"}),
    Act("edit and tick item", "PATCH", ITEM, "editor", body={"note": "x", "purchased": True}),
    Act("patch nothing", "PATCH", ITEM, "editor", body={}),
    Act("move item", "PATCH", ITEM, "editor", body={"after": None}),
    Act("replace item", "PUT", ITEM, "editor", body={"name": "Oat milk"}),
    Act("create item by id", "PUT", f"{ITEMS}{NEW}/", "editor", 201, {"name": "Butter"}),
    Act("remove item", "DELETE", ITEM, "editor", 204),
    Act("add many", "POST", f"{ITEMS}bulk/", "editor", body={"items": [{"name": "Butter"}]}),
    Act("tick many", "POST", f"{ITEMS}tick/", "ticker", body={"items": ["{item}"]}, scope="tick"),
    Act("untick many", "POST", f"{ITEMS}untick/", "ticker", body={"purchased": True}, scope="tick"),
    Act("remove many", "POST", f"{ITEMS}remove/", "editor", body={"purchased": True}),
)
MINE = (
    ("GET", "shopping-lists/"),
    ("POST", "shopping-lists/"),
    ("GET", "search-shopping-items/"),
    ("GET", "suggestions/"),
)
"""What needs no list: it shows, or makes, the caller's own."""
DOORS = (("POST", "invites/preview/"), ("POST", "invites/accept/"))
"""What is open to strangers who have a secret."""

LEAST: dict[str, Role] = {act.name: act.least for act in ACTS}


def filled(template: Any, values: dict[str, Any]) -> Any:
    """Return a path or body with the ids of a scene."""
    if isinstance(template, str):
        whole = template[1:-1] if template.startswith("{") and template.endswith("}") else None
        return values[whole] if whole in values else template.format_map(values)
    if isinstance(template, dict):
        return {key: filled(value, values) for key, value in template.items()}
    if isinstance(template, list):
        return [filled(value, values) for value in template]
    return template
