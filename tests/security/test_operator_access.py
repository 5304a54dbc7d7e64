"""The operator's pages are closed to all other users."""

from __future__ import annotations

import pytest
from django.urls import get_resolver

from tests.asgi_project.test_csrf import named_paths

PAGES = [path for _, path in named_paths("/admin/")]


def test_page_list_contains_the_admin_pages():
    assert "/admin/" in PAGES
    assert "/admin/shopping_list/shoppinglist/" in PAGES
    assert len(PAGES) > 30
    assert get_resolver().resolve("/admin/").app_names == ["admin"]


@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
def test_admin_is_closed_to_members(ana, signed_in_client, method):
    """SEC-20: the login page too, because members are signed in already."""
    client = signed_in_client(ana)
    statuses = {page: getattr(client, method)(page, {}).status_code for page in PAGES}
    assert {page: status for page, status in statuses.items() if status not in {403, 404}} == {}


@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
def test_admin_redirects_anonymous_clients_to_its_login_page(anonymous_client, db, method):
    """SEC-20"""
    for page in PAGES:
        response = getattr(anonymous_client, method)(page, {})
        if page == "/admin/login/":
            assert response.status_code in {200, 405}
        elif page == "/admin/logout/":
            assert response.status_code in {302, 405}
        else:
            assert response.status_code == 302, page
            assert response["Location"].startswith("/admin/login/?next="), page


def test_disabled_owner_cannot_open_the_admin(olga, signed_in_client):
    """SEC-20"""
    client = signed_in_client(olga)
    olga.is_active = False
    olga.save()
    assert client.get("/admin/").status_code in {302, 403}
    assert client.get("/admin/shopping_list/shoppinglist/").status_code in {302, 403}


def test_admin_rejects_api_tokens(anonymous_client, olga):
    """SEC-20: not even the owner's."""
    from accounts.models import ApiToken

    _, secret = ApiToken.objects.create(user=olga, name="script")
    response = anonymous_client.get("/admin/", HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert (response.status_code, response["Location"]) == (302, "/admin/login/?next=/admin/")


def test_owner_can_open_the_admin(olga, signed_in_client):
    assert signed_in_client(olga).get("/admin/").status_code == 200


@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "/api/live/ops/"])
def test_metrics_are_not_public(anonymous_client, ana, signed_in_client, path):
    """SEC-20"""
    assert anonymous_client.get(path, REMOTE_ADDR="203.0.113.9").status_code in {401, 403, 404}
    assert signed_in_client(ana).get(path, REMOTE_ADDR="203.0.113.9").status_code in {401, 403, 404}
