"""The app shell of the pages, and the files of the built frontend."""

import json
from pathlib import Path

import pytest

from asgi_project.templatetags.vite import vite_entry
from tests.support.processes import ROOT


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/signin/",
        "/setup/",
        "/reset/",
        "/dashboard/",
        "/dashboard/lists/",
        "/wall/",
        "/lists/8f0e7a1c-0000-4000-8000-000000000000/",
    ],
)
def test_page_returns_app_shell_with_csrf_cookie(client, path):
    response = client.get(path)
    assert response.status_code == 200
    assert "trolley_csrftoken" in response.cookies
    assert b'<meta name="viewport"' in response.content
    assert b'<div id="app">' in response.content


def test_page_rejects_post(client):
    assert client.post("/").status_code == 405


@pytest.fixture
def dist(tmp_path, settings):
    settings.FRONTEND_DIST = tmp_path
    settings.STATICFILES_DIRS = [tmp_path]
    (tmp_path / ".vite").mkdir()
    manifest = {
        "src/lists.ts": {
            "file": "assets/lists-AbCdEf12.js",
            "css": ["assets/lists-12345678.css"],
            "imports": ["_shared.js"],
        },
        "src/ui/lists/ListPage.svelte": {
            "file": "assets/ListPage-PoIuYt55.js",
            "css": ["assets/ListPage-11223344.css"],
            "imports": ["_shared.js"],
        },
        "_shared.js": {"file": "assets/shared-QwErTy99.js", "css": ["assets/shared-87654321.css"]},
    }
    (tmp_path / ".vite" / "manifest.de.json").write_text(json.dumps(manifest))
    return tmp_path


def test_vite_entry_includes_styles_of_its_imports(dist):
    assert vite_entry("src/lists.ts", "de") == (
        '<link rel="stylesheet" href="/static/assets/lists-12345678.css">'
        '<link rel="stylesheet" href="/static/assets/shared-87654321.css">'
        '<link rel="modulepreload" href="/static/assets/shared-QwErTy99.js">'
        '<script type="module" src="/static/assets/lists-AbCdEf12.js"></script>'
    )


def test_vite_entry_loads_the_part_of_the_page_at_once(dist):
    tags = vite_entry("src/lists.ts", "de", "src/ui/lists/ListPage.svelte")
    assert '<link rel="modulepreload" href="/static/assets/ListPage-PoIuYt55.js">' in tags
    assert '<link rel="stylesheet" href="/static/assets/ListPage-11223344.css">' in tags
    assert tags.count("<script") == 1


def test_vite_entry_ignores_an_unknown_part(dist):
    assert vite_entry("src/lists.ts", "de", "src/unknown.svelte") == vite_entry(
        "src/lists.ts", "de"
    )


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("/", "ListsPage"),
        ("/lists/8f0e7a1c-0000-4000-8000-000000000000/", "ListPage"),
    ],
)
def test_every_named_part_is_in_the_build(client, path, part):
    """A renamed component must not silently lose its preload."""
    name = f"src/ui/lists/{part}.svelte"
    assert client.get(path).context["part"] == name
    assert Path(ROOT, "frontend", name).is_file()


def test_vite_entry_shows_hint_when_frontend_is_not_built(tmp_path, settings):
    settings.FRONTEND_DIST = tmp_path
    assert "./run builds it" in vite_entry("src/lists.ts", "en")


class TestStaticFiles:
    """Hashed assets are cached forever; a few files are served at the root."""

    @pytest.fixture
    def files(self, dist):
        from django.contrib.staticfiles import finders

        (dist / "assets").mkdir()
        (dist / "assets" / "lists-AbCdEf12.js").write_text("1")
        (dist / "plain.js").write_text("2")
        (dist / "sw.js").write_text("3")
        finders.get_finder.cache_clear()
        yield
        finders.get_finder.cache_clear()

    def test_hashed_file_is_cached_as_immutable(self, client, files):
        response = client.get("/static/assets/lists-AbCdEf12.js")
        assert response.content == b"1"
        assert "immutable" in response["Cache-Control"]
        assert response["Content-Type"].startswith("text/javascript")

    def test_unhashed_file_is_not_cached_as_immutable(self, client, files):
        assert "immutable" not in client.get("/static/plain.js")["Cache-Control"]

    def test_service_worker_is_served_at_root_without_caching(self, client, files):
        response = client.get("/sw.js")
        assert response.content == b"3"
        assert "max-age=0" in response["Cache-Control"]

    def test_cors_is_disabled(self, client, files):
        assert "Access-Control-Allow-Origin" not in client.get("/static/plain.js")

    def test_not_modified_response_has_no_body(self, client, files):
        last_modified = client.get("/static/plain.js")["Last-Modified"]
        response = client.get("/static/plain.js", headers={"If-Modified-Since": last_modified})
        assert (response.status_code, response.content) == (304, b"")


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/schema/", "/api/live/asyncapi.json"])
def test_documents_of_the_apis_are_made_once(client, monkeypatch, path):
    """LIV-52: anyone may ask for them, and to make one takes a tenth of a second."""
    first = client.get(path, HTTP_ACCEPT="application/json, */*")
    assert first.status_code == 200

    def fail(*_args, **_kwargs):
        raise AssertionError

    monkeypatch.setattr("drf_spectacular.generators.SchemaGenerator.get_schema", fail)
    monkeypatch.setattr("live.protocol.asyncapi._message", fail)
    assert client.get(path, HTTP_ACCEPT="application/json, */*").content == first.content


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/schema/", "/api/live/asyncapi.json"])
class TestApiDocuments:
    """LIV-52: the documents of the APIs are the same for everyone."""

    def test_client_that_has_the_document_gets_304(self, client, path):
        first = client.get(path, headers={"Accept-Encoding": "gzip"})
        assert first["Cache-Control"] == "private, max-age=300"
        for method in (client.get, client.head):
            again = method(path, headers={"If-None-Match": first["ETag"]})
            assert (again.status_code, again.content) == (304, b"")
            assert again["Cache-Control"] == first["Cache-Control"]
            assert again["ETag"].removeprefix("W/") == first["ETag"].removeprefix("W/")
        assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200

    def test_made_up_credential_costs_no_query(self, client, path, django_assert_num_queries):
        client.get(path)
        session = f"trolley_sessionid={'x' * 32}"
        credentials = {"Authorization": "Bearer trolley_made-up", "Cookie": session}
        with django_assert_num_queries(0):
            response = client.get(path, headers=credentials)
        assert response.status_code == 200
        assert not response.cookies


def test_documents_differ_in_their_tags_by_format_and_server(client, settings, db):
    """LIV-52: a cache must not answer with the document of another server."""
    settings.ALLOWED_HOSTS = ["*"]
    tags = [
        client.get("/api/schema/?format=json")["ETag"],
        client.get("/api/schema/?format=yaml")["ETag"],
        client.get("/api/live/asyncapi.json", headers={"Host": "a.example"})["ETag"],
        client.get("/api/live/asyncapi.json", headers={"Host": "b.example"})["ETag"],
    ]
    assert len(set(tags)) == 4
