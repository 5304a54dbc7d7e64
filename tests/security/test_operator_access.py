"""What belongs to the operator is closed to everybody else."""

from __future__ import annotations

import pytest
from django.urls import get_resolver

from tests.asgi_project.test_csrf import named_paths

PAGES = [address for _, address in named_paths("/admin/")]


def test_the_walk_finds_the_admin():
    assert "/admin/" in PAGES
    assert "/admin/shopping_list/shoppinglist/" in PAGES
    assert len(PAGES) > 30
    assert get_resolver().resolve("/admin/").app_names == ["admin"]


@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
def test_the_admin_is_closed_to_members(ana, signed_in_client, method):
    """SEC-20: its sign-in too, since they are signed in."""
    client = signed_in_client(ana)
    statuses = {page: getattr(client, method)(page, {}).status_code for page in PAGES}
    assert {page: status for page, status in statuses.items() if status not in {403, 404}} == {}


@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
def test_the_admin_sends_strangers_to_its_door_alone(anonymous_client, db, method):
    """SEC-20"""
    for page in PAGES:
        answer = getattr(anonymous_client, method)(page, {})
        if page == "/admin/login/":
            assert answer.status_code in {200, 405}
        elif page == "/admin/logout/":
            assert answer.status_code in {302, 405}
        else:
            assert answer.status_code == 302, page
            assert answer["Location"].startswith("/admin/login/?next="), page


def test_a_disabled_owner_is_a_stranger(olga, signed_in_client):
    """SEC-20"""
    client = signed_in_client(olga)
    olga.is_active = False
    olga.save()
    assert client.get("/admin/").status_code in {302, 403}
    assert client.get("/admin/shopping_list/shoppinglist/").status_code in {302, 403}


def test_a_token_opens_no_page_of_the_admin(anonymous_client, olga):
    """SEC-20: not even the owner's."""
    from accounts.models import ApiToken

    _, secret = ApiToken.objects.create(user=olga, name="script")
    answer = anonymous_client.get("/admin/", HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert (answer.status_code, answer["Location"]) == (302, "/admin/login/?next=/admin/")


def test_the_owner_gets_in(olga, signed_in_client):
    assert signed_in_client(olga).get("/admin/").status_code == 200


@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "/api/live/ops/"])
def test_metrics_are_for_nobody_who_comes_by_the_front_door(
    anonymous_client, ana, signed_in_client, path
):
    """SEC-20"""
    assert anonymous_client.get(path, REMOTE_ADDR="203.0.113.9").status_code in {401, 403, 404}
    assert signed_in_client(ana).get(path, REMOTE_ADDR="203.0.113.9").status_code in {403, 404}
