"""Who may do what on a list: one table for the REST API and the sockets.

The REST tests try every operation as every caller. The tests of the sockets look up the
least role by the name of the operation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shopping_list.rows import ROLES, Role

STRANGER = "stranger"
ANONYMOUS = "anonymous"
CALLERS = (ANONYMOUS, STRANGER, *ROLES)

LIST = "shopping-lists/{list}/"
ITEMS = f"{LIST}shopping-items/"
NEW = "7d9d4c1e-0000-4000-8000-000000000001"


@dataclass(frozen=True)
class Operation:
    """One method on one URL, and the least role that may use it.

    `path` is below /api/. It and `body` have placeholders such as {list} and {item} for
    the ids of a scenario (scenario.py).
    """

    name: str
    method: str
    path: str
    min_role: Role
    success_status: int = 200
    body: Any = None
    scope: str = "write"

    def __str__(self) -> str:
        return self.name

    def status_for(self, who: str) -> int:
        """Return the status that this caller gets."""
        if who == ANONYMOUS:
            return 401
        if who == STRANGER:
            return 404
        return self.success_status if ROLES.index(who) >= ROLES.index(self.min_role) else 403


ITEM, BOUGHT, MEMBER = f"{ITEMS}{{item}}/", f"{ITEMS}{{bought}}/", f"{LIST}members/{{member}}/"
INVITES, INVITE = f"{LIST}invites/", f"{LIST}invites/{{invite}}/"
UNDO = f"{LIST}activities/{{%s}}/undo/"
MEMBERS_BODY = {"members": ["{member}"]}
MARK_BODY = {"items": ["{item}"], "fields": {"not_found": True}}
CATEGORY_BODY = {"items": ["{item}"], "fields": {"category": "Dairy", "not_found": True}}
AFTER_BODY = {"items": ["{item}"], "after": None}
OTHER_LIST_BODY = {"items": ["{item}"], "list": "{other}"}
RENAME_BODY = {"from": "Dairy", "to": "Milk"}

OPERATIONS = (
    Operation("read list", "GET", LIST, "viewer", scope="read"),
    Operation("read snapshot", "GET", f"{LIST}snapshot/", "viewer", scope="read"),
    Operation("replace list", "PUT", LIST, "owner", body={"name": "New"}),
    Operation("rename list", "PATCH", LIST, "owner", body={"name": "New"}),
    Operation("delete list", "DELETE", LIST, "owner", 204),
    Operation("restore list", "POST", f"{LIST}restore/", "owner"),
    Operation("read activities", "GET", f"{LIST}activities/", "viewer", scope="read"),
    Operation("undo an edit", "POST", UNDO % "edited", "editor"),
    Operation("undo a tick", "POST", UNDO % "ticked", "ticker", scope="tick"),
    Operation("undo a rename", "POST", UNDO % "renamed", "owner"),
    Operation("put back", "POST", f"{LIST}activities/{{ticked}}/put-back/", "editor"),
    Operation("count changes", "GET", f"{LIST}activities/counts/", "viewer", scope="read"),
    Operation("read members", "GET", f"{LIST}members/", "viewer", scope="read"),
    Operation("read member", "GET", MEMBER, "viewer", scope="read"),
    Operation("change role", "PATCH", MEMBER, "owner", body={"role": "viewer"}),
    Operation("remove member", "DELETE", MEMBER, "owner", 204),
    Operation("leave", "DELETE", f"{LIST}members/{{me}}/", "viewer", 204),
    Operation("add members", "PUT", f"{LIST}add-members/", "owner", body=MEMBERS_BODY),
    Operation("remove members", "PUT", f"{LIST}remove-members/", "owner", body=MEMBERS_BODY),
    Operation("read invites", "GET", INVITES, "owner"),
    Operation("invite", "POST", INVITES, "owner", 201, {"role": "editor"}),
    Operation("read invite", "GET", INVITE, "owner"),
    Operation("revoke invite", "DELETE", INVITE, "owner", 204),
    Operation("read items", "GET", ITEMS, "viewer", scope="read"),
    Operation("add item", "POST", ITEMS, "editor", 201, {"name": "Butter"}),
    Operation("read item", "GET", ITEM, "viewer", scope="read"),
    Operation("tick item", "PATCH", ITEM, "ticker", body={"purchased": True}, scope="tick"),
    Operation("untick item", "PATCH", BOUGHT, "ticker", body={"purchased": False}, scope="tick"),
    Operation("edit item", "PATCH", ITEM, "editor", body={"note": "the good one"}),
    Operation("edit and tick item", "PATCH", ITEM, "editor", body={"note": "x", "purchased": True}),
    Operation("patch nothing", "PATCH", ITEM, "editor", body={}),
    Operation("move item", "PATCH", ITEM, "editor", body={"after": None}),
    Operation("replace item", "PUT", ITEM, "editor", body={"name": "Oat milk"}),
    Operation("create item by id", "PUT", f"{ITEMS}{NEW}/", "editor", 201, {"name": "Butter"}),
    Operation("remove item", "DELETE", ITEM, "editor", 204),
    Operation("add many", "POST", f"{ITEMS}bulk/", "editor", body={"items": [{"name": "Butter"}]}),
    Operation(
        "tick many", "POST", f"{ITEMS}tick/", "ticker", body={"items": ["{item}"]}, scope="tick"
    ),
    Operation(
        "untick many", "POST", f"{ITEMS}untick/", "ticker", body={"purchased": True}, scope="tick"
    ),
    Operation("remove many", "POST", f"{ITEMS}remove/", "editor", body={"purchased": True}),
    Operation("mark item", "PATCH", ITEM, "ticker", body={"not_found": True}, scope="tick"),
    Operation("set shops", "PATCH", ITEM, "editor", body={"shops": ["Corner shop"]}),
    Operation("mark many", "POST", f"{ITEMS}edit/", "ticker", body=MARK_BODY, scope="tick"),
    Operation("edit many", "POST", f"{ITEMS}edit/", "editor", body=CATEGORY_BODY),
    Operation("move many", "POST", f"{ITEMS}move/", "editor", body=AFTER_BODY),
    Operation("move to a list", "POST", f"{ITEMS}move/", "editor", body=OTHER_LIST_BODY),
    Operation("copy to a list", "POST", f"{ITEMS}copy/", "viewer", body=OTHER_LIST_BODY),
    Operation("change settings", "PATCH", LIST, "editor", body={"aisles": ["Dairy"]}),
    Operation("rename and change", "PATCH", LIST, "owner", body={"name": "New", "shops": {}}),
    Operation("rename aisle", "POST", f"{LIST}aisles/rename/", "editor", body=RENAME_BODY),
    Operation("rename shop", "POST", f"{LIST}shops/rename/", "editor", body=RENAME_BODY),
)
OWN = (
    ("GET", "shopping-lists/"),
    ("POST", "shopping-lists/"),
    ("GET", "search-shopping-items/"),
    ("GET", "suggestions/"),
    ("GET", "suggestions/forget/"),
    ("POST", "suggestions/forget/"),
    ("POST", "suggestions/restore/"),
)
"""Operations that need no list: they show or create what belongs to the caller."""
PUBLIC = (("POST", "invites/preview/"), ("POST", "invites/accept/"))
"""Operations that need no account, only a secret."""

MIN_ROLES: dict[str, Role] = {operation.name: operation.min_role for operation in OPERATIONS}


def fill_template(template: Any, values: dict[str, Any]) -> Any:
    """Return a path or body with the ids of a scenario filled in."""
    if isinstance(template, str):
        whole = template[1:-1] if template.startswith("{") and template.endswith("}") else None
        return values[whole] if whole in values else template.format_map(values)
    if isinstance(template, dict):
        return {key: fill_template(value, values) for key, value in template.items()}
    if isinstance(template, list):
        return [fill_template(value, values) for value in template]
    return template
