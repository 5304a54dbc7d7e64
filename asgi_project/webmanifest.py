"""The web app manifest: what a phone needs to put the app on its home screen."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.views.decorators.http import require_safe

from accounts.languages import LANGUAGES
from asgi_project.page_language import TEXTS

ICONS = (
    ("icon-192.png", "192x192", "any"),
    ("icon-512.png", "512x512", "any"),
    ("icon-maskable-512.png", "512x512", "maskable"),
)
"""File, size, and purpose. A maskable icon may be cut to a circle."""


@require_safe
def webmanifest(request: HttpRequest) -> HttpResponse:
    """Return the manifest in `?language=`: browsers load it without cookies."""
    asked = request.GET.get("language", "")
    language = asked if asked in LANGUAGES else LANGUAGES[0]
    response = JsonResponse(
        _manifest(language),
        content_type="application/manifest+json",
        json_dumps_params={"ensure_ascii": False},
    )
    response["Cache-Control"] = "max-age=3600"
    return response


def _manifest(language: str) -> dict[str, Any]:
    texts = TEXTS[language]
    icons = [
        {"src": static(file), "sizes": sizes, "type": "image/png", "purpose": purpose}
        for file, sizes, purpose in ICONS
    ]
    return {
        "id": "/",
        "name": "Trolley",
        "short_name": "Trolley",
        "description": texts.description,
        "lang": language,
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f5f7f5",
        "theme_color": "#1a7348",
        "icons": icons,
        "shortcuts": [
            {"name": texts.titles["my_lists"], "url": "/"},
            {"name": texts.titles["dashboard"], "url": "/dashboard/"},
        ],
        "share_target": {
            "action": "/share/",
            "method": "GET",
            "params": {"title": "title", "text": "text", "url": "url"},
        },
    }
