"""Who may import and export over REST."""

from __future__ import annotations

import uuid

import pytest

from shopping_list.models import Membership
from shopping_list.rows import ROLES
from tests.shopping_list.import_export.conftest import EMPTY, TEXT, current_version, list_url

pytestmark = pytest.mark.django_db


OPERATIONS = {
    "export": ("get", "export", None, "viewer"),
    "import": ("post", "import", TEXT, "editor"),
    "preview": ("post", "import", {**TEXT, "dry_run": True}, "editor"),
}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("role", ROLES)
def test_import_and_export_require_their_roles(
    groceries, make_user, signed_in_client, role, operation
):
    """TRF-11"""
    method, action, body, min_role = OPERATIONS[operation]
    user = make_user(role)
    Membership.objects.create(shopping_list=groceries, user=user, role=role)
    before = current_version(groceries)
    response = getattr(signed_in_client(user), method)(list_url(groceries, action), body)
    allowed = ROLES.index(role) >= ROLES.index(min_role)
    assert response.status_code == (200 if allowed else 403)
    assert current_version(groceries) == before + (allowed and operation == "import")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_non_member_gets_the_response_of_an_unknown_list(
    groceries, mallory, signed_in_client, operation
):
    """TRF-11"""
    method, action, body, _ = OPERATIONS[operation]
    send = getattr(signed_in_client(mallory), method)
    foreign = send(list_url(groceries, action), body)
    unknown = send(f"/api/shopping-lists/{uuid.uuid4()}/{action}/", body)
    assert (foreign.status_code, unknown.status_code) == (404, 404)
    assert foreign.json() | {"request_id": ""} == unknown.json() | {"request_id": ""}


@pytest.mark.parametrize(
    ("method", "path"),
    [("get", "export/"), ("post", "import/"), ("get", "{}export/"), ("post", "{}import/")],
)
def test_request_without_credentials_returns_401(groceries, anonymous_client, method, path):
    """TRF-11"""
    path = f"/api/{path.format(f'shopping-lists/{groceries.pk}/')}"
    assert getattr(anonymous_client, method)(path).status_code == 401


def test_token_needs_write_scope_to_import(groceries, ana, token_client):
    """TRF-11"""
    for scope, status in (("read", 403), ("tick", 403), ("write", 200)):
        client = token_client(ana, scope=scope)
        assert client.get(list_url(groceries, "export")).status_code == 200
        assert client.post(list_url(groceries, "import"), TEXT).status_code == status
        assert client.post("/api/import/", {"content": EMPTY}).status_code == status


def test_token_restricted_to_a_list_exports_only_that_list(groceries, hardware, ana, token_client):
    """TRF-11"""
    client = token_client(ana, list_id=groceries.pk)
    assert client.get(list_url(hardware, "export")).status_code == 404
    lists = client.get("/api/export/").json()["lists"]
    assert [row["name"] for row in lists] == ["Groceries"]
    assert client.post("/api/import/", {"content": EMPTY}).status_code == 403


def test_guest_cannot_import_lists(groceries, make_user, signed_in_client):
    """TRF-11"""
    guest = make_user("gus", is_guest=True)
    assert signed_in_client(guest).post("/api/import/", {"content": EMPTY}).status_code == 403


def test_deleted_list_is_not_exported(groceries, ana, ana_client):
    """TRF-11"""
    assert ana_client.delete(f"/api/shopping-lists/{groceries.pk}/").status_code == 204
    assert ana_client.get(list_url(groceries, "export")).status_code == 404
    assert ana_client.get("/api/export/").json()["lists"] == []
