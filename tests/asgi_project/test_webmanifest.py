"""The web app manifest, with which a phone puts the app on its home screen."""

import struct

import pytest

from tests.support.processes import ROOT


def manifest_of(client, language: str) -> dict:
    response = client.get(f"/manifest.webmanifest?language={language}")
    assert response["Content-Type"] == "application/manifest+json"
    return response.json()


@pytest.mark.parametrize(
    ("language", "lang", "shortcut"),
    [("en", "en", "My lists"), ("de", "de", "Meine Listen"), ("xx", "en", "My lists")],
)
def test_manifest_is_in_the_language_of_the_page(client, language, lang, shortcut):
    """INS-2"""
    manifest = manifest_of(client, language)
    assert (manifest["lang"], manifest["shortcuts"][0]["name"]) == (lang, shortcut)


def test_manifest_has_icons_of_the_sizes_that_it_names(client):
    """INS-2"""
    icons = manifest_of(client, "en")["icons"]
    assert {icon["purpose"] for icon in icons} == {"any", "maskable"}
    for icon in icons:
        name = icon["src"].removeprefix("/static/")
        header = (ROOT / "frontend" / "public" / name).read_bytes()[:24]
        width, height = struct.unpack(">II", header[16:24])
        assert (header[1:4], icon["sizes"]) == (b"PNG", f"{width}x{height}")


def test_page_links_the_manifest_of_its_language(client):
    """INS-2"""
    page = client.get("/", headers={"Accept-Language": "de"}).content.decode()
    assert '<link rel="manifest" href="/manifest.webmanifest?language=de">' in page


def test_shared_text_opens_the_app(client):
    """INS-3"""
    target = manifest_of(client, "en")["share_target"]
    assert client.get(target["action"], {"text": "milk"}).status_code == 200
