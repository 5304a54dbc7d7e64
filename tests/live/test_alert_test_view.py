"""Staff test the alert address over the API."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from accounts.models import ApiToken
from live.db_threads import run_in_db_thread
from live.metrics.alert_poster import AlertPoster
from tests.live.metrics.test_alert_poster import Receiver

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/api/live/alerts/test/"


def post(user, token=None):
    api = APIClient()
    if token:
        api.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    elif user:
        api.force_login(user)
    return api.post(URL)


async def test_staff_posts_a_test_and_reads_what_became_of_it(live_runtime, olga):
    """ALR-6"""
    receiver = Receiver()
    try:
        receiver.statuses = [202, 403]
        live_runtime.alert_poster = AlertPoster(receiver.url)
        response = await run_in_db_thread(post, olga)
        assert (response.status_code, response.json()) == (
            200,
            {"outcome": "delivered", "status": 202, "error": ""},
        )
        assert receiver.next()[2]["event"] == "test"
        assert (await run_in_db_thread(post, olga)).json()["outcome"] == "refused"
    finally:
        receiver.close()


async def test_only_staff_post_a_test(live_runtime, create_token, ana, olga):
    """ALR-6"""
    assert (await run_in_db_thread(post, None)).status_code == 401
    assert (await run_in_db_thread(post, ana)).status_code == 403
    token = await run_in_db_thread(lambda: create_token(olga, name="r", scope=ApiToken.Scope.READ))
    assert (await run_in_db_thread(post, None, token)).status_code == 403


async def test_test_without_an_address_is_refused(live_runtime, olga):
    """ALR-6"""
    response = await run_in_db_thread(post, olga)
    assert (response.status_code, response.json()["code"]) == (404, "not_found")
