"""Every error under /api/ is an RFC 9457 problem, from whichever layer it comes."""

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


class Raising(APIView):
    """Raises what the test put there."""

    permission_classes = (AllowAny,)

    def post(self, request):
        return self.get(request)

    def get(self, request):
        _ = request.data
        raise RAISED["error"]


urlpatterns = [path("api/raise/", Raising.as_view()), path("", include("asgi_project.urls"))]
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
def raising(db, settings):
    settings.ROOT_URLCONF = __name__

    def answer(error):
        RAISED["error"] = error
        return APIClient(raise_request_exception=False).get("/api/raise/")

    return answer


def test_it_says_type_title_status_detail_and_code(raising):
    answer = raising(Http404())
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body.pop("request_id") == answer["X-Request-ID"]
    assert body == {
        "type": "urn:trolley:problem:not_found",
        "title": "Not Found",
        "status": 404,
        "detail": "Not found.",
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
def test_it_keeps_status_and_code(raising, error, status, code):
    answer = raising(error)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_it_adds_the_members_and_headers_of_the_exception(raising):
    answer = raising(Conflict(id="abc"))
    assert answer.json()["id"] == "abc"
    assert answer["ETag"] == '"7"'


def test_it_rounds_the_wait_up(raising):
    assert raising(exceptions.Throttled(wait=3.2))["Retry-After"] == "5"


def test_it_flattens_nested_field_errors(raising):
    nested = {"items": [{}, {"name": ["Too long."]}], "role": ["Unknown."]}
    body = raising(serializers.ValidationError(nested)).json()
    assert body["errors"] == {"items.1.name": ["Too long."], "role": ["Unknown."]}
    assert body["detail"] == "items.1.name: Too long."


def test_it_gives_an_error_of_the_whole_a_place(raising):
    body = raising(serializers.ValidationError("Nothing to do.")).json()
    assert body["errors"] == {"non_field_errors": ["Nothing to do."]}
    assert body["detail"] == "Nothing to do."


def test_it_answers_a_refusal_of_the_model_with_400(raising):
    assert raising(ModelError({"name": ["Bad."]})).json()["errors"] == {"name": ["Bad."]}


def test_it_tells_nothing_of_a_crash_but_the_id_to_look_for(raising, caplog):
    """SEC-21"""
    answer = raising(RuntimeError("SELECT secret FROM users"))
    assert (answer.status_code, answer.json()["code"]) == (500, "server_error")
    assert answer.json()["request_id"] == answer["X-Request-ID"]
    assert b"SELECT" not in answer.content
    assert b"Traceback" not in answer.content


def test_it_answers_unknown_addresses_with_a_problem_and_pages_with_a_page(anonymous_client, db):
    assert anonymous_client.get("/api/nope/").json()["code"] == "not_found"
    assert anonymous_client.get("/nope/")["Content-Type"].startswith("text/html")


def test_it_answers_a_wrong_method_with_405(anonymous_client, db):
    answer = anonymous_client.get("/api/auth/login/")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


def test_it_is_json_also_where_the_answer_would_be_yaml(anonymous_client, db):
    answer = anonymous_client.post("/api/schema/", {})
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


def test_it_refuses_a_bad_host_with_a_problem(anonymous_client, settings):
    settings.ALLOWED_HOSTS = ["good.example"]
    answer = anonymous_client.get("/api/auth/me/", HTTP_HOST="evil.example")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


def test_it_does_not_believe_a_request_id(anonymous_client, db):
    """SEC-21"""
    answer = anonymous_client.get("/api/nope/", HTTP_X_REQUEST_ID="forged")
    assert answer["X-Request-ID"] != "forged"


def test_it_gives_every_request_its_own_id(anonymous_client, db):
    """SEC-21"""
    assert len({anonymous_client.get("/api/nope/")["X-Request-ID"] for _ in range(5)}) == 5


@override_settings(CSRF_FAILURE_VIEW="asgi_project.error_handlers.csrf_failure")
def test_it_answers_a_csrf_failure_outside_of_drf_in_the_manner_of_the_path():
    from asgi_project.error_handlers import csrf_failure

    api, page = RequestFactory().post("/api/x/"), RequestFactory().post("/admin/")
    assert json.loads(csrf_failure(api).content)["code"] == "csrf_failed"
    assert csrf_failure(page)["Content-Type"].startswith("text/html")
