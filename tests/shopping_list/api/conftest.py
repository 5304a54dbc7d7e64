"""The URLs of lists and items, concurrent requests, and invites."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Semaphore, Thread
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from shopping_list.models import Invite, Membership, ShoppingList
from shopping_list.services import invites

PREVIEW, ACCEPT = "/api/invites/preview/", "/api/invites/accept/"
RunConcurrently = Callable[..., list[Any]]


MAX_CONNECTIONS = 20
"""Calls that run at the same time: three workers of pytest share PostgreSQL's 100 connections."""


@pytest.fixture
def items_url(groceries: ShoppingList) -> str:
    """The URL of the items of ana's list."""
    return url_of_items(groceries)


@pytest.fixture
def add_member(groceries: ShoppingList, make_user: Callable[..., User]) -> Callable[[str], User]:
    """Create a member of ana's list whose name is the role."""

    def make(role: str) -> User:
        user = make_user(role)
        Membership.objects.create(shopping_list=groceries, user=user, role=role)
        return user

    return make


@pytest.fixture
def run_concurrently() -> RunConcurrently:
    """Call functions at the same moment, each in its own thread with its own connection."""

    free_connections = Semaphore(MAX_CONNECTIONS)

    def run(*calls: Callable[[], Any]) -> list[Any]:
        barrier = Barrier(len(calls), timeout=20)
        results: list[Any] = [None] * len(calls)

        def call(number: int) -> None:
            try:
                barrier.wait()
                with free_connections:
                    try:
                        results[number] = calls[number]()
                    finally:
                        connections.close_all()
            except BaseException as error:  # it is the result
                results[number] = error

        threads = [Thread(target=call, args=(number,)) for number in range(len(calls))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return results

    return run


def url_of_list(shopping_list: ShoppingList) -> str:
    """Return the URL of a list."""
    return f"/api/shopping-lists/{shopping_list.pk}/"


def url_of_items(shopping_list: ShoppingList) -> str:
    """Return the URL of a list's items."""
    return f"{url_of_list(shopping_list)}shopping-items/"


def url_of_item(item: Any) -> str:
    """Return the URL of an item."""
    return f"{url_of_items(item.shopping_list)}{item.pk}/"


def current_version(shopping_list: ShoppingList) -> int:
    """Return the current version of a list."""
    return ShoppingList.objects.values_list("version", flat=True).get(pk=shopping_list.pk)


@pytest.fixture
def invites_url(groceries: ShoppingList) -> str:
    """The URL of the invites to the groceries."""
    return f"{url_of_list(groceries)}invites/"


@pytest.fixture
def create_invite(invites_url: str, ana_client: APIClient) -> Callable[..., Any]:
    """Create an invite as ana and return the response's body."""

    def create(**fields: Any) -> Any:
        response = ana_client.post(invites_url, {"role": "editor", **fields})
        assert response.status_code == 201, response.content
        return response.json()

    return create


@pytest.fixture
def join_as_guest(create_invite: Callable[..., Any]) -> Callable[..., APIClient]:
    """Join as a guest with a new invite and return the client."""

    def join(name: str = "Grandma", **fields: Any) -> APIClient:
        client = APIClient()
        token = create_invite(guest=True, **fields)["token"]
        assert client.post(ACCEPT, {"token": token, "name": name}).status_code == 200
        return client

    return join


def comparable(response: Any) -> tuple[int, Any]:
    """Return the status and body of a response, without the request id."""
    body = response.json()
    body.pop("request_id", None)
    return response.status_code, body


def expire_invites_and_guests() -> None:
    """Expire every invite, and every membership that has an expiry time."""
    past = timezone.now() - timedelta(seconds=1)
    Invite.objects.update(expires_at=past)
    for member in Membership.objects.exclude(expires_at=None):
        member.expires_at = past
        member.save()


def use_up_invite(created: Any, groceries: ShoppingList) -> None:
    Invite.objects.update(uses=1)


def expire_invite(created: Any, groceries: ShoppingList) -> None:
    expire_invites_and_guests()


def revoke_invite(created: Any, groceries: ShoppingList) -> None:
    invites.revoke(groceries.pk, uuid.UUID(created["id"]))


def trash_list(created: Any, groceries: ShoppingList) -> None:
    groceries.deleted_at = timezone.now()
    groceries.save()


def delete_list(created: Any, groceries: ShoppingList) -> None:
    groceries.delete()


MAKE_UNUSABLE = [use_up_invite, expire_invite, revoke_invite, trash_list, delete_list]
