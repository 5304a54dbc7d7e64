"""Every error under /api/ is an RFC 9457 problem, whichever layer raises it."""

import json

import pytest
from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as ModelError
from django.http import Http404
from django.test import RequestFactory, override_settings
from django.urls import include, path
from rest_framework import exceptions, serializers
from rest_framework.permissions import AllowAny
from rest_framework.test import APIClient
from rest_framework.views import APIView

RAISED = {}


class RaisingView(APIView):
    """Raises the error that the test has set."""

    permission_classes = (AllowAny,)

    def post(self, request):
        return self.get(request)

    def get(self, request):
        _ = request.data
        raise RAISED["error"]


urlpatterns = [path("api/raise/", RaisingView.as_view()), path("", include("asgi_project.urls"))]
handler400 = "asgi_project.error_handlers.bad_request"
handler403 = "asgi_project.error_handlers.forbidden"
handler404 = "asgi_project.error_handlers.not_found"
handler500 = "asgi_project.error_handlers.server_error"


class Conflict(exceptions.APIException):
    status_code = 409
    default_code = "duplicate"
    default_detail = "It is on the list already."

    def __init__(self, **extra):
        super().__init__()
        self.extra = extra
        self.headers = {"ETag": '"7"'}


@pytest.fixture
def raise_in_view(db, settings):
    settings.ROOT_URLCONF = __name__

    def send_request(error):
        RAISED["error"] = error
        return APIClient(raise_request_exception=False).get("/api/raise/")

    return send_request


def test_problem_has_type_title_status_detail_and_code(raise_in_view):
    response = raise_in_view(Http404())
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body.pop("request_id") == response["X-Request-ID"]
    assert body == {
        "type": "urn:trolley:problem:not_found",
        "title": "Not Found",
        "status": 404,
        "detail": "That does not exist, or it is not shared with you.",
        "code": "not_found",
    }


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (PermissionDenied(), 403, "permission_denied"),
        (exceptions.PermissionDenied("no", code="forbidden"), 403, "forbidden"),
        (exceptions.NotAuthenticated(), 401, "not_authenticated"),
        (exceptions.UnsupportedMediaType("text/x"), 415, "unsupported_media_type"),
        (exceptions.Throttled(wait=3.2), 429, "throttled"),
        (Conflict(), 409, "duplicate"),
    ],
)
def test_problem_has_status_and_code_of_the_exception(raise_in_view, error, status, code):
    response = raise_in_view(error)
    assert (response.status_code, response.json()["code"]) == (status, code)


def test_problem_has_extra_members_and_headers_of_the_exception(raise_in_view):
    response = raise_in_view(Conflict(id="abc"))
    assert response.json()["id"] == "abc"
    assert response["ETag"] == '"7"'


def test_retry_after_is_rounded_up(raise_in_view):
    assert raise_in_view(exceptions.Throttled(wait=3.2))["Retry-After"] == "4"


def test_nested_field_errors_are_flattened(raise_in_view):
    nested = {"items": [{}, {"name": ["Too long."]}], "role": ["Unknown."]}
    body = raise_in_view(serializers.ValidationError(nested)).json()
    assert body["errors"] == {"items.1.name": ["Too long."], "role": ["Unknown."]}
    assert body["detail"] == "items.1.name: Too long."


def test_error_without_field_is_listed_under_non_field_errors(raise_in_view):
    body = raise_in_view(serializers.ValidationError("Nothing to do.")).json()
    assert body["errors"] == {"non_field_errors": ["Nothing to do."]}
    assert body["detail"] == "Nothing to do."


def test_model_validation_error_returns_400(raise_in_view):
    assert raise_in_view(ModelError({"name": ["Bad."]})).json()["errors"] == {"name": ["Bad."]}


def test_server_error_reveals_only_the_request_id(raise_in_view, caplog):
    """SEC-21"""
    response = raise_in_view(RuntimeError("SELECT secret FROM users"))
    assert (response.status_code, response.json()["code"]) == (500, "server_error")
    assert response.json()["request_id"] == response["X-Request-ID"]
    assert b"SELECT" not in response.content
    assert b"Traceback" not in response.content


def test_unknown_path_returns_problem_for_api_and_html_for_pages(anonymous_client, db):
    assert anonymous_client.get("/api/nope/").json()["code"] == "not_found"
    assert anonymous_client.get("/nope/")["Content-Type"].startswith("text/html")


def test_wrong_method_returns_405(anonymous_client, db):
    response = anonymous_client.get("/api/auth/login/")
    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")


def test_problem_of_schema_endpoint_is_json(anonymous_client, db):
    response = anonymous_client.post("/api/schema/", {})
    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")


def test_bad_host_returns_problem(anonymous_client, settings):
    settings.ALLOWED_HOSTS = ["good.example"]
    response = anonymous_client.get("/api/auth/me/", HTTP_HOST="evil.example")
    assert (response.status_code, response.json()["code"]) == (400, "bad_request")


def test_request_id_of_client_is_ignored(anonymous_client, db):
    """SEC-21"""
    response = anonymous_client.get("/api/nope/", HTTP_X_REQUEST_ID="forged")
    assert response["X-Request-ID"] != "forged"


def test_every_request_has_its_own_id(anonymous_client, db):
    """SEC-21"""
    assert len({anonymous_client.get("/api/nope/")["X-Request-ID"] for _ in range(5)}) == 5


@override_settings(CSRF_FAILURE_VIEW="asgi_project.error_handlers.csrf_failure")
def test_csrf_failure_returns_problem_for_api_and_html_for_pages():
    from asgi_project.error_handlers import csrf_failure

    api, page = RequestFactory().post("/api/x/"), RequestFactory().post("/admin/")
    assert json.loads(csrf_failure(api).content)["code"] == "csrf_failed"
    assert csrf_failure(page)["Content-Type"].startswith("text/html")
