"""Which responses are compressed, and when."""

from __future__ import annotations

import gzip
import json

import pytest

from tests.support.routes import routes

SECRET_PARTS = ("auth", "token", "invite", "admin", "session")
COMPRESSED = {
    "api/shopping-lists/",
    "api/shopping-lists/<id:list_id>/",
    "api/shopping-lists/<id:list_id>/activities/",
    "api/shopping-lists/<id:list_id>/aisles/rename/",
    "api/shopping-lists/<id:list_id>/export/",
    "api/shopping-lists/<id:list_id>/shopping-items/",
    "api/shopping-lists/<id:list_id>/shops/rename/",
    "api/shopping-lists/<id:list_id>/snapshot/",
    "api/shopping-lists/<id:list_id>/shopping-items/<id:item_id>/",
    "api/shopping-lists/<id:list_id>/shopping-items/bulk/",
    "api/shopping-lists/<id:list_id>/shopping-items/copy/",
    "api/shopping-lists/<id:list_id>/shopping-items/move/",
    "api/search-shopping-items/",
    "api/suggestions/",
    "api/export/",
    "api/schema/",
    "api/live/asyncapi.json",
}


@pytest.fixture
def ana_client(ana, signed_in_client):
    return signed_in_client(ana)


def test_compressed_routes_are_the_ones_without_secrets():
    """API-32"""
    compressed_routes = {route for route, view in routes() if hasattr(view, "is_compressed")}
    assert compressed_routes == COMPRESSED
    assert not [route for route in COMPRESSED if any(part in route for part in SECRET_PARTS)]


def test_long_response_is_compressed_when_the_client_accepts_gzip(ana_client, groceries):
    """API-32"""
    for number in range(20):
        groceries.items.create(name=f"Item {number}")
    url = f"/api/shopping-lists/{groceries.pk}/shopping-items/"
    plain = ana_client.get(url)
    response = ana_client.get(url, HTTP_ACCEPT_ENCODING="br, gzip")
    assert response["Content-Encoding"] == "gzip"
    assert plain["Vary"] == response["Vary"]
    assert "Accept-Encoding" in response["Vary"]
    assert "Content-Encoding" not in plain
    assert json.loads(gzip.decompress(response.content)) == plain.json()
    assert int(response["Content-Length"]) == len(response.content) < len(plain.content) / 3


def test_short_response_is_sent_as_it_is(ana_client, groceries):
    """API-32"""
    url = f"/api/shopping-lists/{groceries.pk}/"
    response = ana_client.get(url, HTTP_ACCEPT_ENCODING="gzip")
    assert "Content-Encoding" not in response
    assert "Accept-Encoding" in response["Vary"]


def test_tag_of_a_compressed_response_is_accepted_by_if_match(ana_client, groceries):
    """API-32"""
    milk = groceries.items.create(name="Milk", note="x" * 1000)
    url = f"/api/shopping-lists/{groceries.pk}/shopping-items/{milk.pk}/"
    response = ana_client.get(url, HTTP_ACCEPT_ENCODING="gzip")
    assert response["Content-Encoding"] == "gzip"
    assert response["ETag"] == f'W/"{milk.version}"'
    for status, note in ((200, "first"), (412, "second")):
        edit = ana_client.patch(url, {"note": note}, HTTP_IF_MATCH=response["ETag"])
        assert edit.status_code == status


def test_invites_are_never_compressed(ana_client, groceries):
    """API-32"""
    url = f"/api/shopping-lists/{groceries.pk}/invites/"
    for _ in range(10):
        ana_client.post(url, {"role": "editor"})
    response = ana_client.get(url, HTTP_ACCEPT_ENCODING="gzip")
    assert len(response.content) > 1024
    assert "Content-Encoding" not in response
