"""The colours of a page, which the page itself writes into a cookie."""

from __future__ import annotations

from django.http import HttpRequest

COOKIE = "trolley_theme"
THEMES = ("light", "dark")


def theme_of_request(request: HttpRequest) -> str:
    """Return the theme that the user chose, or an empty text for that of the system."""
    theme = request.COOKIES.get(COOKIE, "")
    return theme if theme in THEMES else ""
