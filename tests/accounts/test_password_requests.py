"""Which requests wait in the queue of those that hash a password."""

from __future__ import annotations

import pytest
from django.urls import reverse
from drf_spectacular.generators import SchemaGenerator

from accounts.password_requests import hashes_password

ADMIN = ("admin:login", "admin:password_change", "admin:accounts_user_add")


def operations():
    """Yield method, path and whether the body has a password, for each operation of the API."""
    document = SchemaGenerator().get_schema(request=None, public=True)
    schemas = document["components"]["schemas"]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {})
            reference = content.get("application/json", {}).get("schema", {}).get("$ref", "")
            fields = schemas.get(reference.rpartition("/")[2], {}).get("properties", {})
            yield method.upper(), path, any("password" in name for name in fields)


def test_every_operation_whose_body_has_a_password_is_selected():
    """SEC-28: and no other one."""
    expected = {(method, path) for method, path, has_password in operations() if has_password}
    # The body of a DELETE is not in the document.
    expected.add(("DELETE", "/api/auth/me/"))
    selected = {(m, path) for m, path, _ in operations() if hashes_password(m, path)}
    assert selected == expected
    assert len(selected) == 7


def test_forms_of_the_admin_with_a_password_are_selected():
    """SEC-28"""
    paths = [reverse(name) for name in ADMIN]
    paths.append(reverse("admin:auth_user_password_change", args=[7]))
    assert all(hashes_password("POST", path) for path in paths)
    assert not any(hashes_password("GET", path) for path in paths)
    assert not hashes_password("POST", reverse("admin:accounts_user_change", args=[7]))


@pytest.mark.parametrize(
    ("method", "path"),
    [("post", "/api/auth/login/"), ("POST", "/api/auth/login"), ("delete", "/api/auth/me")],
)
def test_other_spellings_of_a_request_are_selected(method, path):
    """SEC-28: Django takes the method in any case, and an address may lack its last slash."""
    assert hashes_password(method, path)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/auth/me/"), ("PATCH", "/api/auth/me/"), ("POST", "/api/auth/logout/")],
)
def test_requests_without_a_password_are_not_selected(method, path):
    assert not hashes_password(method, path)
