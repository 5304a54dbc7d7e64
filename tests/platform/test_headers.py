"""Headers on every answer, whoever gives it."""

import pytest
from django.test import Client

ANSWERS = ["/", "/dashboard/", "/admin/login/", "/nope/", "/api/nope/", "/api/docs/",
           "/api/schema/", "/static/admin/css/base.css"]  # fmt: skip


@pytest.mark.parametrize("path", ANSWERS)
def test_it_hardens(client, db, path):
    answer = client.get(path)
    policy = answer["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]
    assert answer["X-Request-ID"]


def test_it_hardens_the_answer_to_a_crash(settings, db):
    settings.ROOT_URLCONF = "tests.platform.crashing"
    answer = Client(raise_request_exception=False).get("/crash/")
    assert answer.status_code == 500
    assert answer["Content-Security-Policy"].startswith("default-src 'none'")


def test_it_demands_trusted_types_of_our_own_pages(client, db):
    assert "require-trusted-types-for 'script'" in client.get("/")["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/api/nope/", "/api/auth/me/", "/api/schema/"])
def test_it_keeps_answers_of_the_api_out_of_every_cache(client, db, path):
    assert client.get(path)["Cache-Control"] == "no-store"


def test_it_demands_https_for_the_future_under_https_only(client, settings, db):
    settings.SECURE_HSTS_SECONDS = 60
    assert "Strict-Transport-Security" not in client.get("/")
    assert Client().get("/", secure=True)["Strict-Transport-Security"] == "max-age=60"


def test_it_has_no_inline_script_or_style_on_its_pages(client, db):
    for path in ("/", "/dashboard/", "/api/docs/"):
        page = client.get(path).content.decode()
        assert "<style" not in page
        assert " style=" not in page
        for script in page.split("<script")[1:]:
            assert "src=" in script.split(">")[0]
