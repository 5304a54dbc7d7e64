"""The language of a page: which build of the frontend it loads, and its own few words."""

from __future__ import annotations

import logging
from typing import NamedTuple

from django.db import Error
from django.http import HttpRequest

from accounts.languages import LANGUAGES, first_supported

COOKIE = "trolley_language"
"""The choice on the page for signing in, which the page itself writes."""

logger = logging.getLogger(__name__)


class PageTexts(NamedTuple):
    """What the server itself says on a page."""

    noscript: str
    unavailable_title: str
    unavailable: str
    unavailable_reason: str
    """Empty: the server's own sentence, which is English."""
    retry: str
    """With the number of seconds in place of `%d`."""
    description: str
    titles: dict[str, str]


TEXTS = {
    "en": PageTexts(
        noscript="Trolley needs JavaScript, because lists update live.",
        unavailable_title="Not available",
        unavailable="Not available at the moment",
        unavailable_reason="",
        retry="Try again in %d seconds.",
        description="Shopping lists that are live on every screen.",
        titles={
            "lists": "Trolley",
            "my_lists": "My lists",
            "wall": "Trolley wall screen",
            "dashboard": "Trolley dashboard",
        },
    ),
    "de": PageTexts(
        noscript="Trolley braucht JavaScript, weil sich die Listen live aktualisieren.",
        unavailable_title="Nicht erreichbar",
        unavailable="Im Moment nicht erreichbar",
        unavailable_reason="Die Datenbank des Servers antwortet gerade nicht.",
        retry="Versuch es in %d Sekunden noch einmal.",
        description="Einkaufslisten, die auf jedem Bildschirm live sind.",
        titles={
            "lists": "Trolley",
            "my_lists": "Meine Listen",
            "wall": "Trolley-Wandanzeige",
            "dashboard": "Trolley-Übersicht",
        },
    ),
}


def language_of_request(request: HttpRequest) -> str:
    """Return the language of the user, or else of the cookie, the browser, or English."""
    for choice in (_users_choice(request), request.COOKIES.get(COOKIE)):
        if choice in LANGUAGES:
            return choice
    return language_of_browser(request)


def language_of_browser(request: HttpRequest) -> str:
    """Return the language that the browser asks for, without asking the database."""
    return first_supported(request.headers.get("Accept-Language", "")) or LANGUAGES[0]


def _users_choice(request: HttpRequest) -> str:
    """Return what the signed-in user chose. A page also loads while the database fails."""
    try:
        return getattr(request.user, "language", "")
    except Error:
        logger.warning("page: the language of the user cannot be read", exc_info=True)
        return ""
